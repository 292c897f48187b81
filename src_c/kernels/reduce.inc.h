/* Moving and combining rows: sums over a batch, the gather of a batch's rows, copies and products. */

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

/* Shuffled rows come from DRAM: the row after the present one is asked for before the present one is converted. Rows of
 * a line or two aren't worth it. */
#define GATHER_ROWS(type)                                                                                              \
    for (size_t i = m0; i < m1; i++) {                                                                                 \
        const type *restrict row = (const type *)(rows + (order ? (size_t)order[i] : i) * stride);                     \
        real *restrict out = (real *)y + i * ldy;                                                                      \
        if (order && i + 1 < m1 && n * sizeof(type) > 2 * FM_CACHE_LINE) {                                             \
            const char *next = rows + (size_t)order[i + 1] * stride;                                                   \
            for (size_t at = 0; at < n * sizeof(type); at += FM_CACHE_LINE)                                            \
                __builtin_prefetch(next + at);                                                                         \
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

static void multiply(void *y, const void *a, const void *b, size_t ldy, size_t lda, size_t ldb, size_t m0, size_t m1,
                     size_t n, int accumulate)
{
    for (size_t i = m0; i < m1; i++)
        for (size_t j = 0; j < n; j += LANES) {
            real *out = (real *)y + i * ldy + j;
            vec u = load_some((const real *)a + i * lda + j, n - j);
            vec v = load_some((const real *)b + i * ldb + j, n - j);
            store_some(out, accumulate ? muladd(u, v, load_some(out, n - j)) : u * v, n - j);
        }
}
