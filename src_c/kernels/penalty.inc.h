/* L1 and L2 penalties, row by row. Sums along a row are of fixed width. */

/* Rows summed side by side: a sum waits for its last addition, so one alone would leave the core idle. */
enum { PENALTY_ROWS = 4 };

static void penalty(double *rows, const void *w, size_t ldw, size_t m0, size_t m1, size_t n, double l1, double l2)
{
    for (size_t m = m0; m < m1; m += PENALTY_ROWS) {
        const real *row[PENALTY_ROWS];
        wide sizes[PENALTY_ROWS] = {0}, squares[PENALTY_ROWS] = {0};
#pragma GCC unroll 4
        for (size_t i = 0; i < PENALTY_ROWS; i++)
            row[i] = (const real *)w + (m + i < m1 ? m + i : m) * ldw;
        for (size_t j = 0; j < n; j += WIDTH)
            for (size_t part = 0; part < PARTS && j + part * LANES < n; part++)
#pragma GCC unroll 4
                for (size_t i = 0; i < PENALTY_ROWS; i++) {
                    const vec v = load_some(row[i] + j + part * LANES, n - j - part * LANES);
                    sizes[i].part[part] += absolute(v);
                    squares[i].part[part] = muladd(v, v, squares[i].part[part]);
                }
        for (size_t i = 0; i < PENALTY_ROWS && m + i < m1; i++)
            rows[m + i] = l1 * (double)wide_sum(&sizes[i]) + l2 * (double)wide_sum(&squares[i]);
    }
}
