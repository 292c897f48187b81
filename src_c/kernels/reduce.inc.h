/* Moving and combining rows: sums over a batch, the gather of a batch's rows, copies and products. */

static void column_sums(void *y, const void *a, size_t lda, size_t m, size_t n0, size_t n1, int accumulate)
{
    for (size_t j = n0; j < n1; j += LANES) {
        const real *column = (const real *)a + j;
        real *out = (real *)y + j;
        vec sum = {0};
        for (size_t i = 0; i < m; i++)
            sum += load_some(column + i * lda, n1 - j);
        store_some(out, accumulate ? load_some(out, n1 - j) + sum : sum, n1 - j);
    }
}

/* The user's arrays may lie anywhere. */
typedef float source_f32 __attribute__((aligned(1), may_alias));
typedef double source_f64 __attribute__((aligned(1), may_alias));
typedef int32_t source_i32 __attribute__((aligned(1), may_alias));
typedef int64_t source_i64 __attribute__((aligned(1), may_alias));

INLINE void convert_row(real *y, const void *x, size_t n, int source)
{
    switch (source) {
    case FM_F32:
        for (size_t j = 0; j < n; j++)
            y[j] = (real)((const source_f32 *)x)[j];
        return;
    case FM_F64:
        for (size_t j = 0; j < n; j++)
            y[j] = (real)((const source_f64 *)x)[j];
        return;
    case FM_U8:
        for (size_t j = 0; j < n; j++)
            y[j] = (real)((const uint8_t *)x)[j];
        return;
    case FM_I32:
        for (size_t j = 0; j < n; j++)
            y[j] = (real)((const source_i32 *)x)[j];
        return;
    case FM_I64:
        for (size_t j = 0; j < n; j++)
            y[j] = (real)((const source_i64 *)x)[j];
        return;
    }
}

/* Shuffled rows come from DRAM: the row after the present one is asked for before the present one is converted. */
static void gather(void *y, const void *x, const int64_t *order, size_t ldy, size_t stride, size_t m0, size_t m1,
                   size_t n, int source)
{
    static const size_t sizes[] = {
        [FM_F32] = sizeof(float), [FM_F64] = sizeof(double), [FM_U8] = 1, [FM_I32] = 4, [FM_I64] = 8};
    const char *rows = x;
    for (size_t i = m0; i < m1; i++) {
        const char *row = rows + (order ? (size_t)order[i] : i) * stride;
        if (order && i + 1 < m1) {
            const char *next = rows + (size_t)order[i + 1] * stride;
            for (size_t at = 0; at < n * sizes[source]; at += FM_CACHE_LINE)
                __builtin_prefetch(next + at);
        }
        convert_row((real *)y + i * ldy, row, n, source);
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
