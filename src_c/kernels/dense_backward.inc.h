/* The gradient of the inputs. Of wide layers: broadcasts w and reads rows of dy^T, which gives dx^T, transposed on the
 * way out. Of narrow ones: broadcasts dy and reads rows of w^T. */

typedef struct {
    real *dx;
    const real *w, *dyt, *a;
    size_t lddx, ldw, lddyt, lda, m, n;
    int act;
    const double *s;
    int accumulate;
} backward_args;

enum { BUFFER_ROWS = LANES > (int)TILE_ROWS ? LANES : TILE_ROWS, BUFFER_COLUMNS = TILE_VECS * LANES };

INLINE void backward_tile(const int mr, const int nv, const backward_args *g, real *buffer, size_t m, size_t k)
{
    vec acc[TILE_MAX] = {0};
    tile_of_rows(mr, nv, g->n, (lines){g->w, g->ldw, NULL}, k, k, g->dyt + m, g->lddyt, acc);
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
        for (int j = 0; j < nv; j++)
            store(buffer + i * BUFFER_COLUMNS + j * LANES, acc[i * nv + j]);
}

/* Transposes `columns` rows of the buffer and gives them to dx[m:m + rows, k:k + columns]. */
INLINE void backward_store(const backward_args *g, const real *buffer, size_t rows, size_t columns, size_t m, size_t k)
{
    for (size_t i = 0; i < rows; i += LANES) {
        vec block[LANES];
#pragma GCC unroll 16
        for (int c = 0; c < LANES; c++)
            block[c] = load(buffer + c * BUFFER_COLUMNS + i);
        transpose_block(block);
        real lines[LANES * LANES] __attribute__((aligned(VEC_BYTES)));
#pragma GCC unroll 16
        for (int r = 0; r < LANES; r++)
            store(lines + r * LANES, block[r]);
        for (size_t r = 0; r < LANES && i + r < rows; r++) {
            real *dx = g->dx + (m + i + r) * g->lddx + k;
            vec sum = load(lines + r * LANES);
            if (g->accumulate)
                sum += columns == LANES ? load(dx) : load_part(dx, columns);
            if (g->a) {
                const real *a = g->a + (m + i + r) * g->lda + k;
                sum *= activation_slope(g->act, columns == LANES ? load(a) : load_part(a, columns), g->s);
            }
            if (columns == LANES)
                store(dx, sum);
            else
                store_part(dx, sum, columns);
        }
    }
}

static void dense_backward(void *dx, const void *w, const void *dyt, const void *a, size_t lddx, size_t ldw,
                           size_t lddyt, size_t lda, size_t m, size_t k0, size_t k1, size_t n, int act, const double *s,
                           int accumulate)
{
    const backward_args g = {dx, w, dyt, a, lddx, ldw, lddyt, lda, m, n, act, s, accumulate};
    real buffer[BUFFER_ROWS * BUFFER_COLUMNS] __attribute__((aligned(VEC_BYTES))) = {0};
    const size_t vecs = parts_of(m, LANES), panels = parts_of(vecs, TILE_VECS);
    for (size_t p = 0; p < panels; p++) {
        const size_t v0 = part_start(vecs, panels, p), nv = part_start(vecs, panels, p + 1) - v0;
        const size_t row = v0 * LANES, rows = m - row < nv * LANES ? m - row : nv * LANES;
        for (size_t k = k0; k < k1; k += LANES) {
            const size_t columns = k1 - k < LANES ? k1 - k : LANES;
            for (size_t i = 0; i < columns; i += TILE_ROWS) {
                const size_t mr = columns - i < TILE_ROWS ? columns - i : TILE_ROWS;
#define F(mr_, nv_) backward_tile(mr_, nv_, &g, buffer + i * BUFFER_COLUMNS, row, k + i)
                switch (mr * 16 + nv) {
                    SHAPES(F)
                }
#undef F
            }
            backward_store(&g, buffer, rows, columns, row, k);
        }
    }
}

/* ---- backward of a narrow layer: w is transposed, not dy and dx ---- */

typedef struct {
    real *dx;
    const real *dy, *wt, *a;
    size_t lddx, lddy, lda, n;
    int act;
    const double *s;
    int accumulate;
} narrow_args;

INLINE void narrow_tile(const int mr, const int nv, const narrow_args *g, size_t m, size_t k)
{
    vec acc[TILE_MAX] = {0};
    tile_of_rows(mr, nv, g->n, (lines){g->dy, g->lddy, NULL}, m, m, g->wt, BUFFER_COLUMNS, acc);
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++) {
        real *dx = g->dx + (m + (size_t)i) * g->lddx + k;
        if (g->accumulate) {
#pragma GCC unroll 8
            for (int j = 0; j < nv; j++)
                acc[i * nv + j] += load(dx + j * LANES);
        }
        if (g->a && g->act == FM_RELU) {
            const real *a = g->a + (m + (size_t)i) * g->lda + k;
#pragma GCC unroll 8
            for (int j = 0; j < nv; j++)
                acc[i * nv + j] *= activation_slope(FM_RELU, load(a + j * LANES), NULL);
        }
#pragma GCC unroll 8
        for (int j = 0; j < nv; j++)
            store(dx + j * LANES, acc[i * nv + j]);
        if (g->a && g->act != FM_RELU)
            activation_backward(dx, dx, g->a + (m + (size_t)i) * g->lda + k, 0, 0, 0, 0, 1, (size_t)nv * LANES, g->act,
                                g->s, 0);
    }
}

static void dense_backward_narrow(void *dx, const void *w, const void *dy, const void *a, size_t lddx, size_t ldw,
                                  size_t lddy, size_t lda, size_t m0, size_t m1, size_t k0, size_t k1, size_t n,
                                  int act, const double *s, int accumulate)
{
    real wt[FM_NARROW * BUFFER_COLUMNS] __attribute__((aligned(VEC_BYTES)));
    const narrow_args g = {dx, dy, wt, a, lddx, lddy, lda, n, act, s, accumulate};
    const size_t vecs = parts_of(k1 - k0, LANES), panels = parts_of(vecs, TILE_VECS), rows = m1 - m0,
                 blocks = parts_of(rows, TILE_ROWS);
    for (size_t p = 0; p < panels; p++) {
        const size_t v0 = part_start(vecs, panels, p), nv = part_start(vecs, panels, p + 1) - v0;
        const size_t k = k0 + v0 * LANES, columns = k1 - k < nv * LANES ? k1 - k : nv * LANES;
        if (n > 2)
            transpose(wt, (const real *)w + k * ldw, BUFFER_COLUMNS, ldw, columns, 0, n);
        else
            for (size_t j = 0; j < n; j++)
                for (size_t i = 0; i < nv * LANES; i++)
                    wt[j * BUFFER_COLUMNS + i] = i < columns ? ((const real *)w)[(k + i) * ldw + j] : 0;
        for (size_t q = 0; q < blocks; q++) {
            const size_t i0 = part_start(rows, blocks, q), mr = part_start(rows, blocks, q + 1) - i0;
#define F(mr_, nv_) narrow_tile(mr_, nv_, &g, m0 + i0, k)
            switch (mr * 16 + nv) {
                SHAPES(F)
            }
#undef F
        }
    }
}
