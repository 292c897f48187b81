/* What the others are measured by: fused multiply-adds in registers. */

static double peak(size_t n)
{
    vec acc[TILE_MAX], factor = broadcast((real)0.5), term = broadcast((real)1);
    for (int i = 0; i < TILE_MAX; i++)
        acc[i] = broadcast((real)i);
    for (size_t p = 0; p < n; p++) {
#pragma GCC unroll 24
        for (int i = 0; i < TILE_MAX; i++)
            acc[i] = muladd(acc[i], factor, term);
    }
    real total = 0;
    for (int i = 0; i < TILE_MAX; i++)
        total += acc[i][0];
    return total >= 0 ? 2.0 * TILE_MAX * LANES * (double)n : 0.0;
}
