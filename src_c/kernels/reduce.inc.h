/* Sums over a batch, the gather of a batch's rows, copies, and rows made into one number each. */

/* Sums of up to nv vectors of columns side by side: each is a chain of additions, one after the other. */
INLINE void sum_columns(const int nv, real *y, const real *a, size_t lda, size_t m, size_t n, int accumulate)
{
    vec sum[4] = {{0}};
    for (size_t i = 0; i < m; i++)
#pragma GCC unroll 4
        for (int j = 0; j < nv; j++)
            sum[j] += nv == 1 ? load_some(a + i * lda, n) : load(a + i * lda + j * LANES);
#pragma GCC unroll 4
    for (int j = 0; j < nv; j++)
        store_some(y + j * LANES, accumulate ? load_some(y + j * LANES, n - (size_t)j * LANES) + sum[j] : sum[j],
                   n - (size_t)j * LANES);
}

static void column_sums(void *y, const void *a, size_t lda, size_t m, size_t n0, size_t n1, int accumulate)
{
    size_t j = n0;
    for (; n1 - j >= 4 * LANES; j += 4 * LANES)
        sum_columns(4, (real *)y + j, (const real *)a + j, lda, m, 4 * LANES, accumulate);
    for (; n1 - j >= 2 * LANES; j += 2 * LANES)
        sum_columns(2, (real *)y + j, (const real *)a + j, lda, m, 2 * LANES, accumulate);
    for (; j < n1; j += LANES)
        sum_columns(1, (real *)y + j, (const real *)a + j, lda, m, n1 - j, accumulate);
}

/* The user's arrays may lie anywhere. */
typedef float source_f32 __attribute__((aligned(1), may_alias));
typedef double source_f64 __attribute__((aligned(1), may_alias));
typedef int32_t source_i32 __attribute__((aligned(1), may_alias));
typedef int64_t source_i64 __attribute__((aligned(1), may_alias));

/* Shuffled rows come from DRAM: the row after the present one is asked for before the present one is converted, into
 * the second cache, where more requests may be under way than in the first. Rows of a line or two aren't worth it. */
#define GATHER_ROWS(type)                                                                                              \
    for (size_t i = m0; i < m1; i++) {                                                                                 \
        const type *restrict row = (const type *)(rows + (order ? (size_t)order[i] : i) * stride);                     \
        real *restrict out = (real *)y + i * ldy;                                                                      \
        if (order && i + 1 < m1 && n * sizeof(type) > 2 * FM_CACHE_LINE) {                                             \
            const char *next = rows + (size_t)order[i + 1] * stride;                                                   \
            for (size_t at = 0; at < n * sizeof(type); at += FM_CACHE_LINE)                                            \
                __builtin_prefetch(next + at, 0, 2);                                                                   \
        }                                                                                                              \
        if (n == 1)                                                                                                    \
            *out = (real) * row;                                                                                       \
        else                                                                                                           \
            for (size_t j = 0; j < n; j++)                                                                             \
                out[j] = (real)row[j];                                                                                 \
    }

static void gather(void *y, const void *x, const int64_t *order, size_t ldy, size_t stride, size_t m0, size_t m1,
                   size_t n, int source)
{
    const char *rows = x;
    switch (source) {
    case FM_F32:
        GATHER_ROWS(source_f32)
        break;
    case FM_F64:
        GATHER_ROWS(source_f64)
        break;
    case FM_U8:
        GATHER_ROWS(uint8_t)
        break;
    case FM_I32:
        GATHER_ROWS(source_i32)
        break;
    case FM_I64:
        GATHER_ROWS(source_i64)
        break;
    }
}

static void copy(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, int accumulate)
{
    for (size_t i = m0; i < m1; i++)
        for (size_t j = 0; j < n; j += LANES) {
            real *out = (real *)y + i * ldy + j;
            vec v = load_some((const real *)x + i * ldx + j, n - j);
            store_some(out, accumulate ? load_some(out, n - j) + v : v, n - j);
        }
}

/* ---- rows to one number ---- */

/* The first of the greatest. */
INLINE size_t row_argmax(const real *x, size_t n)
{
    size_t best = 0;
    for (size_t j = 1; j < n; j++)
        best = x[j] > x[best] ? j : best;
    return best;
}

INLINE size_t row_argmin(const real *x, size_t n)
{
    size_t best = 0;
    for (size_t j = 1; j < n; j++)
        best = x[j] < x[best] ? j : best;
    return best;
}

/* The greatest (`greatest` 1) or the least of a row; NaN if there is one. */
INLINE real row_extreme(const real *x, size_t n, int greatest)
{
    const real edge = (real)(greatest ? -__builtin_inf() : __builtin_inf());
    vec best = broadcast(edge), spoilt = broadcast(0);
    for (size_t j = 0; j < n; j += LANES) {
        vec v = choose(first_lanes(n - j), load_some(x + j, n - j), broadcast(edge));
        best = greatest ? max(v, best) : min(v, best);
        spoilt = choose(v == v, spoilt, v);
    }
    for (int lane = 0; lane < LANES; lane++)
        if (spoilt[lane] != spoilt[lane])
            return spoilt[lane];
    return greatest ? lane_maximum(best) : -lane_maximum(-best);
}

/* The product of what is not 0, in the order of wide_sum; *zeros says how many are. */
INLINE real row_product(const real *x, size_t n, size_t *zeros)
{
    real part[WIDTH];
    *zeros = 0;
    for (size_t j = 0; j < WIDTH; j++)
        part[j] = 1;
    for (size_t j = 0; j < n; j++) {
        *zeros += x[j] == 0;
        part[j % WIDTH] *= x[j] == 0 ? 1 : x[j];
    }
    for (size_t half = WIDTH / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            part[j] *= part[j + half];
    return part[0];
}

INLINE real row_logsumexp(const real *x, size_t n)
{
    const real maximum = row_extreme(x, n, 1);
    const int finite = maximum - maximum == 0;
    return finite ? maximum + vlog(broadcast(softmax_row(NULL, x, n, maximum)))[0] : maximum;
}

INLINE real reduce_row(const real *x, size_t n, int kind)
{
    size_t zeros;
    real product;
    switch (kind) {
    case FM_SUM:
        return row_sum(x, n);
    case FM_MEAN:
        return row_sum(x, n) / (real)n;
    case FM_MAX:
        return row_extreme(x, n, 1);
    case FM_MIN:
        return row_extreme(x, n, 0);
    case FM_PROD:
        product = row_product(x, n, &zeros);
        return zeros ? 0 * product : product;
    case FM_LOGSUMEXP:
        return row_logsumexp(x, n);
    case FM_ARGMAX:
        return (real)row_argmax(x, n);
    default:
        return (real)row_argmin(x, n);
    }
}

static void reduce_forward(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, int kind)
{
    for (size_t i = m0; i < m1; i++)
        ((real *)y)[i * ldy] = reduce_row((const real *)x + i * ldx, n, kind);
}

/* How many elements of a row equal y. */
INLINE size_t row_count(const real *x, size_t n, real y)
{
    size_t count = 0;
    for (size_t j = 0; j < n; j++)
        count += x[j] == y;
    return count;
}

/* The derivative of a product: the product of the others. */
INLINE void product_slope(real *dx, real dy, const real *x, size_t n, int accumulate)
{
    size_t zeros;
    const real product = row_product(x, n, &zeros);
    for (size_t j = 0; j < n; j++) {
        const real others = zeros == 0 ? product / x[j] : zeros == 1 && x[j] == 0 ? product : 0;
        dx[j] = (accumulate ? dx[j] : 0) + dy * others;
    }
}

/* dx = dy times a slope that is the same for all, or goes with where x equals y, or with exp(x - y). */
INLINE void reduction_slope(real *dx, real dy, const real *x, real y, size_t n, int kind, int accumulate)
{
    if (kind == FM_MEAN)
        dy /= (real)n;
    if (kind == FM_MAX || kind == FM_MIN)
        dy /= (real)row_count(x, n, y);
    for (size_t j = 0; j < n; j += LANES) {
        vec d = broadcast(dy), v = load_some(x + j, n - j);
        if (kind == FM_MAX || kind == FM_MIN)
            d = choose(v == broadcast(y), d, broadcast(0));
        else if (kind == FM_LOGSUMEXP)
            d *= vexp(v - broadcast(y));
        store_some(dx + j, accumulate ? load_some(dx + j, n - j) + d : d, n - j);
    }
}

static void reduce_backward(void *dx, const void *dy, const void *x, const void *y, size_t lddx, size_t lddy,
                            size_t ldx, size_t ldy, size_t m0, size_t m1, size_t n, int kind, int accumulate)
{
    for (size_t i = m0; i < m1; i++) {
        const real *from = (const real *)x + i * ldx, above = ((const real *)dy)[i * lddy];
        real *out = (real *)dx + i * lddx;
        if (kind == FM_PROD)
            product_slope(out, above, from, n, accumulate);
        else
            reduction_slope(out, above, from, ((const real *)y)[i * ldy], n, kind, accumulate);
    }
}
