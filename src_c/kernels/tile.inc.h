/* The micro-kernels: a tile of accumulators in registers, and the shapes it comes in.
 *
 * Both add a (mr, depth) by (depth, nv vectors) product to their accumulators; the factor whose elements are broadcast
 * lies in rows of `depth` elements, or in columns. Every element of a result is one chain of muladd over `depth`, in
 * order, whatever the tile's shape: so threads and ISAs agree to the bit. */

/* Accumulators: as many as registers leave beside nv vectors of b and one of a. */
#if VEC_BYTES == 64 || defined(__aarch64__)
enum { TILE_ROWS = 8, TILE_VECS = 3, FLAT_VECS = 8, TILE_MAX = 24 };
#elif VEC_BYTES == 32
enum { TILE_ROWS = 4, TILE_VECS = 3, FLAT_VECS = 8, TILE_MAX = 12 };
#else
enum { TILE_ROWS = 4, TILE_VECS = 2, FLAT_VECS = 8, TILE_MAX = 8 };
#endif

/* A matrix whose line i is line i of `data`, or line order[i]. */
typedef struct {
    const real *data;
    size_t ld;
    const int64_t *order; /* or NULL */
} lines;

INLINE const real *line_of(lines a, size_t i)
{
    return a.data + (a.order ? (size_t)a.order[i] : i) * a.ld;
}

/* acc[i * nv + j] += a[i][at] * b[j * LANES ...] */
INLINE void add_products(const int mr, const int nv, const real *const *a, size_t at, const real *b, vec *acc)
{
    vec row[FLAT_VECS];
#pragma GCC unroll 8
    for (int j = 0; j < nv; j++)
        row[j] = load(b + j * LANES);
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++) {
        vec factor = broadcast(a[i][at]);
#pragma GCC unroll 8
        for (int j = 0; j < nv; j++)
            acc[i * nv + j] = muladd(factor, row[j], acc[i * nv + j]);
    }
}

/* acc[i * nv + j] += sum over p of a[m + i][p] * b[p * ldb + j * LANES ...]
 *
 * Unless `next` is m, rows next + i are asked for meanwhile: into the second cache, where more requests may be under
 * way than in the first. */
INLINE void tile_of_rows(const int mr, const int nv, size_t depth, lines a, size_t m, size_t next, const real *b,
                         size_t ldb, vec *acc)
{
    const real *row[TILE_ROWS], *ahead[TILE_ROWS];
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++) {
        row[i] = line_of(a, m + (size_t)i);
        ahead[i] = line_of(a, next + (size_t)i);
    }
    for (size_t p = 0; p < depth; p++) {
        if (next != m && p % (FM_CACHE_LINE / sizeof(real)) == 0)
#pragma GCC unroll 8
            for (int i = 0; i < mr; i++)
                __builtin_prefetch(ahead[i] + p, 0, 2);
        add_products(mr, nv, row, p, b + p * ldb, acc);
    }
}

/* acc[i * nv + j] += sum over p of a[p][k + i] * b[p][n + j * LANES ...]; down a column, which no hardware prefetcher
 * follows. */
INLINE void tile_of_columns(const int mr, const int nv, size_t depth, lines a, size_t k, lines b, size_t n, vec *acc)
{
    enum { AHEAD = 16 };
    for (size_t p = 0; p < depth; p++) {
        const real *line = line_of(a, p) + k, *column[TILE_ROWS];
#pragma GCC unroll 8
        for (int i = 0; i < mr; i++)
            column[i] = line + i;
        __builtin_prefetch(line_of(a, p + AHEAD < depth ? p + AHEAD : p) + k);
        add_products(mr, nv, column, 0, line_of(b, p) + n, acc);
    }
}

/* Calls F(mr, nv) with constants for the shape at hand: up to TILE_ROWS by TILE_VECS, and one row by FLAT_VECS. */
#define SHAPE(F, mr, nv)                                                                                               \
    case (mr) * 16 + (nv):                                                                                             \
        F(mr, nv);                                                                                                     \
        break;
#define ROWS_1_TO_4(F, nv) SHAPE(F, 1, nv) SHAPE(F, 2, nv) SHAPE(F, 3, nv) SHAPE(F, 4, nv)
#define ROWS_1_TO_8(F, nv) ROWS_1_TO_4(F, nv) SHAPE(F, 5, nv) SHAPE(F, 6, nv) SHAPE(F, 7, nv) SHAPE(F, 8, nv)
#define VECS_4_TO_8(F) SHAPE(F, 1, 4) SHAPE(F, 1, 5) SHAPE(F, 1, 6) SHAPE(F, 1, 7) SHAPE(F, 1, 8)
#if VEC_BYTES == 64 || defined(__aarch64__)
#define SHAPES(F) ROWS_1_TO_8(F, 1) ROWS_1_TO_8(F, 2) ROWS_1_TO_8(F, 3)
#define FLAT_SHAPES(F) VECS_4_TO_8(F)
#elif VEC_BYTES == 32
#define SHAPES(F) ROWS_1_TO_4(F, 1) ROWS_1_TO_4(F, 2) ROWS_1_TO_4(F, 3)
#define FLAT_SHAPES(F) VECS_4_TO_8(F)
#else
#define SHAPES(F) ROWS_1_TO_4(F, 1) ROWS_1_TO_4(F, 2)
#define FLAT_SHAPES(F) SHAPE(F, 1, 3) VECS_4_TO_8(F)
#endif

/* Up to so many columns, a vector of columns would be mostly padding: rows of x then lie along the lanes in forward,
 * and rows of w in the gradient. */
enum { FEW_COLUMNS = 4 };
#define FEW_SHAPE(F, nn)                                                                                               \
    case nn:                                                                                                           \
        F(nn);                                                                                                         \
        break;
#define FEW_SHAPES(F) FEW_SHAPE(F, 1) FEW_SHAPE(F, 2) FEW_SHAPE(F, 3) FEW_SHAPE(F, 4)

/* Part i of `total` cut into `parts` nearly equal parts: its start. */
INLINE size_t part_start(size_t total, size_t parts, size_t i)
{
    return i * (total / parts) + (i < total % parts ? i : total % parts);
}

INLINE size_t parts_of(size_t total, size_t largest)
{
    return (total + largest - 1) / largest;
}
