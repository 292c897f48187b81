/* Products with the rows of a CSR matrix: row r has the elements values[p] in the columns columns[p], for p from
 * starts[r] to starts[r + 1], in any order; what is there twice counts as the sum. Rows are taken in `order`, or one
 * after the other from `first` on. */

INLINE size_t sparse_row(const int64_t *order, size_t first, size_t i)
{
    return order ? (size_t)order[i] : first + i;
}

/* The sum over one row for nv vectors of columns side by side. */
INLINE void sparse_tile(const int nv, real *y, const fm_array *x, size_t row, const real *w, const real *b, size_t ldw,
                        size_t rest)
{
    const real *values = x->data;
    vec sum[4];
#pragma GCC unroll 4
    for (int v = 0; v < nv; v++)
        sum[v] = b ? load_some(b + v * LANES, rest - (size_t)v * LANES) : broadcast(0);
    for (int64_t p = x->starts[row]; p < x->starts[row + 1]; p++) {
        const real *line = w + (size_t)x->columns[p] * ldw;
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++)
            sum[v] = muladd(broadcast(values[p]), load_some(line + v * LANES, rest - (size_t)v * LANES), sum[v]);
    }
#pragma GCC unroll 4
    for (int v = 0; v < nv; v++)
        store_some(y + v * LANES, sum[v], rest - (size_t)v * LANES);
}

static void sparse_forward(void *y, const fm_array *x, const int64_t *order, const void *w, const void *b, size_t ldy,
                           size_t ldw, size_t first, size_t m0, size_t m1, size_t n0, size_t n1)
{
    for (size_t i = m0; i < m1; i++) {
        const size_t row = sparse_row(order, first, i);
        size_t n = n0;
        for (; n + 4 * LANES <= n1; n += 4 * LANES)
            sparse_tile(4, (real *)y + i * ldy + n, x, row, (const real *)w + n, b ? (const real *)b + n : NULL, ldw,
                        4 * LANES);
        for (; n < n1; n += LANES)
            sparse_tile(1, (real *)y + i * ldy + n, x, row, (const real *)w + n, b ? (const real *)b + n : NULL, ldw,
                        n1 - n);
    }
}

static void sparse_gradient(void *dw, const fm_array *x, const int64_t *order, const void *dy, size_t lddw, size_t lddy,
                            size_t first, size_t m, size_t k, size_t n0, size_t n1, int accumulate)
{
    const real *values = x->data;
    for (size_t j = 0; j < k && !accumulate; j++)
        memset((real *)dw + j * lddw + n0, 0, (n1 - n0) * sizeof(real));
    for (size_t i = 0; i < m; i++) {
        const size_t row = sparse_row(order, first, i);
        const real *slope = (const real *)dy + i * lddy;
        for (int64_t p = x->starts[row]; p < x->starts[row + 1]; p++) {
            real *line = (real *)dw + (size_t)x->columns[p] * lddw;
            for (size_t n = n0; n < n1; n += LANES)
                store_some(line + n,
                           muladd(broadcast(values[p]), load_some(slope + n, n1 - n), load_some(line + n, n1 - n)),
                           n1 - n);
        }
    }
}

static void sparse_gather(void *y, const fm_array *x, const int64_t *order, size_t ldy, size_t first, size_t m0,
                          size_t m1, size_t n)
{
    const real *values = x->data;
    for (size_t i = m0; i < m1; i++) {
        const size_t row = sparse_row(order, first, i);
        real *out = (real *)y + i * ldy;
        memset(out, 0, n * sizeof *out);
        for (int64_t p = x->starts[row]; p < x->starts[row + 1]; p++)
            out[x->columns[p]] += values[p];
    }
}
