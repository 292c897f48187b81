/* One optimizer step; fm_optimizer says which formulas. Elements are independent of one another, so a step may be cut
 * anywhere. */

INLINE int slots_of(int optimizer)
{
    switch (optimizer) {
    case FM_SGD:
        return 0;
    case FM_MOMENTUM:
    case FM_NESTEROV:
    case FM_RMSPROP:
    case FM_ADAGRAD:
    case FM_LION:
        return 1;
    case FM_AMSGRAD:
    case FM_RMSPROP_CENTERED_MOMENTUM:
    case FM_LAMB:
        return 3;
    }
    return 2;
}

enum { MAX_STEP_SLOTS = 3 };

/* One vector of everything that a step reads and writes. */
typedef struct {
    vec w, g, slot[MAX_STEP_SLOTS];
} step_vecs;

/* mean + share (x - mean) */
INLINE vec toward(vec mean, vec x, double share)
{
    return muladd(x - mean, broadcast((real)share), mean);
}

/* share x^2 + (1 - share) mean: infinite it stays, as infinity - infinity would not. */
INLINE vec toward_square(vec mean, vec x, double share)
{
    return muladd(broadcast((real)share), x * x, broadcast((real)(1 - share)) * mean);
}

INLINE void momentum_formula(int optimizer, step_vecs *e, const double *h)
{
    const vec rate = broadcast((real)h[0]), momentum = broadcast((real)h[1]);
    vec *velocity = &e->slot[0];
    *velocity = muladd(momentum, *velocity, -rate * e->g);
    e->w += optimizer == FM_NESTEROV ? muladd(momentum, *velocity, -rate * e->g) : *velocity;
}

/* Those that keep the means m of the gradient and v of its square. */
INLINE void adam_formula(int optimizer, step_vecs *e, const double *h)
{
    const vec rate = broadcast((real)h[0]), epsilon = broadcast((real)h[3]);
    vec *m = &e->slot[0], *v = &e->slot[1];
    *m = toward(*m, e->g, 1 - h[1]);
    *v = toward_square(*v, e->g, 1 - h[2]);
    if (optimizer == FM_ADAM) {
        e->w -= rate * *m / (square_root(*v) + epsilon);
    } else if (optimizer == FM_AMSGRAD) {
        e->slot[2] = max(e->slot[2], *v);
        e->w -= rate * *m / (square_root(e->slot[2]) + epsilon);
    } else if (optimizer == FM_NADAM) {
        const vec ahead = muladd(broadcast((real)h[4]), *m, broadcast((real)h[5]) * e->g);
        e->w -= rate * ahead / (square_root(broadcast((real)h[6]) * *v) + epsilon);
    } else {
        e->slot[2] = broadcast((real)h[4]) * *m / (square_root(broadcast((real)h[5]) * *v) + epsilon);
    }
}

INLINE void adamax_formula(step_vecs *e, const double *h)
{
    vec *m = &e->slot[0], *u = &e->slot[1];
    *m = toward(*m, e->g, 1 - h[1]);
    *u = max(broadcast((real)h[2]) * *u, absolute(e->g));
    e->w -= broadcast((real)h[0]) * *m / (*u + broadcast((real)h[3]));
}

INLINE void rmsprop_formula(int optimizer, step_vecs *e, const double *h)
{
    const vec rate = broadcast((real)h[0]);
    vec *v = &e->slot[0];
    *v = toward_square(*v, e->g, 1 - h[1]);
    vec spread = *v;
    if (optimizer == FM_RMSPROP_CENTERED || optimizer == FM_RMSPROP_CENTERED_MOMENTUM) {
        vec *mean = &e->slot[optimizer == FM_RMSPROP_CENTERED ? 1 : 2];
        *mean = toward(*mean, e->g, 1 - h[1]);
        spread -= *mean * *mean;
    }
    vec change = rate * e->g / square_root(spread + broadcast((real)h[2]));
    if (optimizer == FM_RMSPROP_MOMENTUM || optimizer == FM_RMSPROP_CENTERED_MOMENTUM)
        e->slot[1] = change = muladd(broadcast((real)h[3]), e->slot[1], change);
    e->w -= change;
}

INLINE void adagrad_formula(step_vecs *e, const double *h)
{
    vec *total = &e->slot[0];
    *total = muladd(e->g, e->g, *total);
    e->w -= broadcast((real)h[0]) * e->g / square_root(*total + broadcast((real)h[1]));
}

INLINE void adadelta_formula(step_vecs *e, const double *h)
{
    const vec epsilon = broadcast((real)h[2]);
    vec *gradients = &e->slot[0], *changes = &e->slot[1];
    *gradients = toward_square(*gradients, e->g, 1 - h[1]);
    const vec change = square_root(*changes + epsilon) * e->g / square_root(*gradients + epsilon);
    *changes = toward_square(*changes, change, 1 - h[1]);
    e->w -= broadcast((real)h[0]) * change;
}

/* x^power for x >= 0; element by element unless it is the square root, as which it is nearly always wanted. */
INLINE vec root(vec x, double power)
{
    if (power == 0.5)
        return square_root(x);
    for (int i = 0; i < LANES; i++)
        x[i] = (real)__builtin_pow((double)x[i], power);
    return x;
}

INLINE void ftrl_formula(step_vecs *e, const double *h)
{
    const vec rate = broadcast((real)h[0]), l1 = broadcast((real)h[2]), zero = {0};
    vec *total = &e->slot[0], *linear = &e->slot[1];
    const vec before = root(*total, -h[1]);
    *total = muladd(e->g, e->g, *total);
    const vec after = root(*total, -h[1]);
    const vec shrunk = muladd(broadcast((real)(2 * h[4])), e->w, e->g);
    *linear += shrunk - (after - before) / rate * e->w;
    const vec curvature = after / rate + broadcast((real)(2 * h[3] + h[5] / h[0]));
    const vec minimum = (min(l1, max(-l1, *linear)) - *linear) / curvature;
    e->w = choose(curvature == zero, zero, minimum); /* nothing seen yet: padding */
}

INLINE void lion_formula(step_vecs *e, const double *h)
{
    vec *m = &e->slot[0];
    const vec ahead = muladd(broadcast((real)h[1]), *m, broadcast((real)(1 - h[1])) * e->g);
    e->w -= broadcast((real)h[0]) * activate(FM_SIGN, ahead, NULL);
    *m = muladd(broadcast((real)h[2]), *m, broadcast((real)(1 - h[2])) * e->g);
}

INLINE void schedule_free_formula(step_vecs *e, const double *h)
{
    const vec beta = broadcast((real)h[1]), rest = broadcast((real)(1 - h[1]));
    vec *z = &e->slot[0], *v = &e->slot[1];
    *v = toward_square(*v, e->g, 1 - h[2]);
    vec mean = (e->w - rest * *z) / beta;
    *z -= broadcast((real)h[0]) * e->g / (square_root(broadcast((real)h[5]) * *v) + broadcast((real)h[3]));
    mean = toward(mean, *z, h[6]);
    e->w = muladd(rest, *z, beta * mean);
}

INLINE void formula(int optimizer, step_vecs *e, const double *h)
{
    switch (optimizer) {
    case FM_SGD:
        e->w = muladd(-broadcast((real)h[0]), e->g, e->w);
        return;
    case FM_MOMENTUM:
    case FM_NESTEROV:
        momentum_formula(optimizer, e, h);
        return;
    case FM_ADAM:
    case FM_AMSGRAD:
    case FM_NADAM:
    case FM_LAMB:
        adam_formula(optimizer, e, h);
        return;
    case FM_ADAMAX:
        adamax_formula(e, h);
        return;
    case FM_RMSPROP:
    case FM_RMSPROP_MOMENTUM:
    case FM_RMSPROP_CENTERED:
    case FM_RMSPROP_CENTERED_MOMENTUM:
        rmsprop_formula(optimizer, e, h);
        return;
    case FM_ADAGRAD:
        adagrad_formula(e, h);
        return;
    case FM_ADADELTA:
        adadelta_formula(e, h);
        return;
    case FM_FTRL:
        ftrl_formula(e, h);
        return;
    case FM_LION:
        lion_formula(e, h);
        return;
    case FM_SCHEDULE_FREE:
        schedule_free_formula(e, h);
        return;
    }
}

/* `rest` elements, at most one vector, from element i on; l2 is 2 step->l2. */
INLINE void step_vector(int optimizer, real *w, real *const *slots, const real *g, size_t i, size_t rest,
                        const double *h, vec l2)
{
    step_vecs e = {.w = load_some(w + i, rest)};
    e.g = muladd(l2, e.w, load_some(g + i, rest));
    for (int j = 0; j < slots_of(optimizer); j++)
        e.slot[j] = load_some(slots[j] + i, rest);
    formula(optimizer, &e, h);
    for (int j = 0; j < slots_of(optimizer); j++)
        store_some(slots[j] + i, e.slot[j], rest);
    store_some(w + i, e.w, rest);
}

/* Matrices of weights, slots and gradients; offset is where the part to be stepped begins in the slots. */
typedef struct {
    real *w;
    real *const *slots;
    const real *g;
    size_t offset, ldw, ldg, m, n;
} step_args;

/* Everything is copied to where no store can be suspected to change it: so it stays in registers. */
INLINE void step_matrix(int optimizer, const size_t n, const step_args *args, const fm_step *step)
{
    const step_args a = *args;
    double h[FM_MAX_SCALARS];
    memcpy(h, step->h, sizeof h);
    const vec l2 = broadcast((real)(2 * step->l2));
    real *w = a.w, *slots[MAX_STEP_SLOTS] = {NULL};
    const real *g = a.g;
    for (int j = 0; j < slots_of(optimizer); j++)
        slots[j] = a.slots[j] + a.offset;
    for (size_t row = 0; row < a.m; row++) {
        size_t i = 0;
#pragma GCC unroll 4
        for (; i + LANES <= n; i += LANES)
            step_vector(optimizer, w, slots, g, i, LANES, h, l2);
        if (i < n)
            step_vector(optimizer, w, slots, g, i, n - i, h, l2);
        w += a.ldw;
        g += a.ldg;
        for (int j = 0; j < slots_of(optimizer); j++)
            slots[j] += a.ldw;
    }
}

/* One function for each optimizer, so that a product looks its own up once and not for every tile. */
typedef void step_function(const step_args *a, const fm_step *step);

#define STEP(optimizer)                                                                                                \
    static void step_##optimizer(const step_args *a, const fm_step *step)                                              \
    {                                                                                                                  \
        if (a->n == TILE_VECS * LANES)                                                                                 \
            step_matrix(optimizer, TILE_VECS * LANES, a, step);                                                        \
        else                                                                                                           \
            step_matrix(optimizer, a->n, a, step);                                                                     \
    }

STEP(FM_SGD)
STEP(FM_MOMENTUM)
STEP(FM_NESTEROV)
STEP(FM_ADAM)
STEP(FM_AMSGRAD)
STEP(FM_ADAMAX)
STEP(FM_NADAM)
STEP(FM_RMSPROP)
STEP(FM_RMSPROP_MOMENTUM)
STEP(FM_RMSPROP_CENTERED)
STEP(FM_RMSPROP_CENTERED_MOMENTUM)
STEP(FM_ADAGRAD)
STEP(FM_ADADELTA)
STEP(FM_FTRL)
STEP(FM_LION)
STEP(FM_LAMB)
STEP(FM_SCHEDULE_FREE)
#undef STEP

#define STEP(optimizer) [optimizer] = step_##optimizer
static step_function *const FORMULAS[FM_OPTIMIZER_COUNT] = {
    STEP(FM_SGD),
    STEP(FM_MOMENTUM),
    STEP(FM_NESTEROV),
    STEP(FM_ADAM),
    STEP(FM_AMSGRAD),
    STEP(FM_ADAMAX),
    STEP(FM_NADAM),
    STEP(FM_RMSPROP),
    STEP(FM_RMSPROP_MOMENTUM),
    STEP(FM_RMSPROP_CENTERED),
    STEP(FM_RMSPROP_CENTERED_MOMENTUM),
    STEP(FM_ADAGRAD),
    STEP(FM_ADADELTA),
    STEP(FM_FTRL),
    STEP(FM_LION),
    STEP(FM_LAMB),
    STEP(FM_SCHEDULE_FREE),
};
#undef STEP

/* ---- what comes before the formula ---- */

/* The L2 penalty alone is part of it: nearly every step of scikit-learn's has one. */
INLINE int is_plain(const fm_step *step)
{
    return step->l1 == 0 && step->clip == 0 && step->decay == 0;
}

INLINE vec penalized(vec g, vec w, double l1, double l2)
{
    return muladd(broadcast((real)(2 * l2)), w, muladd(broadcast((real)l1), activate(FM_SIGN, w, NULL), g));
}

/* Decays n weights and gives their gradient, with penalties and clipped, to `to`, which may be g. */
INLINE void before_formula(real *to, real *w, const real *g, size_t n, const fm_step *step)
{
    const vec clip = broadcast((real)step->clip), decay = broadcast((real)-step->decay);
    for (size_t i = 0; i < n; i += LANES) {
        const vec weight = load_some(w + i, n - i);
        vec gradient = penalized(load_some(g + i, n - i), weight, step->l1, step->l2);
        if (step->clip != 0)
            gradient = min(clip, max(-clip, gradient));
        if (step->decay != 0)
            store_some(w + i, muladd(decay, weight, weight), n - i);
        store_some(to + i, gradient, n - i);
    }
}

static void optimizer_prepare(void *g, void *w, size_t n, const fm_step *step)
{
    before_formula(g, w, g, n, step);
}

enum { STEP_CHUNK = 256 };

static void step_with_terms(const step_args *a, const fm_step *step)
{
    real gradient[STEP_CHUNK] __attribute__((aligned(VEC_BYTES)));
    fm_step rest = *step;
    rest.l2 = 0;
    for (size_t row = 0; row < a->m; row++)
        for (size_t i = 0; i < a->n; i += STEP_CHUNK) {
            const size_t n = a->n - i < STEP_CHUNK ? a->n - i : STEP_CHUNK, at = row * a->ldw + i;
            before_formula(gradient, a->w + at, a->g + row * a->ldg + i, n, step);
            FORMULAS[step->optimizer](&(step_args){a->w + at, a->slots, gradient, a->offset + at, 0, 0, 1, n}, &rest);
        }
}

/* What is to be called for a step on any matrix. */
INLINE step_function *step_function_of(const fm_step *step)
{
    return is_plain(step) ? FORMULAS[step->optimizer] : step_with_terms;
}

static void optimizer_step(void *w, void *const *slots, const void *g, size_t n, const fm_step *step)
{
    step_function_of(step)(&(step_args){w, (real *const *)slots, g, 0, 0, 0, 1, n}, step);
}

/* ---- for steps that need more than one pass ---- */

static void blend(void *y, const void *x, size_t n, double a, double b)
{
    real *to = y;
    const real *from = x;
    for (size_t i = 0; i < n; i += LANES)
        store_some(
            to + i,
            muladd(broadcast((real)b), load_some(from + i, n - i), broadcast((real)a) * load_some(to + i, n - i)),
            n - i);
}

/* The squares of up to SQUARES_CHUNK elements are summed as reals, the chunks as doubles. */
enum { SQUARES_CHUNK = 4096 };

static double square_sum(const void *a, size_t n)
{
    const real *x = a;
    double total = 0;
    for (size_t i = 0; i < n; i += SQUARES_CHUNK) {
        const size_t end = n - i < SQUARES_CHUNK ? n : i + SQUARES_CHUNK;
        wide sum = {0};
        for (size_t j = i; j < end; j += WIDTH)
#pragma GCC unroll 4
            for (size_t p = 0; p < PARTS; p++) {
                const size_t at = j + p * LANES;
                const vec v = at < end ? load_some(x + at, end - at) : (vec){0};
                sum.part[p] = muladd(v, v, sum.part[p]);
            }
        total += (double)wide_sum(&sum);
    }
    return total;
}
