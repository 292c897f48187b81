/* One epoch of a linear threshold unit. The arithmetic is scikit-learn's to the last bit: one sum a product, from the
 * first column to the last, in double; weights and their products with rows in the dtype of the rows; nothing fused.
 *
 * One sum is as slow as its chain of additions. But few rows change the weights, so the products of the rows ahead are
 * made together, side by side, and those behind a row that did change them are made again. */

enum { AHEAD = 8, PIECE = 16 / sizeof(real) };

typedef double pair __attribute__((vector_size(16)));
typedef real piece __attribute__((vector_size(16)));
typedef real unaligned_piece __attribute__((vector_size(16), aligned(sizeof(real)), may_alias));

/* Rows whose products with the present weights are known. */
typedef struct {
    size_t count;
    size_t rows[AHEAD];
    size_t places[AHEAD]; /* in the order */
    double products[AHEAD];
} perceptron_view;

INLINE const real *perceptron_row(const fm_perceptron *p, size_t row)
{
    return (const real *)((const char *)p->x.data + row * p->x.stride);
}

/* The rows from `place` on that are learned from. */
INLINE void perceptron_collect(const fm_perceptron *p, perceptron_view *view, size_t place, size_t most)
{
    view->count = 0;
    for (; place < p->rows && view->count < most; place++) {
        const size_t row = (size_t)p->order[place];
        view->rows[view->count] = row;
        view->places[view->count] = place;
        view->count += !p->held_out[row];
    }
}

/* Two rows a vector: the lanes are sums of their own. */
INLINE void perceptron_dense_products(const fm_perceptron *p, perceptron_view *view)
{
    const real *w = p->w, *x[AHEAD];
    pair sums[AHEAD / 2] = {{0}};
    size_t j = 0;
    for (size_t i = 0; i < AHEAD; i++)
        x[i] = perceptron_row(p, view->rows[i < view->count ? i : view->count - 1]);
    for (; j + PIECE <= p->cols; j += PIECE) {
        const piece v = *(const unaligned_piece *)(w + j);
#pragma GCC unroll 8
        for (int i = 0; i < AHEAD; i += 2) {
            const piece a = v * *(const unaligned_piece *)(x[i] + j), b = v * *(const unaligned_piece *)(x[i + 1] + j);
#pragma GCC unroll 4
            for (int c = 0; c < PIECE; c++)
                sums[i / 2] += (pair){a[c], b[c]};
        }
    }
    for (; j < p->cols; j++)
#pragma GCC unroll 8
        for (int i = 0; i < AHEAD; i += 2)
            sums[i / 2] += (pair){w[j] * x[i][j], w[j] * x[i + 1][j]};
    for (size_t i = 0; i < AHEAD; i++)
        view->products[i] = sums[i / 2][i % 2];
}

INLINE void perceptron_sparse_products(const fm_perceptron *p, perceptron_view *view)
{
    const real *w = p->w, *x = p->x.data;
    for (size_t i = 0; i < view->count; i++) {
        double sum = 0;
        for (int64_t at = p->x.starts[view->rows[i]]; at < p->x.starts[view->rows[i] + 1]; at++)
            sum += w[p->x.columns[at]] * x[at];
        view->products[i] = sum;
    }
}

INLINE void perceptron_products(const fm_perceptron *p, perceptron_view *view)
{
    if (p->x.columns)
        perceptron_sparse_products(p, view);
    else
        perceptron_dense_products(p, view);
}

/* ---- what a row changes ---- */

/* w += step * row, and the norms of what it touched. */
INLINE void perceptron_add(fm_perceptron *p, size_t row, real update)
{
    const real scale = (real)p->scale, step = update / scale;
    real *w = p->w;
    double squares = 0, absolutes = 0;
    if (p->x.columns) {
        const real *x = p->x.data;
        for (int64_t at = p->x.starts[row]; at < p->x.starts[row + 1]; at++) {
            real *to = w + p->x.columns[at];
            *to = (real)(*to + (double)x[at] * step);
            squares += *to * *to;
            absolutes += __builtin_fabs(*to);
        }
    } else {
        const real *restrict x = perceptron_row(p, row);
        real *restrict to = w;
        for (size_t j = 0; j < p->cols; j++)
            to[j] = (real)(to[j] + (double)x[j] * step);
        for (size_t j = 0; j < p->cols && p->normed; j++) {
            squares += to[j] * to[j];
            absolutes += __builtin_fabs(to[j]);
        }
    }
    p->square_norm = squares * (scale * scale);
    p->absolute_norm = absolutes * scale;
}

/* Multiplies all weights by `decay`; says whether w itself changed, as it does when the scale gets too small. */
INLINE int perceptron_decay(fm_perceptron *p, real decay)
{
    const double smallest = FM_REAL_BITS == 32 ? 1e-6 : 1e-9;
    real *w = p->w;
    p->scale *= decay;
    p->square_norm *= decay * decay;
    p->absolute_norm *= decay;
    if (!(p->scale < smallest))
        return 0;
    for (size_t j = 0; j < p->cols; j++)
        w[j] *= (real)p->scale;
    p->scale = 1;
    return 1;
}

/* Brings a weight towards zero, by no more than to zero, until it has shrunk as much as `shrinkage` says (Tsuruoka,
 * Tsujii and Ananiadou, 2009: cumulative penalty). */
INLINE void perceptron_shrink_one(real *w, real *shrunk, double shrinkage, double scale)
{
    const double from = *w, sign = scale * from;
    const double less = from - (shrinkage + *shrunk) / scale, more = from + (shrinkage - *shrunk) / scale;
    const double above = less > 0 ? less : 0, below = more < 0 ? more : 0;
    *w = (real)(sign > 0 ? above : sign < 0 ? below : from);
    *shrunk = (real)(*shrunk + scale * (*w - from));
}

INLINE void perceptron_shrink(fm_perceptron *p, size_t row)
{
    real *restrict w = p->w, *restrict shrunk = p->shrunk;
    const double shrinkage = p->shrinkage, scale = p->scale;
    if (p->x.columns)
        for (int64_t at = p->x.starts[row]; at < p->x.starts[row + 1]; at++)
            perceptron_shrink_one(&w[p->x.columns[at]], &shrunk[p->x.columns[at]], shrinkage, scale);
    else
        for (size_t j = 0; j < p->cols; j++)
            perceptron_shrink_one(&w[j], &shrunk[j], shrinkage, scale);
}

INLINE double perceptron_penalty(const fm_perceptron *p)
{
    const real norm = (real)__builtin_sqrt(p->square_norm);
    return p->alpha * ((1 - p->l1_ratio) * 0.5 * (norm * norm) + p->l1_ratio * (real)p->absolute_norm);
}

/* Learns from a row whose product with w is known; says whether w changed. */
INLINE int perceptron_learn(fm_perceptron *p, size_t row, double product)
{
    const int positive = p->positive[row], sign = positive ? 1 : -1;
    const double margin = sign * ((real)(product * p->scale) + p->intercept);
    const int mistaken = margin <= 0;
    const real weight = (real)p->class_weights[positive] * ((const real *)p->row_weights)[row];
    const double update = (mistaken ? sign * p->rate : 0) * weight;
    int changed = 0;
    p->loss += mistaken ? -margin : 0;
    p->objective += mistaken ? -margin : 0;
    if (p->penalized) {
        const double decay = 1 - (1 - p->l1_ratio) * p->rate * p->alpha;
        p->objective += perceptron_penalty(p);
        changed = perceptron_decay(p, (real)(decay > 0 ? decay : 0));
    }
    if (update != 0) {
        perceptron_add(p, row, (real)update);
        p->intercept += update * p->intercept_rate;
        changed = 1;
    }
    if (p->shrunk) {
        p->shrinkage += p->l1_ratio * p->rate * p->alpha;
        perceptron_shrink(p, row);
        changed = 1;
    }
    p->steps++;
    return changed;
}

static void perceptron_epoch(fm_perceptron *p)
{
    perceptron_view view;
    size_t place = 0;
    p->loss = p->objective = 0;
    for (;;) {
        perceptron_collect(p, &view, place, p->shrunk ? 1 : AHEAD);
        if (!view.count)
            break;
        perceptron_products(p, &view);
        for (size_t i = 0; i < view.count; i++) {
            place = view.places[i] + 1;
            if (perceptron_learn(p, view.rows[i], view.products[i]))
                break;
        }
    }
}

/* x - x is 0 but for infinities and NaN. */
static int all_finite(const void *a, size_t n)
{
    const real *x = a;
    int finite = 1;
    for (size_t j = 0; j < n; j++)
        finite &= x[j] - x[j] == 0;
    return finite;
}
