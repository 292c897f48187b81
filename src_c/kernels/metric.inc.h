/* Metrics, row by row, with Keras' formulas. Sums along a row are of fixed width. */

/* For metrics that are a mean over columns. */
INLINE vec element_metric(int kind, vec p, vec t, const double *s)
{
    vec slope;
    if (kind == FM_BINARY_ACCURACY) {
        vec predicted = choose(p > broadcast((real)s[0]), broadcast(1), broadcast(0));
        return choose(predicted == t, broadcast(1), broadcast(0));
    }
    return element_loss(kind == FM_MEAN_SQUARED_ERROR ? FM_MSE : FM_MAE, p, t, NULL, &slope);
}

INLINE void mean_metric(double *metrics, const real *p, const real *t, size_t ldp, size_t ldt, size_t m0, size_t m1,
                        size_t n, int kind, const double *s)
{
    if (n == 1) {
        for (size_t i = m0; i < m1; i += LANES) {
            const size_t rows = m1 - i < LANES ? m1 - i : LANES;
            vec value =
                element_metric(kind, load_column(p + i * ldp, ldp, rows), load_column(t + i * ldt, ldt, rows), s);
            for (size_t lane = 0; lane < rows; lane++)
                metrics[i + lane] = (double)value[lane];
        }
        return;
    }
    for (size_t i = m0; i < m1; i++) {
        wide sum = {{{0}}};
        for (size_t j = 0; j < n; j += WIDTH)
            for (size_t part = 0; part < PARTS && j + part * LANES < n; part++) {
                const size_t at = j + part * LANES, rest = n - at;
                vec a = load_some(p + i * ldp + at, rest), b = load_some(t + i * ldt + at, rest);
                sum.part[part] += keep_first(element_metric(kind, a, b, s), rest);
            }
        metrics[i] = (double)wide_sum(&sum) / (double)n;
    }
}

static void metric(double *metrics, const void *p, const void *t, size_t ldp, size_t ldt, size_t m0, size_t m1,
                   size_t n, int kind, const double *s)
{
    const real *prediction = p, *target = t;
    switch (kind) {
    case FM_BINARY_ACCURACY:
        mean_metric(metrics, p, t, ldp, ldt, m0, m1, n, FM_BINARY_ACCURACY, s);
        return;
    case FM_MEAN_SQUARED_ERROR:
        mean_metric(metrics, p, t, ldp, ldt, m0, m1, n, FM_MEAN_SQUARED_ERROR, s);
        return;
    case FM_MEAN_ABSOLUTE_ERROR:
        mean_metric(metrics, p, t, ldp, ldt, m0, m1, n, FM_MEAN_ABSOLUTE_ERROR, s);
        return;
    case FM_CATEGORICAL_ACCURACY:
        for (size_t i = m0; i < m1; i++)
            metrics[i] = row_argmax(prediction + i * ldp, n) == row_argmax(target + i * ldt, n);
        return;
    case FM_SPARSE_CATEGORICAL_ACCURACY:
        for (size_t i = m0; i < m1; i++)
            metrics[i] = (real)row_argmax(prediction + i * ldp, n) == target[i * ldt];
        return;
    case FM_VALUE_METRIC:
        for (size_t i = m0; i < m1; i++)
            metrics[i] = (double)prediction[i * ldp];
        return;
    }
}
