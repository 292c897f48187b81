/* Rows and elements by their numbers: embeddings, codes of categories, elements in another order.
 *
 * A number that comes with the data is read from an array of reals; one that is not that of a row is never used as an
 * address. */

/* The whole number in `value`; n where it is not below n. */
INLINE size_t index_below(real value, size_t n)
{
    return value >= 0 && value < (real)(UINT64_C(1) << 62) && (size_t)value < n ? (size_t)value : n;
}

static void embed(void *y, const void *table, const void *x, size_t ldy, size_t ldtable, size_t ldx, size_t m0,
                  size_t m1, size_t n, size_t k, size_t cols)
{
    for (size_t i = m0; i < m1; i++) {
        const size_t index = index_below(((const real *)x)[i / cols * ldx + i % cols], k);
        const real *row = (const real *)table + index * ldtable;
        for (size_t j = 0; j < n; j += LANES)
            store_some((real *)y + i * ldy + j,
                       index < k ? load_some(row + j, n - j) : broadcast((real)__builtin_nan("")), n - j);
    }
}

static void embed_gradient(void *dtable, const void *dy, const void *x, size_t lddtable, size_t lddy, size_t ldx,
                           size_t m, size_t n, size_t k0, size_t k1, size_t cols, int accumulate)
{
    if (!accumulate)
        for (size_t i = k0; i < k1; i++)
            memset((real *)dtable + i * lddtable, 0, n * sizeof(real));
    for (size_t i = 0; i < m; i++) {
        const size_t index = index_below(((const real *)x)[i / cols * ldx + i % cols], k1);
        if (index < k0 || index == k1)
            continue;
        for (size_t j = 0; j < n; j += LANES) {
            real *out = (real *)dtable + index * lddtable + j;
            store_some(out, load_some(out, n - j) + load_some((const real *)dy + i * lddy + j, n - j), n - j);
        }
    }
}

static void encode(void *y, const void *x, const void *weights, size_t ldy, size_t ldx, size_t ldw, size_t m0,
                   size_t m1, size_t n, size_t cols, int count)
{
    for (size_t i = m0; i < m1; i++) {
        real *row = (real *)y + i * ldy;
        memset(row, 0, n * sizeof(real));
        for (size_t j = 0; j < cols; j++) {
            const size_t index = index_below(((const real *)x)[i * ldx + j], n);
            if (index == n)
                continue;
            const real weight = weights ? ((const real *)weights)[i * ldw + j] : 1;
            row[index] = count ? row[index] + weight : 1;
        }
    }
}

/* Where element e of a sample lies; its rows have `cols` elements. */
INLINE size_t element_offset(uint32_t e, uint32_t cols, size_t ld)
{
    return ld == cols ? e : e / cols * ld + e % cols;
}

static void take(void *y, const void *x, const int32_t *indices, size_t ldy, size_t ldx, size_t m0, size_t m1,
                 size_t y_rows, size_t y_cols, size_t x_rows, size_t x_cols)
{
    for (size_t i = m0; i < m1; i++) {
        const real *from = (const real *)x + i * x_rows * ldx;
        for (size_t row = 0; row < y_rows; row++) {
            real *to = (real *)y + (i * y_rows + row) * ldy;
            const int32_t *which = indices + row * y_cols;
            for (size_t j = 0; j < y_cols; j++)
                to[j] = from[element_offset((uint32_t)which[j], (uint32_t)x_cols, ldx)];
        }
    }
}

static void take_backward(void *dx, const void *dy, const int32_t *indices, size_t lddx, size_t lddy, size_t m0,
                          size_t m1, size_t y_rows, size_t y_cols, size_t x_rows, size_t x_cols, int accumulate)
{
    for (size_t i = m0; i < m1; i++) {
        real *to = (real *)dx + i * x_rows * lddx;
        for (size_t row = 0; row < x_rows && !accumulate; row++)
            memset(to + row * lddx, 0, x_cols * sizeof(real));
        for (size_t row = 0; row < y_rows; row++) {
            const real *from = (const real *)dy + (i * y_rows + row) * lddy;
            const int32_t *which = indices + row * y_cols;
            for (size_t j = 0; j < y_cols; j++)
                to[element_offset((uint32_t)which[j], (uint32_t)x_cols, lddx)] += from[j];
        }
    }
}
