/* One epoch of a linear threshold unit. The arithmetic is scikit-learn's to the last bit: one sum a product, from the
 * first column to the last, in double; weights and their products with rows in the dtype of the rows; nothing fused.
 *
 * One sum is as slow as its chain of additions. But few rows change the weights, so the products of the dense rows
 * ahead are made together, side by side, and those behind a row that did change them are made again. Sparse rows wait
 * for memory rather than for additions: each is taken by itself, and so are all rows where an L1 penalty changes the
 * weights every time. */

enum { AHEAD = 8, SHRUNK_AT_ONCE = 16, PIECE = 16 / sizeof(real), PER_LINE = FM_CACHE_LINE / sizeof(real) };

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

INLINE void perceptron_dense_product(const fm_perceptron *p, perceptron_view *view)
{
    const real *w = p->w, *x = perceptron_row(p, view->rows[0]);
    double sum = 0;
    for (size_t j = 0; j < p->cols; j++)
        sum += w[j] * x[j];
    view->products[0] = sum;
}

/* Asks memory for the row two places on: shuffled rows are short, and lie anywhere. */
INLINE void perceptron_fetch_sparse(const fm_perceptron *p, size_t place)
{
    if (place + 2 >= p->rows)
        return;
    const size_t row = (size_t)p->order[place + 2];
    for (int64_t at = p->x.starts[row]; at < p->x.starts[row + 1]; at += PER_LINE) {
        __builtin_prefetch(p->x.columns + at);
        __builtin_prefetch((const real *)p->x.data + at);
    }
}

INLINE void perceptron_sparse_product(const fm_perceptron *p, perceptron_view *view)
{
    const real *w = p->w, *x = p->x.data;
    const int64_t end = p->x.starts[view->rows[0] + 1];
    double sum = 0;
    perceptron_fetch_sparse(p, view->places[0]);
    for (int64_t at = p->x.starts[view->rows[0]]; at < end; at++)
        sum += w[p->x.columns[at]] * x[at];
    view->products[0] = sum;
}

INLINE void perceptron_products(const fm_perceptron *p, perceptron_view *view)
{
    if (p->x.columns)
        perceptron_sparse_product(p, view);
    else if (view->count == 1)
        perceptron_dense_product(p, view);
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
            if (p->normed) { /* at once, as a column may come twice */
                squares += *to * *to;
                absolutes += __builtin_fabs(*to);
            }
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

/* A weight brought towards zero, by no more than to zero, so that it has shrunk as much as `shrinkage` says (Tsuruoka,
 * Tsujii and Ananiadou, 2009: cumulative penalty). */
INLINE double perceptron_shrunk(double weight, double already, double shrinkage, double scale)
{
    const double sign = scale * weight;
    const double by = (shrinkage + (sign > 0 ? already : -already)) / scale, less = weight - by, more = weight + by;
    const double above = less > 0 ? less : 0, below = more < 0 ? more : 0;
    return sign > 0 ? above : sign < 0 ? below : weight;
}

/* For n weights side by side, of which the compiler makes vectors of double: hence the copies. */
INLINE void perceptron_shrink_some(real *w, real *shrunk, size_t n, double shrinkage, double scale)
{
    double from[SHRUNK_AT_ONCE] = {0}, already[SHRUNK_AT_ONCE] = {0}, to[SHRUNK_AT_ONCE];
    for (size_t j = 0; j < n; j++) {
        from[j] = w[j];
        already[j] = shrunk[j];
    }
    for (size_t j = 0; j < SHRUNK_AT_ONCE; j++)
        to[j] = perceptron_shrunk(from[j], already[j], shrinkage, scale);
    for (size_t j = 0; j < n; j++) {
        w[j] = (real)to[j];
        shrunk[j] = (real)(already[j] + scale * (w[j] - from[j]));
    }
}

INLINE void perceptron_shrink_dense(const fm_perceptron *p, double scale)
{
    real *w = p->w, *shrunk = p->shrunk;
    size_t j = 0;
    for (; j + SHRUNK_AT_ONCE <= p->cols; j += SHRUNK_AT_ONCE)
        perceptron_shrink_some(w + j, shrunk + j, SHRUNK_AT_ONCE, p->shrinkage, scale);
    perceptron_shrink_some(w + j, shrunk + j, p->cols - j, p->shrinkage, scale);
}

INLINE void perceptron_shrink_sparse(const fm_perceptron *p, size_t row)
{
    for (int64_t at = p->x.starts[row]; at < p->x.starts[row + 1]; at++) {
        real *w = (real *)p->w + p->x.columns[at], *shrunk = (real *)p->shrunk + p->x.columns[at];
        const double from = *w;
        *w = (real)perceptron_shrunk(from, *shrunk, p->shrinkage, p->scale);
        *shrunk = (real)(*shrunk + p->scale * (*w - from));
    }
}

INLINE void perceptron_shrink(fm_perceptron *p, size_t row)
{
    p->shrinkage += p->l1_ratio * p->rate * p->alpha;
    if (p->x.columns)
        perceptron_shrink_sparse(p, row);
    else if (p->scale == 1)
        perceptron_shrink_dense(p, 1); /* without the divisions */
    else
        perceptron_shrink_dense(p, p->scale);
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
        perceptron_collect(p, &view, place, p->shrunk || p->x.columns ? 1 : AHEAD);
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
