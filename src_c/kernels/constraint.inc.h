/* Constraints on weights; fm_constraint says which. */

static const double NORM_EPSILON = 1e-7;

INLINE vec norm_factor(int kind, vec norm, const double *s)
{
    vec wanted = broadcast(1);
    if (kind == FM_MAX_NORM) {
        wanted = min(broadcast((real)s[0]), norm);
    } else if (kind == FM_MIN_MAX_NORM) {
        const vec inside = min(broadcast((real)s[1]), max(broadcast((real)s[0]), norm));
        wanted = muladd(broadcast((real)s[2]), inside, broadcast((real)(1 - s[2])) * norm);
    }
    return wanted / (norm + broadcast((real)NORM_EPSILON));
}

static void scale_columns(real *w, size_t ldw, size_t m, size_t n, int kind, const double *s)
{
    for (size_t j = 0; j < n; j += LANES) {
        vec squares = {0};
        for (size_t i = 0; i < m; i++) {
            const vec x = load_some(w + i * ldw + j, n - j);
            squares = muladd(x, x, squares);
        }
        const vec factor = norm_factor(kind, square_root(squares), s);
        for (size_t i = 0; i < m; i++)
            store_some(w + i * ldw + j, load_some(w + i * ldw + j, n - j) * factor, n - j);
    }
}

static void scale_row(real *w, size_t n, int kind, const double *s)
{
    const vec factor = norm_factor(kind, square_root(broadcast((real)square_sum(w, n))), s);
    for (size_t j = 0; j < n; j += LANES)
        store_some(w + j, load_some(w + j, n - j) * factor, n - j);
}

static void constrain(void *w, size_t ldw, size_t m0, size_t m1, size_t n0, size_t n1, int kind, int norm,
                      const double *s)
{
    real *first = (real *)w + m0 * ldw + n0;
    if (kind != FM_NON_NEG && norm == FM_OF_COLUMNS) {
        scale_columns(first, ldw, m1 - m0, n1 - n0, kind, s);
        return;
    }
    for (size_t i = 0; i < m1 - m0; i++) {
        real *row = first + i * ldw;
        if (kind != FM_NON_NEG)
            scale_row(row, n1 - n0, kind, s);
        for (size_t j = 0; j < n1 - n0 && kind == FM_NON_NEG; j += LANES)
            store_some(row + j, max((vec){0}, load_some(row + j, n1 - n0 - j)), n1 - n0 - j);
    }
}
