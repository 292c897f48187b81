/* Elementary functions of a vec, without branches, in both dtypes: NaN in gives NaN out.
 *
 * The polynomials are minimax approximations found with Remez' algorithm in 60 digits (tests/kernels/minimax.py prints
 * the tables below); constant term first. With fused multiply-add the errors, in units of the last place, are about 1
 * for exp and log, 1.8 for expm1, softplus, sin and cos, 2.2 for sigmoid, 2.6 for log1p and tanh and 5 for the normal
 * distribution; tests/kernels/test_math.py holds them there. */
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
/* pi / 2 in three parts, the first two of 11 bits */
static const real HALF_PI[] = {0x1.92p+0f, 0x1.fb4p-12f, 0x1.4442d2p-24f};
static const real SIN_TERMS[] = {-0.16666655f, 0.00833218056f, -1.95175534e-4f};
static const real COS_TERMS[] = {0.0416666469f, -0.00138873684f, 2.44385314e-5f};
static const real ERF_TERMS[] = {1.12837917f,    -0.376126271f,  0.112836002f,  -0.0268544442f,
                                 0.00518953459f, -8.0208343e-4f, 7.88909551e-5f};
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
/* pi / 2 in three parts, the first two of 30 bits */
static const real HALF_PI[] = {0x1.921fb54p+0, 0x1.10b46118p-30, 0x1.313198a2e037p-61};
static const real SIN_TERMS[] = {-0.166666666666666328,  0.0083333333333225607,   -1.98412698299047023e-4,
                                 2.75573137208856856e-6, -2.50507621405570391e-8, 1.58970069939244531e-10};
static const real COS_TERMS[] = {0.0416666666666666003,  -0.00138888888888742494, 2.48015872895509799e-5,
                                 -2.7557314370208223e-7, 2.08757254964453871e-9,  -1.13597544989025747e-11};
static const real ERF_TERMS[] = {1.12837916709551257,    -0.376126389031835466,   0.112837916709452523,
                                 -0.0268661706432760837, 0.00522397760742259642,  -8.54832598966725063e-4,
                                 1.20552953199512391e-4, -1.49247446585981957e-5, 1.64475176793646072e-6,
                                 -1.6209176310612294e-7, 1.37229793978488315e-8,  -7.80119691755107665e-10};
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

/* With p = exp(-2 |x|), tanh |x| is (1 - p) / (1 + p) where 1 - p has more bits than p, and 1 - 2 p / (1 + p)
 * elsewhere: near 1, too, it is within an ulp, which 1 - tanh^2 is made of. */
INLINE vec vtanh(vec x)
{
    const vec size = absolute(x), one = broadcast(1);
    vec n;
    vec r = expm1_reduced(reduce_exponent(max(broadcast(-2 * MANTISSA_BITS), broadcast(-2) * size), &n));
    const vec power = power_of_two(n), p = muladd(power, r, power);
    const ivec small = size < broadcast((real)0.55);
    const vec q = choose(small, -muladd(power, r, power - one), p + p) / (one + p);
    return copy_sign(choose(small, q, one - q), x);
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

/* f and n with x = 2^n (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), for normal x > 0. */
INLINE vec split_exponent(vec x, vec *n)
{
    const word one = (word)EXPONENT_BIAS << MANTISSA_BITS, mantissa = ((word)1 << MANTISSA_BITS) - 1;
    const real whole = (real)((word)1 << MANTISSA_BITS);
    uvec bits = (uvec)x + broadcast_word(one - ROOT_HALF_BITS);
    *n = (vec)((bits >> MANTISSA_BITS) | (uvec)broadcast(whole)) - broadcast(whole + EXPONENT_BIAS);
    return (vec)((bits & broadcast_word(mantissa)) + broadcast_word(ROOT_HALF_BITS)) - broadcast(1);
}

/* Denormals count as 0. */
INLINE vec vlog(vec x)
{
    vec n, f = split_exponent(x, &n);
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

/* exp(x) - 1 for every x; beyond 1 the subtraction loses nothing. */
INLINE vec vexpm1_all(vec x)
{
    return choose(x > broadcast(1), vexp(x) - broadcast(1), vexpm1(min(broadcast(1), x)));
}

/* log(1 + x) for every x: where vlog1p does not reach, rounding 1 + x costs half a unit. */
INLINE vec vlog1p_all(vec x)
{
    ivec near = (x > broadcast((real)-0.25)) & (x < broadcast(1));
    return choose(near, vlog1p(choose(near, x, broadcast(0))), vlog(broadcast(1) + x));
}

/* To integers; halves go to the even one. */
INLINE vec round_even(vec x)
{
    const vec whole = broadcast((real)((word)1 << MANTISSA_BITS));
    vec a = absolute(x);
    return choose(a < whole, copy_sign((a + whole) - whole, x), x);
}

/* The greatest integer that is not above x. */
INLINE vec round_down(vec x)
{
    vec nearest = round_even(x);
    return choose(nearest > x, nearest - broadcast(1), nearest);
}

/* sin(x + quarter pi / 2). With x = k pi / 2 + r, |r| <= pi / 4, it is sin or cos of r, with a sign, as k + quarter
 * says. The parts of pi / 2 keep r exact up to about |x| = 10^4 (float) or 10^9 (double). */
INLINE vec vsin_turned(vec x, int quarter)
{
    const vec limit = broadcast((real)0.79);
    vec k = round_even(x * broadcast((real)0.63661977236758134308)), r = x;
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++)
        r = muladd(-k, broadcast(HALF_PI[i]), r);
    r = min(limit, max(-limit, r));
    vec z = r * r;
    vec sine = muladd(r * z, polynomial(z, SIN_TERMS, COUNT(SIN_TERMS)), r);
    vec cosine =
        muladd(z * z, polynomial(z, COS_TERMS, COUNT(COS_TERMS)), muladd(broadcast((real)-0.5), z, broadcast(1)));
    k += broadcast((real)quarter);
    vec turn = k - broadcast(4) * round_down(k * broadcast((real)0.25)); /* 0, 1, 2 or 3 */
    vec y = choose((turn == broadcast(1)) | (turn == broadcast(3)), cosine, sine);
    return choose(turn >= broadcast(2), -y, y);
}

INLINE vec vsin(vec x)
{
    return vsin_turned(x, 0);
}

INLINE vec vcos(vec x)
{
    return vsin_turned(x, 1);
}

/* Up to 1 it is x times a polynomial of degree 6 (float) or 11 (double) in x^2. */
INLINE vec verf(vec x)
{
    vec density, z = x * x;
    vec near = x * polynomial(z, ERF_TERMS, COUNT(ERF_TERMS));
    vec tail = vnormal(absolute(x) * broadcast((real)-1.41421356237309504880), &density);
    return choose(z < broadcast(1), near, copy_sign(muladd(broadcast(-2), tail, broadcast(1)), x));
}

/* a^p for a >= 0 and finite p: exp(p log a), where log a = high + low and p high = t + what rounding it lost. */
INLINE vec power_of_size(vec a, vec p)
{
    const vec lowest = broadcast(EXP_LOWEST), highest = broadcast(EXP_HIGHEST), zero = broadcast(0);
    const vec infinite = broadcast((real)__builtin_inf());
    vec n, f = split_exponent(a, &n);
    vec high = n * broadcast(LN2_HIGH), low = muladd(n, broadcast(LN2_LOW), vlog1p(f));
    vec t = p * high, rest = muladd(p, low, muladd(p, high, -t)), whole = t + rest;
    ivec within = (whole > lowest) & (whole < highest);
    vec k = muladd(whole, broadcast((real)1.44269504088896340736), broadcast(ROUNDER)) - broadcast(ROUNDER);
    vec r = muladd(k, broadcast(-LN2_LOW), muladd(k, broadcast(-LN2_HIGH), t) + rest);
    vec y = scale_by_power(expm1_reduced(choose(within, r, zero)) + broadcast(1), choose(within, k, zero));
    y = choose(within, y, choose(whole < zero, zero, infinite));
    y = choose(a < broadcast(SMALLEST_NORMAL), choose(p > zero, zero, infinite), y);
    y = choose(a == infinite, choose(p > zero, infinite, zero), y);
    return choose((a == a) & (p == p), y, a + p);
}

/* a^p as C's pow: a negative a takes integral p only; anything to the 0 is 1. Denormals count as 0. */
INLINE vec vpower(vec a, vec p)
{
    const vec zero = broadcast(0), one = broadcast(1), most = broadcast((real)1e30);
    p = min(most, max(-most, p));
    vec y = power_of_size(absolute(a), p), half = p * broadcast((real)0.5);
    ivec integral = round_even(p) == p, odd = (round_even(half) != half) & integral;
    y = choose(a < zero, choose(integral, choose(odd, -y, y), broadcast((real)__builtin_nan(""))), y);
    return choose((p == zero) | (a == one), one, y);
}
