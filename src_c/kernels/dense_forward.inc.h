/* Forward: broadcasts x and reads rows of w. The rows of x may lie in another order, those of a shuffled batch in the
 * caller's data. */

typedef struct {
    real *y;
    lines x;
    const real *w, *b;
    size_t ldy, ldw, k;
    int act;
    const double *s;
} forward_args;

INLINE void forward_tile(const int mr, const int nv, const forward_args *g, size_t m, size_t n, size_t next)
{
    vec acc[TILE_MAX];
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
        for (int j = 0; j < nv; j++)
            acc[i * nv + j] = g->b ? load(g->b + n + (size_t)j * LANES) : (vec){0};
    tile_of_rows(mr, nv, g->k, g->x, m, next, g->w + n, g->ldw, acc);
    real *y = g->y + m * g->ldy + n;
    if (g->act == FM_RELU) {
#pragma GCC unroll 24
        for (int i = 0; i < mr * nv; i++)
            acc[i] = activate(FM_RELU, acc[i], NULL);
    }
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
        for (int j = 0; j < nv; j++)
            store(y + (size_t)i * g->ldy + j * LANES, acc[i * nv + j]);
    if (g->act != FM_LINEAR && g->act != FM_RELU)
        activation_forward(y, y, g->ldy, g->ldy, 0, (size_t)mr, (size_t)nv * LANES, g->act, g->s);
}

/* nn <= FEW_COLUMNS columns of y, from column n on, for LANES rows of x at once. */
INLINE void forward_few(const int nn, const forward_args *g, size_t m0, size_t m1, size_t n)
{
    for (size_t m = m0; m < m1; m += LANES) {
        const size_t rows = m1 - m < LANES ? m1 - m : LANES;
        vec acc[FEW_COLUMNS];
#pragma GCC unroll 4
        for (int j = 0; j < nn; j++)
            acc[j] = broadcast(g->b ? g->b[n + (size_t)j] : 0);
        for (size_t k = 0; k < g->k; k += LANES) {
            const size_t columns = g->k - k < LANES ? g->k - k : LANES;
            const real *w = g->w + k * g->ldw + n;
            vec block[LANES];
#pragma GCC unroll 16
            for (size_t r = 0; r < LANES; r++)
                block[r] = r < rows ? load_some(line_of(g->x, m + r) + k, columns) : (vec){0};
            transpose_block(block);
#pragma GCC unroll 16
            for (size_t c = 0; c < LANES; c++)
                if (c < columns)
#pragma GCC unroll 4
                    for (int j = 0; j < nn; j++)
                        acc[j] = muladd(block[c], broadcast(w[c * g->ldw + (size_t)j]), acc[j]);
        }
        for (int j = 0; j < nn; j++) {
            real column[LANES] __attribute__((aligned(VEC_BYTES)));
            store(column, acc[j]);
            if (g->act != FM_LINEAR)
                activation_forward(column, column, 0, 0, 0, 1, LANES, g->act, g->s);
            for (size_t r = 0; r < rows; r++)
                g->y[(m + r) * g->ldy + n + (size_t)j] = column[r];
        }
    }
}

INLINE void forward_tiles(const forward_args *g, size_t m0, size_t m1, size_t n0, size_t n1)
{
    const size_t vecs = parts_of(n1 - n0, LANES), rows = m1 - m0;
    const size_t panels = parts_of(vecs, rows == 1 ? FLAT_VECS : TILE_VECS), blocks = parts_of(rows, TILE_ROWS);
    for (size_t p = 0; p < panels; p++) {
        const size_t v0 = part_start(vecs, panels, p), nv = part_start(vecs, panels, p + 1) - v0;
        for (size_t q = 0; q < blocks; q++) {
            const size_t i0 = part_start(rows, blocks, q), mr = part_start(rows, blocks, q + 1) - i0;
            const size_t m = m0 + i0, next = m + 2 * mr < m1 ? m + mr : m1 - mr;
#define F(mr_, nv_) forward_tile(mr_, nv_, g, m, n0 + v0 * LANES, g->x.order && p == 0 ? next : m)
            switch (mr * 16 + nv) {
                SHAPES(F)
                FLAT_SHAPES(F)
            }
#undef F
        }
    }
}

static void dense_forward(void *y, const void *x, const int64_t *order, const void *w, const void *b, size_t ldy,
                          size_t ldx, size_t ldw, size_t m0, size_t m1, size_t k, size_t n0, size_t n1, int act,
                          const double *s)
{
    const forward_args g = {y, {x, ldx, order}, w, b, ldy, ldw, k, act, s};
#define F(nn) forward_few(nn, &g, m0, m1, n0)
    switch (n1 - n0) {
        FEW_SHAPES(F)
    default:
        forward_tiles(&g, m0, m1, n0, n1);
    }
#undef F
}
