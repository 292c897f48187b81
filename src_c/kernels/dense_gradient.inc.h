/* The gradient of the weights, also with the optimizer's step: broadcasts x^T and reads rows of dy. The rows of x may
 * lie in another order, as in forward. */

typedef struct {
    real *w; /* dense_gradient: dw */
    real *const *slots;
    lines x, dy;
    size_t ldw, m;
    int accumulate;
    const fm_step *step; /* dense_gradient: NULL */
    step_function *take; /* it; NULL where it is nothing but w -= rate dw, and done in registers */
} gradient_args;

/* Asks for n weights and their slots, from element `offset` on: they are too many for the cache, and the step that
 * follows the products should not wait for them. */
INLINE void prefetch_step(const gradient_args *g, size_t offset, size_t n)
{
    const int slots = slots_of((int)g->step->optimizer);
    for (size_t i = 0; i < n; i += FM_CACHE_LINE / sizeof(real)) {
        __builtin_prefetch(g->w + offset + i, 1);
        for (int j = 0; j < slots; j++)
            __builtin_prefetch(g->slots[j] + offset + i, 1);
    }
}

INLINE void gradient_tile(const int mr, const int nv, const gradient_args *g, size_t k, size_t n)
{
    vec acc[TILE_MAX];
    real *w = g->w + k * g->ldw + n;
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
        for (int j = 0; j < nv; j++)
            acc[i * nv + j] = g->accumulate ? load(w + (size_t)i * g->ldw + j * LANES) : (vec){0};
    if (g->take)
        for (int i = 0; i < mr; i++)
            prefetch_step(g, (k + (size_t)i) * g->ldw + n, (size_t)nv * LANES);
    tile_of_columns(mr, nv, g->m, g->x, k, g->dy, n, acc);
    if (!g->step) {
#pragma GCC unroll 8
        for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
            for (int j = 0; j < nv; j++)
                store(w + (size_t)i * g->ldw + j * LANES, acc[i * nv + j]);
    } else if (!g->take) {
        const vec rate = broadcast((real)-g->step->h[0]);
#pragma GCC unroll 8
        for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
            for (int j = 0; j < nv; j++) {
                real *to = w + (size_t)i * g->ldw + j * LANES;
                store(to, muladd(rate, acc[i * nv + j], load(to)));
            }
    } else {
        real gradient[TILE_MAX * LANES] __attribute__((aligned(VEC_BYTES)));
#pragma GCC unroll 24
        for (int i = 0; i < mr * nv; i++)
            store(gradient + i * LANES, acc[i]);
        const size_t columns = (size_t)nv * LANES;
        g->take(&(step_args){w, g->slots, gradient, k * g->ldw + n, g->ldw, columns, (size_t)mr, columns}, g->step);
    }
}

/* nn <= FEW_COLUMNS columns of the gradient, from column n on, for nv vectors of rows of w from row k on: dy^T x. */
INLINE void few_tile(const int nn, const int nv, const gradient_args *g, size_t k, size_t k1, size_t n)
{
    vec acc[TILE_MAX];
    real columns[FEW_COLUMNS][TILE_VECS * LANES] __attribute__((aligned(VEC_BYTES)));
    const size_t rows = k1 - k < (size_t)nv * LANES ? k1 - k : (size_t)nv * LANES;
    real *w = g->w + k * g->ldw + n;
    if (g->accumulate)
        for (int j = 0; j < nn; j++)
            for (size_t i = 0; i < rows; i++)
                columns[j][i] = w[i * g->ldw + (size_t)j];
#pragma GCC unroll 4
    for (int j = 0; j < nn; j++)
#pragma GCC unroll 3
        for (int v = 0; v < nv; v++)
            acc[j * nv + v] = g->accumulate ? load(&columns[j][v * LANES]) : (vec){0};
    tile_of_columns(nn, nv, g->m, g->dy, n, g->x, k, acc);
#pragma GCC unroll 4
    for (int j = 0; j < nn; j++)
#pragma GCC unroll 3
        for (int v = 0; v < nv; v++)
            store(&columns[j][v * LANES], acc[j * nv + v]);
    real gradient[TILE_VECS * LANES][FEW_COLUMNS];
    for (size_t i = 0; i < rows; i++)
        for (int j = 0; j < nn; j++)
            gradient[i][j] = columns[j][i];
    if (!g->step) {
        for (size_t i = 0; i < rows; i++)
            memcpy(w + i * g->ldw, gradient[i], (size_t)nn * sizeof(real));
    } else if (!g->take) {
        for (size_t i = 0; i < rows; i++)
            for (int j = 0; j < nn; j++)
                w[i * g->ldw + (size_t)j] =
                    muladd_scalar((real)-g->step->h[0], gradient[i][j], w[i * g->ldw + (size_t)j]);
    } else {
        g->take(&(step_args){w, g->slots, gradient[0], k * g->ldw + n, g->ldw, FEW_COLUMNS, rows, (size_t)nn}, g->step);
    }
}

INLINE void few_tiles(const int nn, const gradient_args *g, size_t k0, size_t k1, size_t n)
{
    size_t k = k0;
    for (; k + LANES < k1; k += 2 * LANES)
        few_tile(nn, 2, g, k, k1, n);
    if (k < k1)
        few_tile(nn, 1, g, k, k1, n);
}

/* So many columns are better made by few_tile: all, or the last, of which a vector would be mostly padding. */
INLINE size_t few_of(size_t n)
{
    const size_t last = n % LANES;
    return n <= FEW_COLUMNS ? n : last <= LANES / 4 ? last : 0;
}

INLINE void gradient_tiles(const gradient_args *g, size_t k0, size_t k1, size_t n0, size_t n1)
{
    /* Whole vectors of x may be read only where its rows have room for them; a caller's may end with their data. */
    const size_t room = g->x.order ? k1 : g->x.ld;
    const size_t few = k0 + parts_of(k1 - k0, LANES) * LANES <= room ? few_of(n1 - n0) : 0;
    const size_t vecs = parts_of(n1 - few - n0, LANES), rows = k1 - k0;
    const size_t panels = parts_of(vecs, TILE_VECS), blocks = parts_of(rows, TILE_ROWS);
    for (size_t p = 0; p < panels; p++) {
        const size_t v0 = part_start(vecs, panels, p), nv = part_start(vecs, panels, p + 1) - v0;
        for (size_t q = 0; q < blocks; q++) {
            const size_t i0 = part_start(rows, blocks, q), mr = part_start(rows, blocks, q + 1) - i0;
#define F(mr_, nv_) gradient_tile(mr_, nv_, g, k0 + i0, n0 + v0 * LANES)
            switch (mr * 16 + nv) {
                SHAPES(F)
            }
#undef F
        }
    }
#define F(nn) few_tiles(nn, g, k0, k1, n1 - nn)
    switch (few) {
        FEW_SHAPES(F)
    }
#undef F
}

static void dense_gradient(void *dw, const void *x, const int64_t *order, const void *dy, size_t lddw, size_t ldx,
                           size_t lddy, size_t m, size_t k0, size_t k1, size_t n0, size_t n1, int accumulate)
{
    const gradient_args g = {dw, NULL, {x, ldx, order}, {dy, lddy, NULL}, lddw, m, accumulate, NULL, NULL};
    gradient_tiles(&g, k0, k1, n0, n1);
}

static void dense_update(void *w, void *const *slots, const void *x, const int64_t *order, const void *dy, size_t ldw,
                         size_t ldx, size_t lddy, size_t m, size_t k0, size_t k1, size_t n0, size_t n1,
                         const fm_step *step)
{
    const int inlined = step->optimizer == FM_SGD && is_plain(step) && step->l2 == 0;
    step_function *take = inlined ? NULL : step_function_of(step);
    const gradient_args g = {w, (real *const *)slots, {x, ldx, order}, {dy, lddy, NULL}, ldw, m, 0, step, take};
    gradient_tiles(&g, k0, k1, n0, n1);
}
