/* The vector type: `real` is float or double (FM_REAL_BITS), `vec` holds LANES of them.
 *
 * GNU vector extensions give arithmetic (+ - * /) and comparisons for every ISA from one source. muladd() is spelled out,
 * because -ffp-contract=off forbids the compiler to fuse on its own: only so do AVX2, AVX-512 and NEON give equal bits.
 * A comparison of vecs gives an ivec of -1 (true) and 0 (false), which choose() takes. */
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define VEC_BYTES 64
#elif defined(__AVX2__)
#define VEC_BYTES 32
#else
#define VEC_BYTES 16
#endif

#if FM_REAL_BITS == 32
typedef float real;
typedef int32_t sword;
typedef uint32_t word;
#else
typedef double real;
typedef int64_t sword;
typedef uint64_t word;
#endif

enum { LANES = VEC_BYTES / sizeof(real) };

typedef real vec __attribute__((vector_size(VEC_BYTES)));
typedef sword ivec __attribute__((vector_size(VEC_BYTES)));
typedef word uvec __attribute__((vector_size(VEC_BYTES)));
typedef real unaligned_vec __attribute__((vector_size(VEC_BYTES), aligned(sizeof(real)), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const real *p)
{
    return *(const unaligned_vec *)p;
}

INLINE void store(real *p, vec v)
{
    *(unaligned_vec *)p = v;
}

/* The first n < LANES elements; the others are zero. */
INLINE vec load_part(const real *p, size_t n)
{
    vec v = {0};
    memcpy(&v, p, n * sizeof(real));
    return v;
}

INLINE void store_part(real *p, vec v, size_t n)
{
    memcpy(p, &v, n * sizeof(real));
}

#define TWICE(s) s, s
#if VEC_BYTES / (FM_REAL_BITS / 8) == 16
#define ALL_LANES(s) {TWICE(TWICE(TWICE(TWICE(s))))}
#elif VEC_BYTES / (FM_REAL_BITS / 8) == 8
#define ALL_LANES(s) {TWICE(TWICE(TWICE(s)))}
#elif VEC_BYTES / (FM_REAL_BITS / 8) == 4
#define ALL_LANES(s) {TWICE(TWICE(s))}
#else
#define ALL_LANES(s) {TWICE(s)}
#endif

INLINE vec broadcast(real s)
{
    return (vec)ALL_LANES(s);
}

INLINE ivec broadcast_int(sword s)
{
    return (ivec)ALL_LANES(s);
}

INLINE uvec broadcast_word(word s)
{
    return (uvec)ALL_LANES(s);
}

/* mask ? a : b */
INLINE vec choose(ivec mask, vec a, vec b)
{
    return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

INLINE vec max(vec a, vec b)
{
    return choose(a > b, a, b);
}

INLINE vec min(vec a, vec b)
{
    return choose(a < b, a, b);
}

INLINE vec absolute(vec a)
{
    return (vec)((ivec)a & broadcast_int((sword)(~(word)0 >> 1)));
}

/* a * b + c, rounded once where the ISA can. */
#if defined(__AVX512F__) && FM_REAL_BITS == 32
INLINE vec muladd(vec a, vec b, vec c)
{
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
INLINE vec square_root(vec a)
{
    return (vec)_mm512_sqrt_ps((__m512)a);
}
#elif defined(__AVX512F__)
INLINE vec muladd(vec a, vec b, vec c)
{
    return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
INLINE vec square_root(vec a)
{
    return (vec)_mm512_sqrt_pd((__m512d)a);
}
#elif defined(__AVX2__) && FM_REAL_BITS == 32
INLINE vec muladd(vec a, vec b, vec c)
{
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
INLINE vec square_root(vec a)
{
    return (vec)_mm256_sqrt_ps((__m256)a);
}
#elif defined(__AVX2__)
INLINE vec muladd(vec a, vec b, vec c)
{
    return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
INLINE vec square_root(vec a)
{
    return (vec)_mm256_sqrt_pd((__m256d)a);
}
#elif defined(__aarch64__) && FM_REAL_BITS == 32
INLINE vec muladd(vec a, vec b, vec c)
{
    return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
INLINE vec square_root(vec a)
{
    return (vec)vsqrtq_f32((float32x4_t)a);
}
#elif defined(__aarch64__)
INLINE vec muladd(vec a, vec b, vec c)
{
    return (vec)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
INLINE vec square_root(vec a)
{
    return (vec)vsqrtq_f64((float64x2_t)a);
}
#else
INLINE vec muladd(vec a, vec b, vec c)
{
    return a * b + c;
}
INLINE vec square_root(vec a)
{
    for (int i = 0; i < LANES; i++)
        a[i] = __builtin_sqrt(a[i]);
    return a;
}
#endif

/* The same for one element. */
INLINE real muladd_scalar(real a, real b, real c)
{
#if defined(__FMA__) || defined(__aarch64__)
    return FM_REAL_BITS == 32 ? __builtin_fmaf(a, b, c) : __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

/* ---- the ends of rows ---- */

/* min(n, LANES) elements; the others are zero. */
INLINE vec load_some(const real *p, size_t n)
{
    return n >= LANES ? load(p) : load_part(p, n);
}

INLINE void store_some(real *p, vec v, size_t n)
{
    if (n >= LANES)
        store(p, v);
    else
        store_part(p, v, n);
}

static const sword LANE_NUMBERS[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* True in the lanes below n. */
INLINE ivec first_lanes(size_t n)
{
    ivec lane;
    memcpy(&lane, LANE_NUMBERS, sizeof(lane));
    return lane < broadcast_int(n < LANES ? (sword)n : LANES);
}

INLINE vec keep_first(vec v, size_t n)
{
    return (vec)((ivec)v & first_lanes(n));
}

/* |a| with the sign of b */
INLINE vec copy_sign(vec a, vec b)
{
    const uvec sign = (uvec)broadcast((real)-0.0);
    return (vec)(((uvec)a & ~sign) | ((uvec)b & sign));
}

/* ---- sums across lanes ---- */

/* A sum along a row is kept in WIDTH partial sums, whatever LANES is: element j belongs to partial sum j mod WIDTH. They
 * are added in one fixed order, so that every ISA gives the same bits. */
enum { WIDTH = 16, PARTS = WIDTH / LANES };

typedef struct {
    vec part[PARTS];
} wide;

INLINE real wide_sum(const wide *sum)
{
    real s[WIDTH];
    memcpy(s, sum, sizeof(s));
    for (size_t half = WIDTH / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            s[i] += s[i + half];
    return s[0];
}
