/* Elementwise functions of one argument: activations, as Keras 3 defines them, and elementary functions. One vector at
 * a time; the kind is a constant wherever speed counts, so that the chain of ifs is gone once the functions are
 * inlined. */
#define SELU_SCALE ((real)1.05070098735548049342)
#define SELU_ALPHA ((real)1.67326324235437728481)
#define GELU_SLOPE ((real)0.79788456080286535588) /* sqrt(2 / pi) */
#define GELU_CUBE ((real)0.044715)

INLINE vec elu(vec x, vec alpha)
{
    return choose(x > broadcast(0), x, alpha * vexpm1(min(broadcast(0), x)));
}

INLINE vec celu(vec x, vec alpha)
{
    return choose(x > broadcast(0), x, alpha * vexpm1(min(broadcast(0), x) / alpha));
}

INLINE vec hard_sigmoid(vec x)
{
    return min(broadcast(6), max(broadcast(0), x + broadcast(3))) * broadcast((real)(1.0 / 6.0));
}

/* 0.5 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), which is a sigmoid. */
INLINE vec gelu_gate(vec x)
{
    vec cube = muladd(broadcast(GELU_CUBE) * x * x, x, x);
    return vsigmoid(broadcast(2 * GELU_SLOPE) * cube);
}

INLINE vec clip(vec x, vec lowest, vec highest)
{
    return min(highest, max(lowest, x));
}

/* x where it lies between the limits, of which one is s[1], and s[0] times the distance where it lies below s[2]. */
INLINE vec relu_general(vec x, const double *s)
{
    const vec threshold = broadcast((real)s[2]);
    const vec below = s[0] == 0 ? broadcast(0) : broadcast((real)s[0]) * (x - threshold); /* x may be infinite */
    return choose(x <= threshold, below, min(broadcast((real)s[1]), x));
}

/* x tanh(log(1 + e)) for e = exp(x) is x n / (n + 2), n = e (e + 2), and 1 - tanh^2 is 4 (n + 1) / (n + 2)^2. From 40
 * on the quotient is 1. */
INLINE vec mish_gate(vec x, vec *e, vec *slope)
{
    *e = vexp(min(broadcast(40), x));
    vec n = *e * (*e + broadcast(2)), inverse = broadcast(1) / (n + broadcast(2));
    *slope = broadcast(4) * (n + broadcast(1)) * inverse * inverse;
    return n * inverse;
}

/* sqrt(x^2 + b), where x^2 may overflow */
INLINE vec squareplus_root(vec x, const double *s)
{
    vec size = absolute(x), root = square_root(muladd(x, x, broadcast((real)s[0])));
    return choose(size < broadcast((real)1e15), root, size);
}

/* (x + root) / 2, which below 0 is b / (root - x) / 2 */
INLINE vec squareplus(vec x, const double *s)
{
    const vec half = broadcast((real)0.5);
    vec root = squareplus_root(x, s), sum = root + absolute(x);
    return half * choose(x < broadcast(0), broadcast((real)s[0]) / sum, sum);
}

/* The functions that are no activations. */
INLINE vec elementary(int act, vec x, const double *s)
{
    const vec one = broadcast(1);
    switch (act) {
    case FM_AFFINE:
        return muladd(broadcast((real)s[0]), x, broadcast((real)s[1]));
    case FM_CLIP:
        return clip(x, broadcast((real)s[0]), broadcast((real)s[1]));
    case FM_ABSOLUTE:
        return absolute(x);
    case FM_SQUARE:
        return x * x;
    case FM_SQRT:
        return square_root(x);
    case FM_RSQRT:
        return one / square_root(x);
    case FM_RECIPROCAL:
        return one / x;
    case FM_EXPM1:
        return vexpm1_all(x);
    case FM_LOG:
        return vlog(x);
    case FM_LOG1P:
        return vlog1p_all(x);
    case FM_ERF:
        return verf(x);
    case FM_SIN:
        return vsin(x);
    case FM_COS:
        return vcos(x);
    case FM_FLOOR:
        return round_down(x);
    case FM_CEIL:
        return -round_down(-x);
    case FM_ROUND:
        return round_even(x);
    default:
        return x;
    }
}

/* act(x) for all kinds but those of whole rows. */
INLINE vec activate(int act, vec x, const double *s)
{
    const vec zero = broadcast(0), one = broadcast(1), half = broadcast((real)0.5);
    vec density, e;
    switch (act) {
    case FM_RELU:
        return max(zero, x);
    case FM_SIGMOID:
        return vsigmoid(x);
    case FM_TANH:
        return vtanh(x);
    case FM_SOFTPLUS:
        return vsoftplus(x);
    case FM_ELU:
        return elu(x, broadcast((real)s[0]));
    case FM_SELU:
        return broadcast(SELU_SCALE) * elu(x, broadcast(SELU_ALPHA));
    case FM_LEAKY_RELU:
        return choose(x > zero, x, broadcast((real)s[0]) * x);
    case FM_EXPONENTIAL:
        return vexp(x);
    case FM_SOFTSIGN:
        return x / (one + absolute(x));
    case FM_HARD_SIGMOID:
        return hard_sigmoid(x);
    case FM_STEP:
        return choose(x >= zero, one, choose(x < zero, zero, x));
    case FM_SIGN:
        return choose(x > zero, one, choose(x < zero, -one, x));
    case FM_GELU:
        return x * vnormal(x, &density);
    case FM_GELU_TANH:
        return x * gelu_gate(x);
    case FM_SILU:
        return x * vsigmoid(x);
    case FM_RELU_GENERAL:
        return relu_general(x, s);
    case FM_CELU:
        return celu(x, broadcast((real)s[0]));
    case FM_MISH:
        return x * mish_gate(x, &e, &density);
    case FM_LOG_SIGMOID:
        return -vsoftplus(-x);
    case FM_HARD_SILU:
        return x * hard_sigmoid(x);
    case FM_HARD_SHRINK:
        return choose(absolute(x) <= broadcast((real)s[0]), zero, x);
    case FM_SOFT_SHRINK:
        return copy_sign(max(zero, absolute(x) - broadcast((real)s[0])), x);
    case FM_TANH_SHRINK:
        return x - vtanh(x);
    case FM_THRESHOLD:
        return choose(x <= broadcast((real)s[0]), broadcast((real)s[1]), x);
    case FM_SPARSE_PLUS:
        density = max(zero, half * (x + one));
        return choose(x < one, density * density, x);
    case FM_SPARSE_SIGMOID:
        return clip(half * (x + one), zero, one);
    case FM_SQUAREPLUS:
        return squareplus(x, s);
    default:
        return elementary(act, x, s);
    }
}

/* The derivatives of the functions that are no activations, from x. */
INLINE vec elementary_slope(int act, vec x, const double *s)
{
    const vec zero = broadcast(0), one = broadcast(1), half = broadcast((real)0.5);
    switch (act) {
    case FM_AFFINE:
        return broadcast((real)s[0]);
    case FM_CLIP:
        return choose((x >= broadcast((real)s[0])) & (x <= broadcast((real)s[1])), one, zero);
    case FM_ABSOLUTE:
        return choose(x > zero, one, choose(x < zero, -one, zero));
    case FM_SQUARE:
        return x + x;
    case FM_SQRT:
        return half / square_root(x);
    case FM_RSQRT:
        return -half / (x * square_root(x));
    case FM_RECIPROCAL:
        return -one / (x * x);
    case FM_EXPM1:
        return vexp(x);
    case FM_LOG:
        return one / x;
    case FM_LOG1P:
        return one / (one + x);
    case FM_ERF:
        return broadcast((real)1.12837916709551257390) * vexp(-x * x);
    case FM_SIN:
        return vcos(x);
    case FM_COS:
        return -vsin(x);
    case FM_FLOOR:
    case FM_CEIL:
    case FM_ROUND:
        return zero;
    default:
        return one;
    }
}

/* act'(a), where a is the output, or the input of the kinds from FM_FIRST_FROM_INPUT on. */
INLINE vec activation_slope(int act, vec a, const double *s)
{
    const vec zero = broadcast(0), one = broadcast(1), half = broadcast((real)0.5);
    vec gate, slope, e;
    switch (act) {
    case FM_RELU:
        return choose(a > zero, one, zero);
    case FM_SIGMOID:
        return a * (one - a);
    case FM_TANH:
        return muladd(-a, a, one);
    case FM_SOFTPLUS: /* sigmoid(x) = 1 - exp(-softplus(x)) */
        return -vexpm1(-a);
    case FM_ELU:
        return choose(a > zero, one, a + broadcast((real)s[0]));
    case FM_SELU:
        return choose(a > zero, broadcast(SELU_SCALE), a + broadcast(SELU_SCALE * SELU_ALPHA));
    case FM_LEAKY_RELU:
        return choose(a > zero, one, broadcast((real)s[0]));
    case FM_EXPONENTIAL:
        return a;
    case FM_SOFTSIGN: /* 1 / (1 + |x|)^2 */
        gate = one - absolute(a);
        return gate * gate;
    case FM_HARD_SIGMOID:
        return choose((a > zero) & (a < one), broadcast((real)(1.0 / 6.0)), zero);
    case FM_STEP:
    case FM_SIGN:
        return zero;
    case FM_GELU: /* (x N(x))' with N' the density */
        gate = vnormal(a, &slope);
        return muladd(a, slope, gate);
    case FM_GELU_TANH:
        gate = gelu_gate(a);
        slope = broadcast(2 * GELU_SLOPE) * muladd(broadcast(3 * GELU_CUBE) * a, a, one);
        return muladd(a * slope, gate * (one - gate), gate);
    case FM_SILU:
        gate = vsigmoid(a);
        return muladd(a, gate * (one - gate), gate);
    case FM_RELU_GENERAL:
        slope = choose(a < broadcast((real)s[1]), one, zero);
        return choose(a <= broadcast((real)s[2]), broadcast((real)s[0]), slope);
    case FM_CELU:
        return vexp(min(zero, a) / broadcast((real)s[0]));
    case FM_MISH: /* the gate's derivative is (1 - gate^2) sigmoid(x), sigmoid(x) = e / (1 + e) */
        gate = mish_gate(a, &e, &slope);
        return muladd(a * slope, e / (one + e), gate);
    case FM_LOG_SIGMOID:
        return vsigmoid(-a);
    case FM_HARD_SILU:
        slope = choose(absolute(a) < broadcast(3), broadcast((real)(1.0 / 6.0)), zero);
        return muladd(a, slope, hard_sigmoid(a));
    case FM_HARD_SHRINK:
    case FM_SOFT_SHRINK:
        return choose(absolute(a) > broadcast((real)s[0]), one, zero);
    case FM_TANH_SHRINK:
        gate = vtanh(a);
        return gate * gate;
    case FM_THRESHOLD:
        return choose(a > broadcast((real)s[0]), one, zero);
    case FM_SPARSE_PLUS:
        return clip(half * (a + one), zero, one);
    case FM_SPARSE_SIGMOID:
        return choose(absolute(a) < one, half, zero);
    case FM_SQUAREPLUS: /* 1/2 where b and x are 0 */
        slope = squareplus_root(a, s);
        return muladd(half, choose(slope > zero, a / slope, zero), half);
    default:
        return elementary_slope(act, a, s);
    }
}

/* All that go element by element; a switch over them, outside of the loops, makes each loop one of its own. */
#define EACH_ACTIVATION(CASE)                                                                                          \
    CASE(FM_LINEAR)                                                                                                    \
    CASE(FM_RELU)                                                                                                      \
    CASE(FM_SIGMOID)                                                                                                   \
    CASE(FM_TANH)                                                                                                      \
    CASE(FM_SOFTPLUS)                                                                                                  \
    CASE(FM_ELU)                                                                                                       \
    CASE(FM_SELU)                                                                                                      \
    CASE(FM_LEAKY_RELU)                                                                                                \
    CASE(FM_EXPONENTIAL)                                                                                               \
    CASE(FM_SOFTSIGN)                                                                                                  \
    CASE(FM_HARD_SIGMOID)                                                                                              \
    CASE(FM_STEP)                                                                                                      \
    CASE(FM_SIGN)                                                                                                      \
    CASE(FM_GELU)                                                                                                      \
    CASE(FM_GELU_TANH)                                                                                                 \
    CASE(FM_SILU)                                                                                                      \
    CASE(FM_RELU_GENERAL)                                                                                              \
    CASE(FM_CELU)                                                                                                      \
    CASE(FM_MISH)                                                                                                      \
    CASE(FM_LOG_SIGMOID)                                                                                               \
    CASE(FM_HARD_SILU)                                                                                                 \
    CASE(FM_HARD_SHRINK)                                                                                               \
    CASE(FM_SOFT_SHRINK)                                                                                               \
    CASE(FM_TANH_SHRINK)                                                                                               \
    CASE(FM_THRESHOLD)                                                                                                 \
    CASE(FM_SPARSE_PLUS)                                                                                               \
    CASE(FM_SPARSE_SIGMOID)                                                                                            \
    CASE(FM_SQUAREPLUS)                                                                                                \
    CASE(FM_AFFINE)                                                                                                    \
    CASE(FM_CLIP)                                                                                                      \
    CASE(FM_ABSOLUTE)                                                                                                  \
    CASE(FM_SQUARE)                                                                                                    \
    CASE(FM_SQRT)                                                                                                      \
    CASE(FM_RSQRT)                                                                                                     \
    CASE(FM_RECIPROCAL)                                                                                                \
    CASE(FM_EXPM1)                                                                                                     \
    CASE(FM_LOG)                                                                                                       \
    CASE(FM_LOG1P)                                                                                                     \
    CASE(FM_ERF)                                                                                                       \
    CASE(FM_SIN)                                                                                                       \
    CASE(FM_COS)                                                                                                       \
    CASE(FM_FLOOR)                                                                                                     \
    CASE(FM_CEIL)                                                                                                      \
    CASE(FM_ROUND)

INLINE void activate_rows(real *y, const real *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, int act,
                          const double *s)
{
    for (size_t i = m0; i < m1; i++)
        for (size_t j = 0; j < n; j += LANES)
            store_some(y + i * ldy + j, activate(act, load_some(x + i * ldx + j, n - j), s), n - j);
}

static void activation_forward(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, int act,
                               const double *s)
{
#define CASE(kind)                                                                                                     \
    case kind:                                                                                                         \
        activate_rows(y, x, ldy, ldx, m0, m1, n, kind, s);                                                             \
        return;
    switch (act) {
        EACH_ACTIVATION(CASE)
    }
#undef CASE
}

INLINE void differentiate_rows(real *dx, const real *dy, const real *a, size_t lddx, size_t lddy, size_t lda, size_t m0,
                               size_t m1, size_t n, int act, const double *s, int accumulate)
{
    for (size_t i = m0; i < m1; i++)
        for (size_t j = 0; j < n; j += LANES) {
            real *out = dx + i * lddx + j;
            vec above = load_some(dy + i * lddy + j, n - j);
            vec slope = activation_slope(act, load_some(a + i * lda + j, n - j), s);
            store_some(out, accumulate ? muladd(above, slope, load_some(out, n - j)) : above * slope, n - j);
        }
}

static void activation_backward(void *dx, const void *dy, const void *a, size_t lddx, size_t lddy, size_t lda,
                                size_t m0, size_t m1, size_t n, int act, const double *s, int accumulate)
{
#define CASE(kind)                                                                                                     \
    case kind:                                                                                                         \
        differentiate_rows(dx, dy, a, lddx, lddy, lda, m0, m1, n, kind, s, accumulate);                                \
        return;
    switch (act) {
        EACH_ACTIVATION(CASE)
    }
#undef CASE
}

INLINE real row_maximum(const real *x, size_t n)
{
    const vec lowest = broadcast((real)-__builtin_inf());
    vec highest = lowest;
    for (size_t j = 0; j < n; j += LANES)
        highest = max(choose(first_lanes(n - j), load_some(x + j, n - j), lowest), highest);
    return lane_maximum(highest);
}

/* y = softmax(x) for one row, given its maximum; y may be x, or NULL. Returns the sum of exp(x - maximum). */
INLINE real softmax_row(real *y, const real *x, size_t n, real maximum)
{
    wide sum = {{{0}}};
    for (size_t j = 0; j < n; j += WIDTH)
        for (size_t part = 0; part < PARTS && j + part * LANES < n; part++) {
            size_t at = j + part * LANES;
            vec e = vexp(load_some(x + at, n - at) - broadcast(maximum));
            if (y)
                store_some(y + at, e, n - at);
            sum.part[part] += keep_first(e, n - at);
        }
    const real total = wide_sum(&sum), inverse = 1 / total;
    for (size_t j = 0; y && j < n; j += LANES)
        store_some(y + j, load_some(y + j, n - j) * broadcast(inverse), n - j);
    return total;
}

static void softmax_forward(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n)
{
    for (size_t i = m0; i < m1; i++) {
        const real *row = (const real *)x + i * ldx;
        softmax_row((real *)y + i * ldy, row, n, row_maximum(row, n));
    }
}

INLINE real row_sum(const real *a, size_t n)
{
    wide sum = {{{0}}};
    for (size_t j = 0; j < n; j += WIDTH)
        for (size_t part = 0; part < PARTS && j + part * LANES < n; part++)
            sum.part[part] += load_some(a + j + part * LANES, n - j - part * LANES);
    return wide_sum(&sum);
}

INLINE real row_dot(const real *a, const real *b, size_t n)
{
    wide sum = {{{0}}};
    for (size_t j = 0; j < n; j += WIDTH)
        for (size_t part = 0; part < PARTS && j + part * LANES < n; part++) {
            size_t at = j + part * LANES;
            sum.part[part] = muladd(load_some(a + at, n - at), load_some(b + at, n - at), sum.part[part]);
        }
    return wide_sum(&sum);
}

/* dx = y (dy - sum(dy y)) */
static void softmax_backward(void *dx, const void *dy, const void *y, size_t lddx, size_t lddy, size_t ldy, size_t m0,
                             size_t m1, size_t n, int accumulate)
{
    for (size_t i = m0; i < m1; i++) {
        const real *p = (const real *)y + i * ldy, *above = (const real *)dy + i * lddy;
        real *out = (real *)dx + i * lddx;
        vec mean = broadcast(row_dot(above, p, n));
        for (size_t j = 0; j < n; j += LANES) {
            vec q = load_some(p + j, n - j), d = load_some(above + j, n - j) - mean;
            store_some(out + j, accumulate ? muladd(q, d, load_some(out + j, n - j)) : q * d, n - j);
        }
    }
}

static void log_softmax_forward(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n)
{
    for (size_t i = m0; i < m1; i++) {
        const real *from = (const real *)x + i * ldx;
        real *to = (real *)y + i * ldy;
        const real maximum = row_maximum(from, n);
        const vec shift = vlog(broadcast(softmax_row(NULL, from, n, maximum)));
        for (size_t j = 0; j < n; j += LANES)
            store_some(to + j, load_some(from + j, n - j) - broadcast(maximum) - shift, n - j);
    }
}

/* dx = dy - exp(y) sum(dy) */
static void log_softmax_backward(void *dx, const void *dy, const void *y, size_t lddx, size_t lddy, size_t ldy,
                                 size_t m0, size_t m1, size_t n, int accumulate)
{
    for (size_t i = m0; i < m1; i++) {
        const real *z = (const real *)y + i * ldy, *above = (const real *)dy + i * lddy;
        real *out = (real *)dx + i * lddx;
        const vec sum = broadcast(row_sum(above, n));
        for (size_t j = 0; j < n; j += LANES) {
            vec d = muladd(-vexp(load_some(z + j, n - j)), sum, load_some(above + j, n - j));
            store_some(out + j, accumulate ? load_some(out + j, n - j) + d : d, n - j);
        }
    }
}
