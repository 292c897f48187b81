/* The vector type: `real` is float or double (FM_REAL_BITS), `vec` holds LANES of them.
 *
 * GNU vector extensions give arithmetic (+ - * /) and comparisons for every ISA from one source. muladd() is spelled
 * out, because -ffp-contract=off forbids the compiler to fuse on its own: only so do AVX2, AVX-512 and NEON give equal
 * bits. A comparison of vecs gives an ivec of -1 (true) and 0 (false), which choose() takes. */
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
#define VEC_SUFFIX ps
#else
typedef double real;
typedef int64_t sword;
typedef uint64_t word;
#define VEC_SUFFIX pd
#endif

/* X86(sqrt) is _mm256_sqrt_ps where vectors have 32 bytes of float. */
#define X86_NAME_(prefix, op, suffix) prefix##_##op##_##suffix
#define X86_NAME(prefix, op, suffix) X86_NAME_(prefix, op, suffix)
#if VEC_BYTES == 64
#define X86(op) X86_NAME(_mm512, op, VEC_SUFFIX)
#elif VEC_BYTES == 32
#define X86(op) X86_NAME(_mm256, op, VEC_SUFFIX)
#else
#define X86(op) X86_NAME(_mm, op, VEC_SUFFIX)
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

/* a > b ? a : b, which is b where either is NaN; so max(limit, x) passes NaN on. */
INLINE vec max(vec a, vec b)
{
#if defined(__x86_64__)
    return X86(max)(a, b);
#else
    return choose(a > b, a, b);
#endif
}

INLINE vec min(vec a, vec b)
{
#if defined(__x86_64__)
    return X86(min)(a, b);
#else
    return choose(a < b, a, b);
#endif
}

INLINE vec absolute(vec a)
{
    return (vec)((ivec)a & broadcast_int((sword)(~(word)0 >> 1)));
}

/* |a| with the sign of b */
INLINE vec copy_sign(vec a, vec b)
{
    const uvec sign = (uvec)broadcast((real)-0.0);
    return (vec)(((uvec)a & ~sign) | ((uvec)b & sign));
}

INLINE vec square_root(vec a)
{
#if defined(__x86_64__)
    return X86(sqrt)(a);
#elif defined(__aarch64__) && FM_REAL_BITS == 32
    return vsqrtq_f32(a);
#elif defined(__aarch64__)
    return vsqrtq_f64(a);
#else
    for (int i = 0; i < LANES; i++)
        a[i] = FM_REAL_BITS == 32 ? __builtin_sqrtf(a[i]) : __builtin_sqrt(a[i]);
    return a;
#endif
}

/* a * b + c, rounded once where the ISA can. */
INLINE vec muladd(vec a, vec b, vec c)
{
#if defined(__AVX2__)
    return X86(fmadd)(a, b, c);
#elif defined(__aarch64__) && FM_REAL_BITS == 32
    return vfmaq_f32(c, a, b);
#elif defined(__aarch64__)
    return vfmaq_f64(c, a, b);
#else
    return a * b + c;
#endif
}

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

static const sword LANE_NUMBERS[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

INLINE ivec lane_numbers(void)
{
    ivec lane;
    memcpy(&lane, LANE_NUMBERS, sizeof(lane));
    return lane;
}

/* True in the lanes below n. */
INLINE ivec first_lanes(size_t n)
{
    return lane_numbers() < broadcast_int(n < LANES ? (sword)n : LANES);
}

INLINE vec keep_first(vec v, size_t n)
{
    return (vec)((ivec)v & first_lanes(n));
}

/* The first n < LANES elements; the others are zero. */
INLINE vec load_part(const real *p, size_t n)
{
#if defined(__AVX512F__)
    return X86(maskz_loadu)((1u << n) - 1, p);
#elif defined(__AVX2__)
    return X86(maskload)(p, (__m256i)first_lanes(n));
#else
    vec v = {0};
    for (size_t i = 0; i < n; i++)
        v[i] = p[i];
    return v;
#endif
}

/* AVX2 could do this with a mask, too, but that takes some CPUs dozens of cycles. */
INLINE void store_part(real *p, vec v, size_t n)
{
#if defined(__AVX512F__)
    X86(mask_storeu)(p, (1u << n) - 1, v);
#else
    const real *from = (const real *)&v;
    for (size_t step = LANES / 2; step > 0; step /= 2)
        if (n & step) {
            memcpy(p, from, step * sizeof(real));
            p += step;
            from += step;
        }
#endif
}

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

/* The first elements of `rows` <= LANES rows; the other lanes are zero. */
INLINE vec load_column(const real *p, size_t ld, size_t rows)
{
    real column[LANES] = {0};
    for (size_t i = 0; i < rows; i++)
        column[i] = p[i * ld];
    return load(column);
}

/* ---- across lanes ---- */

/* Lane i becomes lane mask[i] of a, or lane mask[i] - LANES of b. */
INLINE vec shuffle(vec a, vec b, const ivec mask)
{
#if defined(__clang__)
    vec v;
    for (int i = 0; i < LANES; i++)
        v[i] = mask[i] < LANES ? a[mask[i]] : b[mask[i] - LANES];
    return v;
#else
    return __builtin_shuffle(a, b, mask);
#endif
}

/* v[i] becomes v[i + by], around the end. */
INLINE vec rotate(vec v, int by)
{
    return shuffle(v, v, (lane_numbers() + broadcast_int(by)) & broadcast_int(LANES - 1));
}

INLINE real lane_maximum(vec v)
{
#pragma GCC unroll 4
    for (int half = LANES / 2; half > 0; half /= 2)
        v = max(v, rotate(v, half));
    return v[0];
}

/* A sum along a row is kept in WIDTH partial sums, whatever LANES is: element j belongs to partial sum j mod WIDTH. In
 * the end the second half of them is added to the first, and so on: one fixed order, so that every ISA gives the same
 * bits. */
enum { WIDTH = 16, PARTS = WIDTH / LANES };

typedef struct {
    vec part[PARTS];
} wide;

INLINE real wide_sum(const wide *sum)
{
    wide s = *sum;
#pragma GCC unroll 4
    for (int half = PARTS / 2; half > 0; half /= 2)
#pragma GCC unroll 4
        for (int i = 0; i < half; i++)
            s.part[i] += s.part[i + half];
    vec v = s.part[0];
#pragma GCC unroll 4
    for (int half = LANES / 2; half > 0; half /= 2)
        v += rotate(v, half);
    return v[0];
}
