/* One optimizer step, fm_optimizer says which formulas. Elements are independent of one another, so a step may be cut
 * anywhere. */

/* `rest` elements, at most one vector, of the weights w, the slots a and b, and the gradient g. */
INLINE void step_vector(int optimizer, real *w, real *a, real *b, const real *g, size_t rest, const double *h)
{
    const vec rate = broadcast((real)h[0]), gradient = load_some(g, rest);
    vec weight = load_some(w, rest);
    if (optimizer == FM_SGD) {
        weight = muladd(-rate, gradient, weight);
    } else if (optimizer == FM_ADAM) {
        const vec epsilon = broadcast((real)h[3]);
        vec m = load_some(a, rest), v = load_some(b, rest);
        m = muladd(gradient - m, broadcast((real)(1 - h[1])), m);
        v = muladd(muladd(gradient, gradient, -v), broadcast((real)(1 - h[2])), v);
        store_some(a, m, rest);
        store_some(b, v, rest);
        weight -= rate * m / (square_root(v) + epsilon);
    } else if (optimizer == FM_RMSPROP) {
        const vec rho = broadcast((real)h[1]), share = broadcast((real)(1 - h[1])), epsilon = broadcast((real)h[2]);
        const vec v = muladd(share * gradient, gradient, rho * load_some(a, rest));
        store_some(a, v, rest);
        weight -= rate * gradient / square_root(v + epsilon);
    } else {
        const vec momentum = broadcast((real)h[1]);
        vec velocity = muladd(momentum, load_some(a, rest), -rate * gradient);
        store_some(a, velocity, rest);
        weight += optimizer == FM_NESTEROV ? muladd(momentum, velocity, -rate * gradient) : velocity;
    }
    store_some(w, weight, rest);
}

INLINE void step_elements(int optimizer, real *w, real *a, real *b, const real *g, size_t n, const double *h)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        step_vector(optimizer, w + i, a + i, b + i, g + i, LANES, h);
    if (i < n)
        step_vector(optimizer, w + i, a + i, b + i, g + i, n - i, h);
}

/* Steps w[0 .. n) with the gradient g[0 .. n) and slots[j][offset .. offset + n). */
INLINE void step_row(real *w, real *const *slots, size_t offset, const real *g, size_t n, int optimizer,
                     const double *h)
{
    switch (optimizer) {
    case FM_SGD:
        step_elements(FM_SGD, w, w, w, g, n, h);
        return;
    case FM_MOMENTUM:
        step_elements(FM_MOMENTUM, w, slots[0] + offset, w, g, n, h);
        return;
    case FM_NESTEROV:
        step_elements(FM_NESTEROV, w, slots[0] + offset, w, g, n, h);
        return;
    case FM_ADAM:
        step_elements(FM_ADAM, w, slots[0] + offset, slots[1] + offset, g, n, h);
        return;
    case FM_RMSPROP:
        step_elements(FM_RMSPROP, w, slots[0] + offset, w, g, n, h);
        return;
    }
}

static void optimizer_step(void *w, void *const *slots, const void *g, size_t n, int optimizer, const double *h)
{
    step_row(w, (real *const *)slots, 0, g, n, optimizer, h);
}

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
