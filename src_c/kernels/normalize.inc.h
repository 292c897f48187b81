/* Normalization: down the columns, for a batch, and along the rows, for a layer. With the mean and the variance (that
 * of all numbers there are, not an estimate) of a column or row, xhat = (x - mean) / sqrt(variance + epsilon) and
 * y = gamma xhat + beta. Sums down a column go in the order of the rows, sums along a row are of fixed width.
 *
 * Columns are worked on in blocks of a few vectors, so that the sums of a block are independent chains. */
enum { BLOCK_VECS = 4, BLOCK = BLOCK_VECS * LANES };

typedef struct {
    vec v[BLOCK_VECS];
} block;

/* `rest` columns; `whole` says, where the compiler can see it, that there are BLOCK or more. */
INLINE block load_block(const int whole, const real *p, size_t rest)
{
    block b;
#pragma GCC unroll 4
    for (size_t j = 0; j < BLOCK_VECS; j++)
        b.v[j] = whole ? load(p + j * LANES) : load_some(p + j * LANES, rest > j * LANES ? rest - j * LANES : 0);
    return b;
}

INLINE void store_block(const int whole, real *p, block b, size_t rest)
{
#pragma GCC unroll 4
    for (size_t j = 0; j < BLOCK_VECS; j++)
        store_some(p + j * LANES, b.v[j], whole ? LANES : rest > j * LANES ? rest - j * LANES : 0);
}

/* Calls function(whole, first column, columns left, ...) for the blocks of [n0, n1). */
#define EACH_BLOCK(function, n0, n1, ...)                                                                              \
    do {                                                                                                               \
        size_t column = n0;                                                                                            \
        for (; n1 - column >= BLOCK; column += BLOCK)                                                                  \
            function(1, column, BLOCK, __VA_ARGS__);                                                                   \
        if (column < n1)                                                                                               \
            function(0, column, n1 - column, __VA_ARGS__);                                                             \
    } while (0)

/* ---- down the columns ---- */

INLINE void moments_block(const int whole, size_t n, size_t rest, real *mean, real *variance, const real *x, size_t ldx,
                          size_t m)
{
    const vec count = broadcast((real)m);
    block center = {{{0}}}, squares = {{{0}}};
    for (size_t i = 0; i < m; i++) {
        const block value = load_block(whole, x + i * ldx + n, rest);
        for (size_t j = 0; j < BLOCK_VECS; j++)
            center.v[j] += value.v[j];
    }
    for (size_t j = 0; j < BLOCK_VECS; j++)
        center.v[j] /= count;
    for (size_t i = 0; i < m; i++) {
        const block value = load_block(whole, x + i * ldx + n, rest);
        for (size_t j = 0; j < BLOCK_VECS; j++) {
            vec d = value.v[j] - center.v[j];
            squares.v[j] = muladd(d, d, squares.v[j]);
        }
    }
    for (size_t j = 0; j < BLOCK_VECS; j++)
        squares.v[j] /= count;
    store_block(whole, mean + n, center, rest);
    store_block(whole, variance + n, squares, rest);
}

static void column_moments(void *mean, void *variance, const void *x, size_t ldx, size_t m, size_t n0, size_t n1)
{
    EACH_BLOCK(moments_block, n0, n1, (real *)mean, (real *)variance, (const real *)x, ldx, m);
}

/* 1 / sqrt(variance + epsilon) */
INLINE block inverse_deviations(const int whole, const real *variance, size_t rest, double epsilon)
{
    block b = load_block(whole, variance, rest);
    for (size_t j = 0; j < BLOCK_VECS; j++)
        b.v[j] = broadcast(1) / square_root(b.v[j] + broadcast((real)epsilon));
    return b;
}

/* gamma / sqrt(variance + epsilon) */
INLINE block column_factors(const int whole, const real *variance, const real *gamma, size_t n, size_t rest,
                            double epsilon)
{
    block factor = inverse_deviations(whole, variance + n, rest, epsilon);
    if (gamma) {
        const block scale = load_block(whole, gamma + n, rest);
        for (size_t j = 0; j < BLOCK_VECS; j++)
            factor.v[j] *= scale.v[j];
    }
    return factor;
}

INLINE void normalize_block(const int whole, size_t n, size_t rest, real *y, const real *x, const real *mean,
                            const real *variance, const real *gamma, const real *beta, size_t ldy, size_t ldx,
                            size_t m0, size_t m1, double epsilon)
{
    const block center = load_block(whole, mean + n, rest);
    const block factor = column_factors(whole, variance, gamma, n, rest, epsilon);
    const block shift = beta ? load_block(whole, beta + n, rest) : (block){{{0}}};
    for (size_t i = m0; i < m1; i++) {
        block value = load_block(whole, x + i * ldx + n, rest);
        for (size_t j = 0; j < BLOCK_VECS; j++)
            value.v[j] = muladd(value.v[j] - center.v[j], factor.v[j], shift.v[j]);
        store_block(whole, y + i * ldy + n, value, rest);
    }
}

static void normalize_columns(void *y, const void *x, const void *mean, const void *variance, const void *gamma,
                              const void *beta, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n0, size_t n1,
                              double epsilon)
{
    EACH_BLOCK(normalize_block, n0, n1, (real *)y, (const real *)x, (const real *)mean, (const real *)variance,
               (const real *)gamma, (const real *)beta, ldy, ldx, m0, m1, epsilon);
}

INLINE void column_gradients_block(const int whole, size_t n, size_t rest, real *dgamma, real *dbeta, const real *dy,
                                   const real *x, const real *mean, const real *variance, size_t lddy, size_t ldx,
                                   size_t m, double epsilon)
{
    const block center = load_block(whole, mean + n, rest);
    const block inverse = inverse_deviations(whole, variance + n, rest, epsilon);
    block products = {{{0}}}, sums = {{{0}}};
    for (size_t i = 0; i < m; i++) {
        const block above = load_block(whole, dy + i * lddy + n, rest);
        const block value = load_block(whole, x + i * ldx + n, rest);
        for (size_t j = 0; j < BLOCK_VECS; j++) {
            sums.v[j] += above.v[j];
            products.v[j] = muladd(above.v[j], value.v[j] - center.v[j], products.v[j]);
        }
    }
    for (size_t j = 0; j < BLOCK_VECS; j++)
        products.v[j] *= inverse.v[j];
    store_block(whole, dgamma + n, products, rest);
    store_block(whole, dbeta + n, sums, rest);
}

static void normalize_columns_gradients(void *dgamma, void *dbeta, const void *dy, const void *x, const void *mean,
                                        const void *variance, size_t lddy, size_t ldx, size_t m, size_t n0, size_t n1,
                                        double epsilon)
{
    EACH_BLOCK(column_gradients_block, n0, n1, (real *)dgamma, (real *)dbeta, (const real *)dy, (const real *)x,
               (const real *)mean, (const real *)variance, lddy, ldx, m, epsilon);
}

/* With factor = gamma / sqrt(variance + epsilon): factor (dy - dbeta / m - xhat dgamma / m), or factor dy. */
INLINE void columns_backward_block(const int whole, size_t n, size_t rest, real *dx, const real *dy, const real *x,
                                   const real *mean, const real *variance, const real *gamma, const real *dgamma,
                                   const real *dbeta, size_t lddx, size_t lddy, size_t ldx, size_t m, double epsilon,
                                   int accumulate)
{
    const vec share = broadcast((real)(1 / (double)m));
    const block factor = column_factors(whole, variance, gamma, n, rest, epsilon);
    block center = {{{0}}}, slope = {{{0}}}, shift = {{{0}}};
    if (dgamma) {
        const block inverse = inverse_deviations(whole, variance + n, rest, epsilon);
        center = load_block(whole, mean + n, rest);
        slope = load_block(whole, dgamma + n, rest);
        shift = load_block(whole, dbeta + n, rest);
        for (size_t j = 0; j < BLOCK_VECS; j++) {
            slope.v[j] *= share * inverse.v[j];
            shift.v[j] *= share;
        }
    }
    for (size_t i = 0; i < m; i++) {
        const block value = load_block(whole, x + i * ldx + n, rest);
        block d = load_block(whole, dy + i * lddy + n, rest);
        for (size_t j = 0; j < BLOCK_VECS; j++)
            d.v[j] =
                factor.v[j] * (dgamma ? muladd(center.v[j] - value.v[j], slope.v[j], d.v[j] - shift.v[j]) : d.v[j]);
        if (accumulate) {
            const block before = load_block(whole, dx + i * lddx + n, rest);
            for (size_t j = 0; j < BLOCK_VECS; j++)
                d.v[j] += before.v[j];
        }
        store_block(whole, dx + i * lddx + n, d, rest);
    }
}

static void normalize_columns_backward(void *dx, const void *dy, const void *x, const void *mean, const void *variance,
                                       const void *gamma, const void *dgamma, const void *dbeta, size_t lddx,
                                       size_t lddy, size_t ldx, size_t m, size_t n0, size_t n1, double epsilon,
                                       int accumulate)
{
    EACH_BLOCK(columns_backward_block, n0, n1, (real *)dx, (const real *)dy, (const real *)x, (const real *)mean,
               (const real *)variance, (const real *)gamma, (const real *)dgamma, (const real *)dbeta, lddx, lddy, ldx,
               m, epsilon, accumulate);
}

/* ---- along the rows ---- */

/* The sum over a row of (x - center)^2. */
INLINE real row_squares(const real *x, size_t n, vec center)
{
    wide sum = {{{0}}};
    for (size_t j = 0; j < n; j += WIDTH)
        for (size_t part = 0; part < PARTS && j + part * LANES < n; part++) {
            const size_t at = j + part * LANES;
            vec d = keep_first(load_some(x + at, n - at) - center, n - at);
            sum.part[part] = muladd(d, d, sum.part[part]);
        }
    return wide_sum(&sum);
}

static void normalize_rows(void *y, void *moments, const void *x, const void *gamma, const void *beta, size_t ldy,
                           size_t ldx, size_t m0, size_t m1, size_t n, double epsilon)
{
    const vec one = broadcast(1), zero = broadcast(0);
    for (size_t i = m0; i < m1; i++) {
        const real *row = (const real *)x + i * ldx;
        const vec mean = broadcast(row_sum(row, n) / (real)n);
        const vec variance = broadcast(row_squares(row, n, mean) / (real)n);
        const vec inverse = one / square_root(variance + broadcast((real)epsilon));
        for (size_t j = 0; j < n; j += LANES) {
            vec scale = gamma ? load_some((const real *)gamma + j, n - j) : one;
            vec shift = beta ? load_some((const real *)beta + j, n - j) : zero;
            vec xhat = (load_some(row + j, n - j) - mean) * inverse;
            store_some((real *)y + i * ldy + j, muladd(xhat, scale, shift), n - j);
        }
        ((real *)moments)[2 * i] = mean[0];
        ((real *)moments)[2 * i + 1] = inverse[0];
    }
}

INLINE void rows_gradient_block(const int whole, size_t n, size_t rest, real *dgamma, const real *dy, const real *x,
                                const real *moments, size_t lddy, size_t ldx, size_t m, int accumulate)
{
    block sums = accumulate ? load_block(whole, dgamma + n, rest) : (block){{{0}}};
    for (size_t i = 0; i < m; i++) {
        const vec mean = broadcast(moments[2 * i]), inverse = broadcast(moments[2 * i + 1]);
        const block above = load_block(whole, dy + i * lddy + n, rest);
        const block value = load_block(whole, x + i * ldx + n, rest);
        for (size_t j = 0; j < BLOCK_VECS; j++)
            sums.v[j] = muladd(above.v[j], (value.v[j] - mean) * inverse, sums.v[j]);
    }
    store_block(whole, dgamma + n, sums, rest);
}

static void normalize_rows_gradient(void *dgamma, const void *dy, const void *x, const void *moments, size_t lddy,
                                    size_t ldx, size_t m, size_t n0, size_t n1, int accumulate)
{
    EACH_BLOCK(rows_gradient_block, n0, n1, (real *)dgamma, (const real *)dy, (const real *)x, (const real *)moments,
               lddy, ldx, m, accumulate);
}

/* With d = gamma dy: (d - mean of d - xhat times the mean of d xhat) / sqrt(variance + epsilon). */
static void normalize_rows_backward(void *dx, const void *dy, const void *x, const void *moments, const void *gamma,
                                    size_t lddx, size_t lddy, size_t ldx, size_t m0, size_t m1, size_t n,
                                    int accumulate)
{
    const vec share = broadcast((real)(1 / (double)n));
    for (size_t i = m0; i < m1; i++) {
        const real *row = (const real *)x + i * ldx, *above = (const real *)dy + i * lddy;
        const vec mean = broadcast(((const real *)moments)[2 * i]);
        const vec inverse = broadcast(((const real *)moments)[2 * i + 1]);
        wide sums = {{{0}}}, products = {{{0}}};
        for (size_t j = 0; j < n; j += WIDTH)
            for (size_t part = 0; part < PARTS && j + part * LANES < n; part++) {
                const size_t at = j + part * LANES;
                vec d = load_some(above + at, n - at);
                if (gamma)
                    d *= load_some((const real *)gamma + at, n - at);
                sums.part[part] += d;
                products.part[part] = muladd(d, (load_some(row + at, n - at) - mean) * inverse, products.part[part]);
            }
        const vec shift = broadcast(wide_sum(&sums)) * share, slope = broadcast(wide_sum(&products)) * share;
        for (size_t j = 0; j < n; j += LANES) {
            real *out = (real *)dx + i * lddx + j;
            vec xhat = (load_some(row + j, n - j) - mean) * inverse, d = load_some(above + j, n - j);
            if (gamma)
                d *= load_some((const real *)gamma + j, n - j);
            d = inverse * muladd(-xhat, slope, d - shift);
            store_some(out, accumulate ? load_some(out, n - j) + d : d, n - j);
        }
    }
}
