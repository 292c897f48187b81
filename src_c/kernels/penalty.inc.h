/* L1 and L2 penalties, row by row. Sums along a row are of fixed width. */

static void penalty(double *rows, const void *w, size_t ldw, size_t m0, size_t m1, size_t n, double l1, double l2)
{
    for (size_t i = m0; i < m1; i++) {
        const real *row = (const real *)w + i * ldw;
        wide sizes = {{{0}}}, squares = {{{0}}};
        for (size_t j = 0; j < n; j += WIDTH)
            for (size_t part = 0; part < PARTS && j + part * LANES < n; part++) {
                const vec v = load_some(row + j + part * LANES, n - j - part * LANES);
                sizes.part[part] += absolute(v);
                squares.part[part] = muladd(v, v, squares.part[part]);
            }
        rows[i] = l1 * (double)wide_sum(&sizes) + l2 * (double)wide_sum(&squares);
    }
}
