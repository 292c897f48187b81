/* Draws that are a function of a key and a number, so that any split of the work gives the same ones: Threefry-2x32
 * with 13 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), which takes
 * only 32-bit additions, rotations and xors. */
typedef uint32_t draws __attribute__((vector_size(VEC_BYTES)));

enum {
    DRAW_LANES = VEC_BYTES / sizeof(uint32_t),
    DRAW_BLOCK =
        32, /* draws 32 b .. 32 b + 31: first the first words, then the second words of counters 16 b .. 16 b + 15 */
    DRAW_CHUNK = 256 /* elements of a row for which draws are made at a time */
};

INLINE draws broadcast_draws(uint32_t s)
{
    return s - (draws){0};
}

INLINE void threefry(draws *x0, draws *x1, uint64_t key)
{
    static const int rotations[] = {13, 15, 26, 6, 17, 29, 16, 24};
    const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    const uint32_t keys[] = {low, high, low ^ high ^ 0x1BD11BDAu};
    *x0 += broadcast_draws(keys[0]);
    *x1 += broadcast_draws(keys[1]);
#pragma GCC unroll 13
    for (int round = 0; round < 13; round++) {
        const int left = rotations[round % 8];
        *x0 += *x1;
        *x1 = (*x1 << left | *x1 >> (32 - left)) ^ *x0;
        if (round % 4 == 3) {
            const int turn = round / 4 + 1;
            *x0 += broadcast_draws(keys[turn % 3]);
            *x1 += broadcast_draws(keys[(turn + 1) % 3] + (uint32_t)turn);
        }
    }
}

/* Blocks first .. first + count - 1 of the stream `key`. */
INLINE void draw_blocks(uint32_t *out, uint64_t first, size_t count, uint64_t key)
{
    static const uint32_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (size_t b = 0; b < count; b++) {
        const uint64_t counter = (first + b) * (DRAW_BLOCK / 2);
        for (size_t lane = 0; lane < DRAW_BLOCK / 2; lane += DRAW_LANES) {
            draws x0, x1 = broadcast_draws((uint32_t)(counter >> 32));
            memcpy(&x0, numbers + lane, sizeof(x0));
            x0 += broadcast_draws((uint32_t)counter);
            threefry(&x0, &x1, key);
            memcpy(out + b * DRAW_BLOCK + lane, &x0, sizeof(x0));
            memcpy(out + b * DRAW_BLOCK + DRAW_BLOCK / 2 + lane, &x1, sizeof(x1));
        }
    }
}

/* True where a draw, as a number in [0, 1), is not below threshold / 2^31. */
INLINE ivec draws_kept(const uint32_t *draw, sword threshold)
{
    typedef uint32_t some_draws __attribute__((vector_size(LANES * sizeof(uint32_t))));
    some_draws some;
    memcpy(&some, draw, sizeof(some));
    return (ivec) __builtin_convertvector(some >> 1, ivec) >= broadcast_int(threshold);
}

/* The draws of a row's elements [from, to); returns how far behind the beginning of `draw` the first one stands. */
INLINE size_t draw_elements(uint32_t *draw, size_t row, size_t n, size_t from, size_t to, uint64_t key)
{
    const uint64_t first = (uint64_t)row * n + from, skip = first % DRAW_BLOCK;
    draw_blocks(draw, first / DRAW_BLOCK, (skip + to - from + DRAW_BLOCK - 1) / DRAW_BLOCK, key);
    return skip;
}

static void dropout(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, double rate,
                    double factor, double shift, double dropped, uint64_t key, int accumulate)
{
    const sword threshold = (sword)(rate * 0x1p31);
    const vec scale = broadcast((real)factor), offset = broadcast((real)shift), other = broadcast((real)dropped);
    uint32_t draw[DRAW_CHUNK + DRAW_BLOCK + LANES] = {0}; /* whole vectors are read behind the last draw */
    for (size_t i = m0; i < m1; i++)
        for (size_t from = 0; from < n; from += DRAW_CHUNK) {
            const size_t to = n - from < DRAW_CHUNK ? n : from + DRAW_CHUNK;
            const size_t skip = draw_elements(draw, i, n, from, to, key);
            for (size_t j = from; j < to; j += LANES) {
                real *out = (real *)y + i * ldy + j;
                ivec kept = draws_kept(draw + skip + (j - from), threshold);
                vec v = choose(kept, muladd(load_some((const real *)x + i * ldx + j, to - j), scale, offset), other);
                store_some(out, accumulate ? load_some(out, to - j) + v : v, to - j);
            }
        }
}

/* Standard normal numbers by the method of Box and Muller (1958), two from the two words of one counter: with
 * u = (first + 1/2) / 2^32 and t = second / 2^32, sqrt(-2 log u) cos(2 pi t) in the place of the first word and
 * sqrt(-2 log u) sin(2 pi t) in that of the second. */
INLINE void draw_normals(real *normal, const uint32_t *draw, size_t blocks)
{
    typedef int32_t words __attribute__((vector_size(LANES * sizeof(int32_t))));
    enum { HALF = DRAW_BLOCK / 2 };
    const vec two_pi = broadcast((real)6.28318530717958647693);
    for (size_t b = 0; b < blocks; b++)
        for (size_t lane = 0; lane < HALF; lane += LANES) {
            const size_t at = b * DRAW_BLOCK + lane;
            words first, second;
            memcpy(&first, draw + at, sizeof(first));
            memcpy(&second, draw + at + HALF, sizeof(second));
            first = (first >> 1) & 0x7fffffff; /* the lowest bit is lost: conversions are of signed numbers */
            vec u = muladd(__builtin_convertvector(first, vec), broadcast(0x1p-31f), broadcast(0x1p-32f));
            vec angle = __builtin_convertvector(second, vec) * broadcast(0x1p-32f) * two_pi;
            vec radius = square_root(broadcast(-2) * vlog(u));
            store(normal + at, radius * vcos(angle));
            store(normal + at + HALF, radius * vsin(angle));
        }
}

static void gaussian(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, double stddev,
                     int multiply, uint64_t key, int accumulate)
{
    const vec deviation = broadcast((real)stddev);
    uint32_t draw[DRAW_CHUNK + DRAW_BLOCK];
    real normal[DRAW_CHUNK + DRAW_BLOCK + LANES] = {0}; /* as above */
    for (size_t i = m0; i < m1; i++)
        for (size_t from = 0; from < n; from += DRAW_CHUNK) {
            const size_t to = n - from < DRAW_CHUNK ? n : from + DRAW_CHUNK;
            const size_t skip = draw_elements(draw, i, n, from, to, key);
            draw_normals(normal, draw, (skip + to - from + DRAW_BLOCK - 1) / DRAW_BLOCK);
            for (size_t j = from; j < to; j += LANES) {
                real *out = (real *)y + i * ldy + j;
                vec v = load_some((const real *)x + i * ldx + j, to - j);
                v = muladd(multiply ? deviation * v : deviation, load(normal + skip + (j - from)), v);
                store_some(out, accumulate ? load_some(out, to - j) + v : v, to - j);
            }
        }
}
