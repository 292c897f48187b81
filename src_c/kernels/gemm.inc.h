/* The three products of a dense layer, by the micro-kernels of tile.inc.h: forward broadcasts x and reads rows of w;
 * the gradient broadcasts x^T and reads rows of dy; backward broadcasts w and reads rows of dy^T, which gives dx^T,
 * transposed on the way out. The rows of x may lie in another order, those of a shuffled batch in the caller's data. */

/* Up to so many columns, a vector of columns would be mostly padding: rows of x then lie along the lanes in forward,
 * and rows of w in the gradient. */
enum { FEW_COLUMNS = 4 };
#define FEW_SHAPE(F, nn)                                                                                               \
    case nn:                                                                                                           \
        F(nn);                                                                                                         \
        break;
#define FEW_SHAPES(F) FEW_SHAPE(F, 1) FEW_SHAPE(F, 2) FEW_SHAPE(F, 3) FEW_SHAPE(F, 4)

/* ---- forward ---- */

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

/* ---- gradient, and gradient with the optimizer's step ---- */

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

/* ---- transpose ---- */

static void transpose(void *at, const void *a, size_t ldat, size_t lda, size_t m, size_t n0, size_t n1)
{
    const real *from = a;
    real *to = at;
    for (size_t i = 0; i < m; i += LANES) {
        const size_t rows = m - i < LANES ? m - i : LANES;
        for (size_t j = n0; j < n1; j += LANES) {
            const size_t columns = n1 - j < LANES ? n1 - j : LANES;
            vec block[LANES];
#pragma GCC unroll 16
            for (size_t r = 0; r < LANES; r++)
                block[r] = r >= rows          ? (vec){0}
                           : columns == LANES ? load(from + (i + r) * lda + j)
                                              : load_part(from + (i + r) * lda + j, columns);
            transpose_block(block);
#pragma GCC unroll 16
            for (size_t c = 0; c < LANES; c++)
                if (c < columns)
                    store(to + (j + c) * ldat + i, block[c]);
        }
    }
}

/* ---- backward ---- */

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

/* ---- peak ---- */

static double peak(size_t n)
{
    vec acc[TILE_MAX], factor = broadcast((real)0.5), term = broadcast((real)1);
    for (int i = 0; i < TILE_MAX; i++)
        acc[i] = broadcast((real)i);
    for (size_t p = 0; p < n; p++) {
#pragma GCC unroll 24
        for (int i = 0; i < TILE_MAX; i++)
            acc[i] = muladd(acc[i], factor, term);
    }
    real total = 0;
    for (int i = 0; i < TILE_MAX; i++)
        total += acc[i][0];
    return total >= 0 ? 2.0 * TILE_MAX * LANES * (double)n : 0.0;
}
