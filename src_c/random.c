/* Shuffling. (The draws of dropout and noise are kernels: kernels/random.inc.h.) */
#include "fm.h"

/* Draw i of the stream of a seed (SplitMix64: Steele, Lea and Flood, 2014). */
static uint64_t draw(uint64_t seed, uint64_t i)
{
    uint64_t x = seed + (i + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

void fm_permutation(int64_t *order, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (int64_t)i;
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)((unsigned __int128)draw(seed, i) * i >> 64);
        const int64_t last = order[i - 1];
        order[i - 1] = order[j];
        order[j] = last;
    }
}
