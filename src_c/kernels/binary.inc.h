/* Elementwise functions of two arguments, either of which may be one row or one column for all. */

INLINE vec truth(ivec mask)
{
    return choose(mask, broadcast(1), broadcast(0));
}

INLINE vec combine(int kind, vec a, vec b)
{
    const vec zero = broadcast(0);
    switch (kind) {
    case FM_ADD:
        return a + b;
    case FM_SUBTRACT:
        return a - b;
    case FM_MULTIPLY:
        return a * b;
    case FM_DIVIDE:
        return a / b;
    case FM_MAXIMUM: /* NaN in either gives NaN */
        return choose(a == a, max(a, b), a);
    case FM_MINIMUM:
        return choose(a == a, min(a, b), a);
    case FM_POWER:
        return vpower(a, b);
    case FM_MASK:
        return choose(a != zero, b, zero);
    case FM_EQUAL:
        return truth(a == b);
    case FM_NOT_EQUAL:
        return truth(a != b);
    case FM_GREATER:
        return truth(a > b);
    case FM_GREATER_EQUAL:
        return truth(a >= b);
    case FM_LESS:
        return truth(a < b);
    default:
        return truth(a <= b);
    }
}

/* dy times the derivative to a, or to b where `second` is set. */
INLINE vec combine_slope(int kind, int second, vec dy, vec a, vec b)
{
    const vec zero = broadcast(0), one = broadcast(1);
    switch (kind) {
    case FM_ADD:
        return dy;
    case FM_SUBTRACT:
        return second ? -dy : dy;
    case FM_MULTIPLY:
        return dy * (second ? a : b);
    case FM_DIVIDE:
        return second ? -dy * (a / b) / b : dy / b;
    case FM_MAXIMUM:
        return second ? choose(a >= b, zero, dy) : choose(a >= b, dy, zero);
    case FM_MINIMUM:
        return second ? choose(a <= b, zero, dy) : choose(a <= b, dy, zero);
    case FM_POWER:
        if (second)
            return choose(a > zero, dy * (vpower(a, b) * vlog(a)), zero);
        return choose(b == zero, zero, dy * (b * vpower(a, b - one)));
    case FM_MASK:
        return second ? choose(a != zero, dy, zero) : zero;
    default:
        return zero;
    }
}

/* All of them; see EACH_ACTIVATION. */
#define EACH_BINARY(CASE)                                                                                              \
    CASE(FM_ADD)                                                                                                       \
    CASE(FM_SUBTRACT)                                                                                                  \
    CASE(FM_MULTIPLY)                                                                                                  \
    CASE(FM_DIVIDE)                                                                                                    \
    CASE(FM_MAXIMUM)                                                                                                   \
    CASE(FM_MINIMUM)                                                                                                   \
    CASE(FM_POWER)                                                                                                     \
    CASE(FM_MASK)                                                                                                      \
    CASE(FM_EQUAL)                                                                                                     \
    CASE(FM_NOT_EQUAL)                                                                                                 \
    CASE(FM_GREATER)                                                                                                   \
    CASE(FM_GREATER_EQUAL)                                                                                             \
    CASE(FM_LESS)                                                                                                      \
    CASE(FM_LESS_EQUAL)

/* Elements j ... of an operand's row, of which `rest` are left, or the one that stands for all. */
INLINE vec load_operand(const real *row, size_t step, size_t j, size_t rest)
{
    return step ? load_some(row + j, rest) : broadcast(*row);
}

INLINE void combine_rows(real *y, const real *a, const real *b, size_t ldy, size_t lda, size_t ldb, size_t a_step,
                         size_t b_step, size_t m0, size_t m1, size_t n, int kind)
{
    for (size_t i = m0; i < m1; i++)
        for (size_t j = 0; j < n; j += LANES) {
            vec u = load_operand(a + i * lda, a_step, j, n - j), v = load_operand(b + i * ldb, b_step, j, n - j);
            store_some(y + i * ldy + j, combine(kind, u, v), n - j);
        }
}

static void binary_forward(void *y, const void *a, const void *b, size_t ldy, size_t lda, size_t ldb, size_t a_step,
                           size_t b_step, size_t m0, size_t m1, size_t n, int kind)
{
#define CASE(constant)                                                                                                 \
    case constant:                                                                                                     \
        combine_rows(y, a, b, ldy, lda, ldb, a_step, b_step, m0, m1, n, constant);                                     \
        return;
    switch (kind) {
        EACH_BINARY(CASE)
    }
#undef CASE
}

INLINE void combine_slope_rows(real *d, const real *dy, const real *a, const real *b, size_t ldd, size_t lddy,
                               size_t lda, size_t ldb, size_t a_step, size_t b_step, size_t m0, size_t m1, size_t n,
                               int kind, int second, int accumulate)
{
    for (size_t i = m0; i < m1; i++)
        for (size_t j = 0; j < n; j += LANES) {
            const size_t rest = n - j;
            real *out = d + i * ldd + j;
            vec u = load_operand(a + i * lda, a_step, j, rest), v = load_operand(b + i * ldb, b_step, j, rest);
            vec slope = combine_slope(kind, second, load_some(dy + i * lddy + j, rest), u, v);
            store_some(out, accumulate ? load_some(out, rest) + slope : slope, rest);
        }
}

static void binary_backward(void *d, const void *dy, const void *a, const void *b, size_t ldd, size_t lddy, size_t lda,
                            size_t ldb, size_t a_step, size_t b_step, size_t m0, size_t m1, size_t n, int kind,
                            int second, int accumulate)
{
#define CASE(constant)                                                                                                 \
    case constant:                                                                                                     \
        combine_slope_rows(d, dy, a, b, ldd, lddy, lda, ldb, a_step, b_step, m0, m1, n, constant, second, accumulate); \
        return;
    switch (kind) {
        EACH_BINARY(CASE)
    }
#undef CASE
}
