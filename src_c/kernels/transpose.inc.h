/* Transposition, of a block in registers and of a matrix. */

#if VEC_BYTES / (FM_REAL_BITS / 8) == 16
#define INTERLEAVE_LOW {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23}
#define INTERLEAVE_HIGH {8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31}
#elif VEC_BYTES / (FM_REAL_BITS / 8) == 8
#define INTERLEAVE_LOW {0, 8, 1, 9, 2, 10, 3, 11}
#define INTERLEAVE_HIGH {4, 12, 5, 13, 6, 14, 7, 15}
#elif VEC_BYTES / (FM_REAL_BITS / 8) == 4
#define INTERLEAVE_LOW {0, 4, 1, 5}
#define INTERLEAVE_HIGH {2, 6, 3, 7}
#else
#define INTERLEAVE_LOW {0, 2}
#define INTERLEAVE_HIGH {1, 3}
#endif

/* A LANES by LANES block in registers: log2(LANES) rounds of interleaving row i with row i + LANES / 2. */
INLINE void transpose_block(vec *rows)
{
#pragma GCC unroll 4
    for (int round = 1; round < LANES; round *= 2) {
        vec next[LANES];
#pragma GCC unroll 8
        for (int i = 0; i < LANES / 2; i++) {
            next[2 * i] = shuffle(rows[i], rows[i + LANES / 2], (ivec)INTERLEAVE_LOW);
            next[2 * i + 1] = shuffle(rows[i], rows[i + LANES / 2], (ivec)INTERLEAVE_HIGH);
        }
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++)
            rows[i] = next[i];
    }
}

static void transpose(void *at, const void *a, size_t ldat, size_t lda, size_t m, size_t n0, size_t n1)
{
    const real *from = a;
    real *to = at;
    for (size_t i = 0; i < m; i += LANES) {
        const size_t rows = m - i < LANES ? m - i : LANES;
        for (size_t j = n0; j < n1; j += LANES) {
            const size_t columns = n1 - j < LANES ? n1 - j : LANES;
            vec block[LANES];
#pragma GCC unroll 16
            for (size_t r = 0; r < LANES; r++)
                block[r] = r >= rows          ? (vec){0}
                           : columns == LANES ? load(from + (i + r) * lda + j)
                                              : load_part(from + (i + r) * lda + j, columns);
            transpose_block(block);
#pragma GCC unroll 16
            for (size_t c = 0; c < LANES; c++)
                if (c < columns)
                    store(to + (j + c) * ldat + i, block[c]);
        }
    }
}
