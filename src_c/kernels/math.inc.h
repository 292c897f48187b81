/* Elementary functions of a vec, without branches, in both dtypes: NaN in gives NaN out.
 *
 * The polynomials are minimax approximations found with Remez' algorithm in 60 digits (tests/kernels/minimax.py prints
 * the tables below); constant term first. With fused multiply-add the errors, in units of the last place, are about 1
 * for exp, expm1 and log, 1.8 for softplus, 2.2 for sigmoid, 2.5 for tanh and 5 for the normal distribution;
 * tests/kernels/test_math.py holds them there. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#if FM_REAL_BITS == 32
enum { MANTISSA_BITS = 23, EXPONENT_BIAS = 127 };
#define LN2_HIGH 0x1.62e4p-1f /* 15 bits: its product with an exponent is exact */
#define LN2_LOW 0x1.7f7d1cp-20f
#define ROOT_HALF_BITS 0x3f3504f3
#define SMALLEST_NORMAL 0x1p-126f
#define EXP_LOWEST -104.f /* exp gives 0 from here down and infinity from EXP_HIGHEST up */
#define EXP_HIGHEST 89.f
#define CDF_SPLIT 3
#define CDF_FARTHEST 15
static const real EXP_TERMS[] = {0.500000005f, 0.166665486f, 0.0416663008f, 0.00836604386f, 0.00139454414f};
static const real LOG_TERMS[] = {0.666666756f, 0.399988778f, 0.286168845f, 0.214276578f, 0.243009444f};
static const real CDF_TERMS[] = {0.72908369f,     -0.509331991f,  0.230017701f,   -0.047262687f,
                                 -0.0104625328f,  0.00696928776f, 0.00102483448f, -0.00103244257f,
                                 -2.44797177e-4f, 1.31125881e-4f, 5.43983063e-5f};
#else
enum { MANTISSA_BITS = 52, EXPONENT_BIAS = 1023 };
#define LN2_HIGH 0x1.62e42feep-1 /* 32 bits: its product with an exponent is exact */
#define LN2_LOW 0x1.a39ef35793c76p-33
#define ROOT_HALF_BITS 0x3fe6a09e667f3bcd
#define SMALLEST_NORMAL 0x1p-1022
#define EXP_LOWEST -746.
#define EXP_HIGHEST 710.
#define CDF_SPLIT 5
#define CDF_FARTHEST 39
static const real EXP_TERMS[] = {0.500000000000000361,   0.166666666666666822,   0.0416666666665910389,
                                 0.00833333333331691786, 0.00138888889277403879, 1.98412698982890012e-4,
                                 2.48015092160904854e-5, 2.75572319408686505e-6, 2.76246541996556299e-7,
                                 2.51132823330752847e-8};
static const real LOG_TERMS[] = {
    0.666666666666663038, 0.400000000001572383, 0.285714285478541841, 0.222222239697284268,  0.181817439245700151,
    0.153865599377926101, 0.133009733253612394, 0.121060886947013244, 0.0834008967911018749, 0.170185987581955628};
static const real CDF_TERMS[] = {
    0.769193049750062956,    -0.66538250289005678,   0.495305615969977244,    -0.313533156671296302,
    0.165020366170340485,    -0.0691186387065659601, 0.0207950668007725514,   -0.00299337676678080352,
    -7.97869407313961351e-4, 5.44899034183764617e-4, -5.93756790129410056e-5, -4.9762659976193269e-5,
    1.66810565159347896e-5,  3.98040486194814617e-6, -2.76898550013559872e-6, -3.35587300689286247e-7,
    4.3292328381460208e-7,   4.09559287081385362e-8, -6.60290317439161724e-8, -8.35764665514019924e-9,
    7.93376056460473838e-9,  1.45417351897448042e-9, -2.94330226688429879e-10};
#endif

/* Adding this rounds a small number to an integer, which then stands in the low bits of the sum. */
#define ROUNDER ((real)3 * (real)((word)1 << (MANTISSA_BITS - 1)))

/* Horner's rule; n is a constant. */
INLINE vec polynomial(vec x, const real *terms, size_t n)
{
    vec sum = broadcast(terms[n - 1]);
#pragma GCC unroll 32
    for (size_t i = n - 1; i-- > 0;)
        sum = muladd(sum, x, broadcast(terms[i]));
    return sum;
}

/* 2^n for integral n within the exponents of normal numbers. */
INLINE vec power_of_two(vec n)
{
    return (vec)((uvec)(n + broadcast(ROUNDER + EXPONENT_BIAS)) << MANTISSA_BITS);
}

/* p 2^n, rounded once; n may lie up to twice outside the exponents of normal numbers. */
INLINE vec scale_by_power(vec p, vec n)
{
#if defined(__AVX512F__) && FM_REAL_BITS == 32
    return (vec)_mm512_scalef_ps((__m512)p, (__m512)n);
#elif defined(__AVX512F__)
    return (vec)_mm512_scalef_pd((__m512d)p, (__m512d)n);
#else
    vec half = muladd(n, broadcast((real)0.5), broadcast(ROUNDER)) - broadcast(ROUNDER);
    return p * power_of_two(half) * power_of_two(n - half);
#endif
}

/* r and n with x = n ln 2 + r, |r| <= ln 2 / 2, n integral. */
INLINE vec reduce_exponent(vec x, vec *n)
{
    *n = muladd(x, broadcast((real)1.44269504088896340736), broadcast(ROUNDER)) - broadcast(ROUNDER);
    return muladd(*n, broadcast(-LN2_LOW), muladd(*n, broadcast(-LN2_HIGH), x));
}

/* exp(r) - 1 for |r| <= ln 2 / 2 as r + r^2 q(r), q of degree 4 (float) or 9 (double). */
INLINE vec expm1_reduced(vec r)
{
    return muladd(r * r, polynomial(r, EXP_TERMS, COUNT(EXP_TERMS)), r);
}

INLINE vec vexp(vec x)
{
    vec n;
    vec r = reduce_exponent(min(broadcast(EXP_HIGHEST), max(broadcast(EXP_LOWEST), x)), &n);
    return scale_by_power(expm1_reduced(r) + broadcast(1), n);
}

/* exp(x) - 1 for x <= 0, to full relative accuracy near 0. */
INLINE vec vexpm1(vec x)
{
    vec n;
    vec r = reduce_exponent(max(broadcast(-2 * MANTISSA_BITS), x), &n);
    vec power = power_of_two(n);
    return muladd(power, expm1_reduced(r), power - broadcast(1));
}

/* With e = exp(-2 |x|) - 1, tanh |x| = -e / (2 + e), which loses nothing near 0 and can't overflow. */
INLINE vec vtanh(vec x)
{
    vec e = vexpm1(broadcast(-2) * absolute(x));
    return copy_sign(e / (broadcast(2) + e), x);
}

INLINE vec vsigmoid(vec x)
{
    return broadcast(1) / (broadcast(1) + vexp(-x));
}

/* log(1 + f) for sqrt(1/2) - 1 <= f <= 1. With s = f / (2 + f) it is 2 artanh(s) = 2 s + s R(s^2), and 2 s = f - s f;
 * R(z) = z times a polynomial of degree 4 (float) or 9 (double) on 0 <= z <= 1/9. */
INLINE vec vlog1p(vec f)
{
    vec s = f / (broadcast(2) + f), z = s * s;
    vec rest = z * polynomial(z, LOG_TERMS, COUNT(LOG_TERMS));
    return muladd(-s, f - rest, f);
}

/* x = 2^n (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2). Denormals count as 0. */
INLINE vec vlog(vec x)
{
    const word one = (word)EXPONENT_BIAS << MANTISSA_BITS, mantissa = ((word)1 << MANTISSA_BITS) - 1;
    const real whole = (real)((word)1 << MANTISSA_BITS);
    uvec bits = (uvec)x + broadcast_word(one - ROOT_HALF_BITS);
    vec n = (vec)((bits >> MANTISSA_BITS) | (uvec)broadcast(whole)) - broadcast(whole + EXPONENT_BIAS);
    vec f = (vec)((bits & broadcast_word(mantissa)) + broadcast_word(ROOT_HALF_BITS)) - broadcast(1);
    vec y = muladd(n, broadcast(LN2_HIGH), muladd(n, broadcast(LN2_LOW), vlog1p(f)));
    y = choose(x < broadcast((real)__builtin_inf()), y, x);
    vec edge = choose(x < broadcast(0), broadcast((real)__builtin_nan("")), broadcast((real)-__builtin_inf()));
    return choose(x < broadcast(SMALLEST_NORMAL), edge, y);
}

/* log(1 + exp(x)) */
INLINE vec vsoftplus(vec x)
{
    return max(broadcast(0), x) + vlog1p(vexp(-absolute(x)));
}

/* The distribution function of the normal distribution, (1 + erf(x / sqrt 2)) / 2, and its density. Below 0 it is
 * exp(-x^2 / 2) w(|x|), which stays accurate in the tail; above, one minus that. With u = 1 / (|x| + c), w is u times a
 * polynomial of degree 10 (float, c = 3) or 22 (double, c = 5) in 1 - 2 c u, which lies in [-1, 1]. */
INLINE vec vnormal(vec x, vec *density)
{
    vec a = min(broadcast(CDF_FARTHEST), absolute(x));
    vec u = broadcast(1) / (a + broadcast(CDF_SPLIT));
    vec w = u * polynomial(muladd(broadcast(-2 * CDF_SPLIT), u, broadcast(1)), CDF_TERMS, COUNT(CDF_TERMS));
    vec square = a * a, lost = muladd(a, a, -square);
    vec e = vexp(broadcast((real)-0.5) * square);
    e = muladd(e, broadcast((real)-0.5) * lost, e);
    *density = e * broadcast((real)0.39894228040143267794);
    return choose(x < broadcast(0), e * w, broadcast(1) - e * w);
}
