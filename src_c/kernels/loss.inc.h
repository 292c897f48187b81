/* Losses with their gradients, row by row, with Keras' formulas. Sums along a row are of fixed width. */
#define PROBABILITY_LOWEST ((real)1e-7)
#define PROBABILITY_HIGHEST ((real)(1 - 1e-7))

/* ---- losses that are a mean over columns ---- */

/* NaN stays. */
INLINE vec clipped(vec p, real epsilon)
{
    return min(broadcast(1 - epsilon), max(broadcast(epsilon), p));
}

/* Of probabilities p. */
INLINE vec crossentropy(vec p, vec t)
{
    const vec one = broadcast(1);
    return -muladd(t, vlog(p), (one - t) * vlog(one - p));
}

/* The loss of each element and its derivative with respect to z. */
INLINE vec element_loss(int kind, vec z, vec t, const double *s, vec *slope)
{
    const vec zero = broadcast(0), one = broadcast(1), half = broadcast((real)0.5);
    vec d = z - t;
    if (kind == FM_MSE) {
        *slope = d + d;
        return d * d;
    }
    if (kind == FM_MAE) {
        *slope = activate(FM_SIGN, d, NULL);
        return absolute(d);
    }
    if (kind == FM_HUBER) {
        const vec delta = broadcast((real)s[0]);
        vec size = absolute(d);
        ivec far = size > delta;
        *slope = choose(far, copy_sign(delta, d), d);
        return choose(far, delta * (size - half * delta), half * d * d);
    }
    if (kind == FM_POISSON_LOG) {
        const vec mean = vexp(z);
        *slope = mean - t;
        return mean + choose(t == zero, zero, muladd(t, vlog(t) - z, -t));
    }
    t = muladd(t, broadcast((real)(1 - s[0])), broadcast((real)(s[0] / 2)));
    if (kind == FM_BINARY_CROSSENTROPY_LOGITS) {
        const vec q = vsigmoid(z);
        *slope = q - t;
        return s[1] > 0 ? crossentropy(clipped(q, (real)s[1]), t) : muladd(-z, t, vsoftplus(z));
    }
    const vec lowest = broadcast(PROBABILITY_LOWEST), highest = broadcast(PROBABILITY_HIGHEST);
    vec p = min(highest, max(lowest, z));
    *slope = choose((z < lowest) | (z > highest), zero, (p - t) / (p * (one - p)));
    return crossentropy(p, t);
}

/* What the functions for one kind of loss share: the arguments of fm_kernels.loss. */
typedef struct {
    double *losses;
    real *dz, *p;
    const real *z, *t, *sw;
    size_t lddz, ldp, ldz, ldt, m0, m1, n;
    const double *s;
    double scale;
} loss_rows;

/* One column: a vector takes LANES rows. */
INLINE void column_loss(const loss_rows *r, int kind)
{
    for (size_t i = r->m0; i < r->m1; i += LANES) {
        const size_t rows = r->m1 - i < LANES ? r->m1 - i : LANES;
        vec slope, z = load_column(r->z + i * r->ldz, r->ldz, rows);
        vec value = element_loss(kind, z, load_column(r->t + i * r->ldt, r->ldt, rows), r->s, &slope);
        vec p = kind == FM_BINARY_CROSSENTROPY_LOGITS ? vsigmoid(z) : z;
        for (size_t lane = 0; lane < rows; lane++) {
            const double weight = r->sw ? (double)r->sw[i + lane] : 1;
            r->losses[i + lane] = weight * (double)value[lane];
            if (r->dz)
                r->dz[(i + lane) * r->lddz] = (real)(r->scale * weight) * slope[lane];
            if (kind == FM_BINARY_CROSSENTROPY_LOGITS && r->p)
                r->p[(i + lane) * r->ldp] = p[lane];
        }
    }
}

INLINE void mean_loss(const loss_rows *r, int kind)
{
    const size_t n = r->n;
    if (n == 1) {
        column_loss(r, kind);
        return;
    }
    for (size_t i = r->m0; i < r->m1; i++) {
        const double weight = (r->sw ? (double)r->sw[i] : 1) / (double)n;
        const vec factor = broadcast((real)(r->scale * weight));
        const real *z = r->z + i * r->ldz, *t = r->t + i * r->ldt;
        wide sum = {{{0}}};
        for (size_t j = 0; j < n; j += WIDTH)
            for (size_t part = 0; part < PARTS && j + part * LANES < n; part++) {
                const size_t at = j + part * LANES, rest = n - at;
                vec slope, prediction = load_some(z + at, rest);
                vec value = element_loss(kind, prediction, load_some(t + at, rest), r->s, &slope);
                sum.part[part] += keep_first(value, rest);
                if (r->dz)
                    store_some(r->dz + i * r->lddz + at, factor * slope, rest);
                if (kind == FM_BINARY_CROSSENTROPY_LOGITS && r->p)
                    store_some(r->p + i * r->ldp + at, vsigmoid(prediction), rest);
            }
        r->losses[i] = weight * (double)wide_sum(&sum);
    }
}

/* ---- losses that are a sum over classes ---- */

/* Targets of the classes from column j on, `rest` of them: a row of probabilities, smoothed, or, where `sparse`, the
 * one of the class whose number is t[0]. */
INLINE vec class_targets(const real *t, size_t j, size_t rest, int sparse, double smoothing, size_t n)
{
    vec target;
    if (sparse) {
        const vec column = __builtin_convertvector(lane_numbers(), vec) + broadcast((real)j);
        target = choose(column == broadcast(t[0]), broadcast(1), broadcast(0));
    } else {
        target =
            muladd(load_some(t + j, rest), broadcast((real)(1 - smoothing)), broadcast((real)(smoothing / (double)n)));
    }
    return keep_first(target, rest);
}

/* With q = softmax(z), -sum(t log q) = total log(sum) - product, for a vector of rows. */
typedef struct {
    real total[LANES], sum[LANES], product[LANES];
} logits_parts;

/* The parts of row i, and its gradient q sum(t) - t. */
INLINE void logits_row(const loss_rows *r, int sparse, size_t i, size_t lane, logits_parts *parts)
{
    const size_t n = r->n;
    const double smoothing = sparse ? 0 : r->s[0];
    const real *z = r->z + i * r->ldz, *t = r->t + i * r->ldt;
    real *dz = r->dz ? r->dz + i * r->lddz : NULL, *p = r->p ? r->p + i * r->ldp : dz;
    const real maximum = row_maximum(z, n);
    wide targets = {{{0}}}, product = {{{0}}};
    for (size_t j = 0; j < n; j += WIDTH)
        for (size_t part = 0; part < PARTS && j + part * LANES < n; part++) {
            const size_t at = j + part * LANES, rest = n - at;
            vec target = class_targets(t, at, rest, sparse, smoothing, n);
            if (!sparse)
                targets.part[part] += target;
            product.part[part] = muladd(target, load_some(z + at, rest) - broadcast(maximum), product.part[part]);
        }
    const real total = sparse ? 1 : wide_sum(&targets);
    parts->total[lane] = total;
    parts->product[lane] = wide_sum(&product);
    parts->sum[lane] = softmax_row(p, z, n, maximum);
    if (!dz)
        return;
    const vec factor = broadcast((real)(r->scale * (r->sw ? (double)r->sw[i] : 1)));
    for (size_t at = 0; at < n; at += LANES) {
        vec target = class_targets(t, at, n - at, sparse, smoothing, n);
        store_some(dz + at, factor * muladd(load_some(p + at, n - at), broadcast(total), -target), n - at);
    }
}

/* The losses of `rows` rows from row i on, from the parts of -sum(t log q). */
INLINE void logits_values(const loss_rows *r, size_t i, size_t rows, vec total, vec sum, vec product)
{
    vec value = total * vlog(sum) - product;
    if (r->s[1] > 0)
        value = -vlog(clipped(vexp(-value), (real)r->s[1]));
    for (size_t lane = 0; lane < rows; lane++)
        r->losses[i + lane] = (r->sw ? (double)r->sw[i + lane] : 1) * (double)value[lane];
}

/* Up to so many classes, rows lie along the lanes. Then sums along a row go from class to class, on every ISA. */
enum { FEW_CLASSES = 16 };
typedef vec classes[FEW_CLASSES];

/* columns[j] = column j of `rows` rows of a. */
INLINE void load_classes(vec *columns, const real *a, size_t lda, size_t rows, size_t n)
{
    for (size_t j = 0; j < n; j += LANES) {
#pragma GCC unroll 16
        for (size_t row = 0; row < LANES; row++)
            columns[j + row] = row < rows ? load_some(a + row * lda + j, n - j) : (vec){0};
        transpose_block(columns + j);
    }
}

INLINE void store_classes(real *a, vec *columns, size_t lda, size_t rows, size_t n)
{
    for (size_t j = 0; j < n; j += LANES) {
        transpose_block(columns + j);
        for (size_t row = 0; row < rows; row++)
            store_some(a + row * lda + j, columns[j + row], n - j);
    }
}

/* `rows` rows from row i on, at most LANES. */
INLINE void few_logits(const loss_rows *r, int sparse, size_t i, size_t rows)
{
    const size_t n = r->n;
    const vec zero = {0}, keep = broadcast(sparse ? 1 : (real)(1 - r->s[0]));
    const vec smooth = broadcast(sparse ? 0 : (real)(r->s[0] / (double)n));
    vec label = zero, maximum = broadcast((real)-__builtin_inf()), total = zero, sum = zero, product = zero;
    classes q = {{0}}, t = {{0}};
    load_classes(q, r->z + i * r->ldz, r->ldz, rows, n);
    if (sparse)
        label = load_column(r->t + i * r->ldt, r->ldt, rows);
    else
        load_classes(t, r->t + i * r->ldt, r->ldt, rows, n);
    for (size_t j = 0; j < n; j++)
        maximum = max(q[j], maximum);
    for (size_t j = 0; j < n; j++) {
        t[j] = sparse ? choose(label == broadcast((real)j), broadcast(1), zero) : muladd(t[j], keep, smooth);
        total += t[j];
        product = muladd(t[j], q[j] - maximum, product);
        q[j] = vexp(q[j] - maximum);
        sum += q[j];
    }
    logits_values(r, i, rows, sparse ? broadcast(1) : total, sum, product);
    real factors[LANES] __attribute__((aligned(VEC_BYTES))) = {0};
    for (size_t row = 0; row < rows; row++)
        factors[row] = (real)(r->scale * (r->sw ? (double)r->sw[i + row] : 1));
    const vec inverse = broadcast(1) / sum, factor = load(factors);
    for (size_t j = 0; j < n; j++) {
        q[j] *= inverse;
        t[j] = factor * muladd(q[j], sparse ? broadcast(1) : total, -t[j]);
    }
    if (r->p)
        store_classes(r->p + i * r->ldp, q, r->ldp, rows, n);
    if (r->dz)
        store_classes(r->dz + i * r->lddz, t, r->lddz, rows, n);
}

INLINE void logits_loss(const loss_rows *r, int sparse)
{
    for (size_t i = r->m0; i < r->m1; i += LANES) {
        const size_t rows = r->m1 - i < LANES ? r->m1 - i : LANES;
        if (r->n <= FEW_CLASSES) {
            few_logits(r, sparse, i, rows);
            continue;
        }
        logits_parts parts = {{0}, {0}, {0}};
        for (size_t lane = 0; lane < rows; lane++)
            logits_row(r, sparse, i + lane, lane, &parts);
        logits_values(r, i, rows, load(parts.total), load(parts.sum), load(parts.product));
    }
}

/* With q = z / sum(z), clipped to c: -sum(t log c). Where the clip holds q fast, no gradient passes. */
INLINE void probabilities_loss(const loss_rows *r, int sparse)
{
    const vec lowest = broadcast(PROBABILITY_LOWEST), highest = broadcast(PROBABILITY_HIGHEST);
    const size_t n = r->n;
    const double smoothing = sparse ? 0 : r->s[0];
    for (size_t i = r->m0; i < r->m1; i++) {
        const double weight = r->sw ? (double)r->sw[i] : 1;
        const real *z = r->z + i * r->ldz, *t = r->t + i * r->ldt;
        const vec inverse = broadcast(1 / row_sum(z, n));
        wide sum = {{{0}}}, passing = {{{0}}};
        for (size_t j = 0; j < n; j += WIDTH)
            for (size_t part = 0; part < PARTS && j + part * LANES < n; part++) {
                const size_t at = j + part * LANES, rest = n - at;
                vec q = load_some(z + at, rest) * inverse, target = class_targets(t, at, rest, sparse, smoothing, n);
                sum.part[part] = muladd(-target, vlog(min(highest, max(lowest, q))), sum.part[part]);
                passing.part[part] += choose((q < lowest) | (q > highest), broadcast(0), target);
            }
        r->losses[i] = weight * (double)wide_sum(&sum);
        if (!r->dz)
            continue;
        const vec factor = broadcast((real)(r->scale * weight)) * inverse, mean = broadcast(wide_sum(&passing));
        for (size_t at = 0; at < n; at += LANES) {
            vec q = load_some(z + at, n - at) * inverse, target = class_targets(t, at, n - at, sparse, smoothing, n);
            vec slope = choose((q < lowest) | (q > highest), broadcast(0), target / q);
            store_some(r->dz + i * r->lddz + at, factor * (mean - slope), n - at);
        }
    }
}

/* The value is the loss. */
INLINE void value_loss(const loss_rows *r)
{
    for (size_t i = r->m0; i < r->m1; i++) {
        const double weight = r->sw ? (double)r->sw[i] : 1;
        r->losses[i] = weight * (double)r->z[i * r->ldz];
        if (r->dz)
            r->dz[i * r->lddz] = (real)(r->scale * weight);
    }
}

static void loss(double *losses, void *dz, void *p, const void *z, const void *t, const void *sw, size_t lddz,
                 size_t ldp, size_t ldz, size_t ldt, size_t m0, size_t m1, size_t n, int kind, const double *s,
                 double scale)
{
    const loss_rows rows = {losses, dz, p, z, t, sw, lddz, ldp, ldz, ldt, m0, m1, n, s, scale};
    switch (kind) {
    case FM_MSE:
        mean_loss(&rows, FM_MSE);
        return;
    case FM_MAE:
        mean_loss(&rows, FM_MAE);
        return;
    case FM_HUBER:
        mean_loss(&rows, FM_HUBER);
        return;
    case FM_POISSON_LOG:
        mean_loss(&rows, FM_POISSON_LOG);
        return;
    case FM_BINARY_CROSSENTROPY:
        mean_loss(&rows, FM_BINARY_CROSSENTROPY);
        return;
    case FM_BINARY_CROSSENTROPY_LOGITS:
        mean_loss(&rows, FM_BINARY_CROSSENTROPY_LOGITS);
        return;
    case FM_CATEGORICAL_CROSSENTROPY:
        probabilities_loss(&rows, 0);
        return;
    case FM_CATEGORICAL_CROSSENTROPY_LOGITS:
        logits_loss(&rows, 0);
        return;
    case FM_SPARSE_CATEGORICAL_CROSSENTROPY:
        probabilities_loss(&rows, 1);
        return;
    case FM_SPARSE_CATEGORICAL_CROSSENTROPY_LOGITS:
        logits_loss(&rows, 1);
        return;
    case FM_VALUE_LOSS:
        value_loss(&rows);
        return;
    }
}
