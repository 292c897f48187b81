/* What each op does, forward and backward, in terms of kernels, and how the team shares it.
 *
 * Threads call these functions together, each with its own fm_worker. Results of dense layers are split by columns in
 * whole vectors, so that a thread's part of the weights stays in its cache from forward to update; vectors that don't
 * divide evenly, and all else, are split by rows. No split changes the order in which one element is summed. */
#include "plan.h"

#include <string.h>

typedef struct {
    size_t begin, end;
} range;

void fm_worker_part(const fm_worker *worker, size_t total, size_t unit, size_t *begin, size_t *end)
{
    const size_t units = (total + unit - 1) / unit, each = units / worker->threads, rest = units % worker->threads;
    const size_t t = worker->thread;
    const size_t first = t * each + (t < rest ? t : rest), last = first + each + (t < rest);
    *begin = first * unit < total ? first * unit : total;
    *end = last * unit < total ? last * unit : total;
}

static range part(const fm_worker *worker, size_t total, size_t unit)
{
    range r;
    fm_worker_part(worker, total, unit, &r.begin, &r.end);
    return r;
}

/* Columns in whole vectors: the same number for each thread, and those that are left over. */
static void column_parts(const fm_worker *worker, size_t n, range *own, range *rest)
{
    const size_t lanes = worker->plan->kernels->lanes;
    const size_t each = (n + lanes - 1) / lanes / worker->threads * lanes;
    *own = (range){worker->thread * each, (worker->thread + 1) * each};
    *rest = (range){worker->threads * each, n};
    if (own->end > n)
        own->end = n;
}

static const fm_value *value_of(const fm_worker *worker, int i)
{
    return &worker->plan->values[i];
}

static size_t rows_of(const fm_worker *worker, const fm_value *v)
{
    return v->rows * worker->m;
}

static const fm_binding *binding_of(const fm_worker *worker, int parameter)
{
    return &worker->run->bindings[parameter];
}

static char *offset(const fm_worker *worker, char *p, size_t elements)
{
    return p ? p + elements * worker->plan->element : NULL;
}

char *fm_gradient_of(const fm_worker *worker, int i)
{
    const fm_binding *binding = binding_of(worker, i);
    return binding->gradient ? binding->gradient : worker->plan->params[i].shared;
}

/* One optimizer step on elements [begin, end) of a parameter; g[0] is the gradient of element `begin`. */
static void step_elements(const fm_worker *worker, int parameter, const char *g, range r)
{
    const fm_binding *binding = binding_of(worker, parameter);
    void *slots[FM_MAX_SLOTS];
    for (size_t i = 0; i < FM_MAX_SLOTS; i++)
        slots[i] = offset(worker, binding->slots[i], r.begin);
    worker->plan->kernels->optimizer_step(offset(worker, binding->weight, r.begin), slots, g, r.end - r.begin,
                                          (int)worker->run->optimizer, worker->h);
}

void fm_parameters_step(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    for (size_t i = 0; i < plan->n_params; i++) {
        const fm_param *p = &plan->params[i];
        char *gradient = fm_gradient_of(worker, (int)i);
        if (p->uses == 0 || !gradient)
            continue;
        const range r = part(worker, p->rows * p->ld, FM_CACHE_LINE);
        if (r.begin < r.end)
            step_elements(worker, (int)i, offset(worker, gradient, r.begin), r);
    }
}

/* ---- dense ---- */

static void dense_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_plan *plan = worker->plan;
    const fm_value *x = value_of(worker, op->inputs[0].value), *y = value_of(worker, op->out);
    const fm_param *w = &plan->params[op->kernel];
    const void *kernel = binding_of(worker, op->kernel)->weight;
    const void *bias = op->bias >= 0 ? binding_of(worker, op->bias)->weight : NULL;
    const size_t rows = rows_of(worker, x);
    range own, rest;
    column_parts(worker, w->cols, &own, &rest);
    if (own.begin < own.end)
        plan->kernels->dense_forward(y->data, x->data, kernel, bias, y->ld, x->ld, w->ld, 0, rows, w->rows, own.begin,
                                     own.end, op->act, op->s);
    const range lines = part(worker, rows, 1);
    if (rest.begin < rest.end && lines.begin < lines.end)
        plan->kernels->dense_forward(y->data, x->data, kernel, bias, y->ld, x->ld, w->ld, lines.begin, lines.end,
                                     w->rows, rest.begin, rest.end, op->act, op->s);
}

static void kernel_gradient(const fm_worker *worker, const fm_op *op, range k, range n)
{
    const fm_plan *plan = worker->plan;
    const fm_value *x = value_of(worker, op->inputs[0].value), *y = value_of(worker, op->out);
    const fm_param *w = &plan->params[op->kernel];
    const fm_binding *binding = binding_of(worker, op->kernel);
    char *gradient = fm_gradient_of(worker, op->kernel);
    const size_t rows = rows_of(worker, x);
    if (k.begin >= k.end || n.begin >= n.end)
        return;
    if (gradient)
        plan->kernels->dense_gradient(gradient, x->data, y->gradient, w->ld, x->ld, y->buffer_ld, rows, k.begin, k.end,
                                      n.begin, n.end, !op->kernel_first);
    else
        plan->kernels->dense_update(binding->weight, binding->slots, x->data, y->gradient, w->ld, x->ld, y->buffer_ld,
                                    rows, k.begin, k.end, n.begin, n.end, (int)worker->run->optimizer, worker->h);
}

static void bias_gradient(const fm_worker *worker, const fm_op *op)
{
    enum { CHUNK = 256 };
    const fm_plan *plan = worker->plan;
    const fm_value *y = value_of(worker, op->out);
    char *gradient = fm_gradient_of(worker, op->bias);
    const range columns = part(worker, plan->params[op->bias].cols, plan->kernels->lanes);
    double scratch[CHUNK];
    for (size_t n = columns.begin; n < columns.end; n += CHUNK) {
        const range r = {n, columns.end - n < CHUNK ? columns.end : n + CHUNK};
        char *sums = gradient ? offset(worker, gradient, r.begin) : (char *)scratch;
        plan->kernels->column_sums(sums, offset(worker, y->gradient, r.begin), y->buffer_ld, rows_of(worker, y), 0,
                                   r.end - r.begin, gradient && !op->bias_first);
        if (!gradient)
            step_elements(worker, op->bias, sums, r);
    }
}

/* All of w is read before the barrier at the end, and may be changed behind it. */
static void input_gradient(const fm_worker *worker, const fm_op *op)
{
    const fm_plan *plan = worker->plan;
    const fm_kernels *kernels = plan->kernels;
    const fm_value *x = value_of(worker, op->inputs[0].value), *y = value_of(worker, op->out);
    const fm_param *w = &plan->params[op->kernel];
    const void *kernel = binding_of(worker, op->kernel)->weight;
    const char *a = x->act != FM_LINEAR && x->slope_op == (int)(op - plan->ops) ? x->data : NULL;
    const size_t rows = rows_of(worker, x), ldt = fm_leading_dimension(rows, kernels->dtype);
    const int accumulate = op->inputs[0].accumulate;
    const range k = part(worker, w->rows, kernels->lanes), n = part(worker, w->cols, kernels->lanes);
    if (w->cols > FM_NARROW) {
        if (n.begin < n.end)
            kernels->transpose(plan->transposed, y->gradient, ldt, y->buffer_ld, rows, n.begin, n.end);
        fm_team_wait(worker->team);
    }
    if (k.begin < k.end) {
        if (w->cols > FM_NARROW)
            kernels->dense_backward(x->gradient, kernel, plan->transposed, a, x->buffer_ld, w->ld, ldt, x->ld, rows,
                                    k.begin, k.end, w->cols, x->act, x->s, accumulate);
        else
            kernels->dense_backward_narrow(x->gradient, kernel, y->gradient, a, x->buffer_ld, w->ld, y->buffer_ld,
                                           x->ld, rows, k.begin, k.end, w->cols, x->act, x->s, accumulate);
    }
    fm_team_wait(worker->team);
}

static void dense_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_plan *plan = worker->plan;
    const fm_value *x = value_of(worker, op->inputs[0].value), *y = value_of(worker, op->out);
    const fm_param *w = &plan->params[op->kernel];
    const size_t rows = rows_of(worker, x);
    if (op->act != FM_LINEAR && y->slope_op == FM_NONE) {
        const range lines = part(worker, rows, 1);
        plan->kernels->activation_backward(y->gradient, y->gradient, y->data, y->buffer_ld, y->buffer_ld, y->ld,
                                           lines.begin, lines.end, y->cols, op->act, op->s, 0);
        fm_team_wait(worker->team);
    }
    if (op->inputs[0].wanted)
        input_gradient(worker, op);
    if (w->trainable) {
        range own, rest;
        column_parts(worker, w->cols, &own, &rest);
        kernel_gradient(worker, op, (range){0, w->rows}, own);
        kernel_gradient(worker, op, part(worker, w->rows, 1), rest);
    }
    if (op->bias >= 0 && plan->params[op->bias].trainable)
        bias_gradient(worker, op);
}

/* ---- the others, split by rows ---- */

static void copy_rows(const fm_worker *worker, char *y, size_t ldy, const char *x, size_t ldx, size_t rows, size_t n,
                      int accumulate)
{
    const range r = part(worker, rows, 1);
    worker->plan->kernels->copy(y, x, ldy, ldx, r.begin, r.end, n, accumulate);
}

static void activation_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = worker->plan->kernels;
    const fm_value *x = value_of(worker, op->inputs[0].value), *y = value_of(worker, op->out);
    const range r = part(worker, rows_of(worker, x), 1);
    if (op->detail == FM_SOFTMAX)
        kernels->softmax_forward(y->data, x->data, y->ld, x->ld, r.begin, r.end, x->cols);
    else
        kernels->activation_forward(y->data, x->data, y->ld, x->ld, r.begin, r.end, x->cols, op->detail, op->s);
}

static void activation_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = worker->plan->kernels;
    const fm_value *x = value_of(worker, op->inputs[0].value), *y = value_of(worker, op->out);
    const range r = part(worker, rows_of(worker, x), 1);
    const int accumulate = op->inputs[0].accumulate;
    const fm_value *a = op->detail < FM_FIRST_FROM_INPUT ? y : x;
    if (op->detail == FM_SOFTMAX)
        kernels->softmax_backward(x->gradient, y->gradient, y->data, x->buffer_ld, y->buffer_ld, y->ld, r.begin, r.end,
                                  x->cols, accumulate);
    else
        kernels->activation_backward(x->gradient, y->gradient, a->data, x->buffer_ld, y->buffer_ld, a->ld, r.begin,
                                     r.end, x->cols, op->detail, op->s, accumulate);
}

/* A number for the stream of draws of one op at one step (the finaliser of SplitMix64, Steele et al. 2014). */
static uint64_t stream_key(const fm_worker *worker, const fm_op *op)
{
    uint64_t key = worker->run->seed;
    const uint64_t parts[] = {worker->step, (uint64_t)op->s[1]};
    for (size_t i = 0; i < 2; i++) {
        key += parts[i] + 0x9e3779b97f4a7c15u;
        key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
        key = (key ^ key >> 27) * 0x94d049bb133111ebu;
        key ^= key >> 31;
    }
    return key;
}

static void dropout(const fm_worker *worker, const fm_op *op, int backward)
{
    const fm_value *x = value_of(worker, op->inputs[0].value), *y = value_of(worker, op->out);
    const range r = part(worker, rows_of(worker, x), 1);
    if (backward)
        worker->plan->kernels->dropout(x->gradient, y->gradient, x->buffer_ld, y->buffer_ld, r.begin, r.end, x->cols,
                                       op->s[0], stream_key(worker, op), op->inputs[0].accumulate);
    else
        worker->plan->kernels->dropout(y->data, x->data, y->ld, x->ld, r.begin, r.end, x->cols, op->s[0],
                                       stream_key(worker, op), 0);
}

/* Copies the elements of samples of one shape to another, as long as both rows last. */
static void reshape(const fm_worker *worker, char *to, size_t to_cols, size_t ldto, const char *from, size_t from_cols,
                    size_t ldfrom, size_t elements, int accumulate)
{
    const fm_plan *plan = worker->plan;
    const range samples = part(worker, worker->m, 1);
    const size_t begin = samples.begin * elements, end = samples.end * elements;
    for (size_t i = begin, run; i < end; i += run) {
        const size_t to_left = to_cols - i % to_cols, from_left = from_cols - i % from_cols;
        run = to_left < from_left ? to_left : from_left;
        plan->kernels->copy(to + (i / to_cols * ldto + i % to_cols) * plan->element,
                            from + (i / from_cols * ldfrom + i % from_cols) * plan->element, 0, 0, 0, 1, run,
                            accumulate);
    }
}

static void add(const fm_worker *worker, const fm_op *op, int backward)
{
    const fm_value *y = value_of(worker, op->out);
    for (size_t i = 0; i < op->n_inputs; i++) {
        const fm_value *x = value_of(worker, op->inputs[i].value);
        const size_t rows = rows_of(worker, x);
        if (!backward)
            copy_rows(worker, y->data, y->ld, x->data, x->ld, rows, x->cols, i > 0);
        else if (op->inputs[i].wanted)
            copy_rows(worker, x->gradient, x->buffer_ld, y->gradient, y->buffer_ld, rows, x->cols,
                      op->inputs[i].accumulate);
    }
}

static void multiply(const fm_worker *worker, const fm_op *op, int backward)
{
    const fm_kernels *kernels = worker->plan->kernels;
    const fm_value *y = value_of(worker, op->out), *x[2];
    const range r = part(worker, rows_of(worker, y), 1);
    for (size_t i = 0; i < 2; i++)
        x[i] = value_of(worker, op->inputs[i].value);
    if (!backward)
        kernels->multiply(y->data, x[0]->data, x[1]->data, y->ld, x[0]->ld, x[1]->ld, r.begin, r.end, y->cols, 0);
    for (size_t i = 0; i < 2 && backward; i++)
        if (op->inputs[i].wanted)
            kernels->multiply(x[i]->gradient, y->gradient, x[1 - i]->data, x[i]->buffer_ld, y->buffer_ld, x[1 - i]->ld,
                              r.begin, r.end, y->cols, op->inputs[i].accumulate);
}

static void concatenate(const fm_worker *worker, const fm_op *op, int backward)
{
    const fm_value *y = value_of(worker, op->out);
    size_t column = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const fm_value *x = value_of(worker, op->inputs[i].value);
        const size_t rows = rows_of(worker, x);
        if (!backward)
            copy_rows(worker, offset(worker, y->data, column), y->ld, x->data, x->ld, rows, x->cols, 0);
        else if (op->inputs[i].wanted)
            copy_rows(worker, x->gradient, x->buffer_ld, offset(worker, y->gradient, column), y->buffer_ld, rows,
                      x->cols, op->inputs[i].accumulate);
        column += x->cols;
    }
}

void fm_op_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = value_of(worker, op->inputs[0].value), *y = value_of(worker, op->out);
    switch (op->kind) {
    case FM_OP_DENSE:
        dense_forward(worker, op);
        break;
    case FM_OP_ACTIVATION:
        activation_forward(worker, op);
        break;
    case FM_OP_DROPOUT:
        dropout(worker, op, 0);
        break;
    case FM_OP_RESHAPE:
        reshape(worker, y->data, y->cols, y->ld, x->data, x->cols, x->ld, x->rows * x->cols, 0);
        break;
    case FM_OP_ADD:
        add(worker, op, 0);
        break;
    case FM_OP_MULTIPLY:
        multiply(worker, op, 0);
        break;
    case FM_OP_CONCATENATE:
        concatenate(worker, op, 0);
        break;
    case FM_OP_COUNT:
        break;
    }
}

void fm_op_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = value_of(worker, op->inputs[0].value), *y = value_of(worker, op->out);
    switch (op->kind) {
    case FM_OP_DENSE:
        dense_backward(worker, op);
        return; /* its last barrier stands before the parameters' gradients, which no op reads */
    case FM_OP_ACTIVATION:
        activation_backward(worker, op);
        break;
    case FM_OP_DROPOUT:
        dropout(worker, op, 1);
        break;
    case FM_OP_RESHAPE:
        reshape(worker, x->gradient, x->cols, x->buffer_ld, y->gradient, y->cols, y->buffer_ld, x->rows * x->cols,
                op->inputs[0].accumulate);
        break;
    case FM_OP_ADD:
        add(worker, op, 1);
        break;
    case FM_OP_MULTIPLY:
        multiply(worker, op, 1);
        break;
    case FM_OP_CONCATENATE:
        concatenate(worker, op, 1);
        break;
    case FM_OP_COUNT:
        break;
    }
    fm_team_wait(worker->team);
}

/* ---- losses and metrics ---- */

static const char *weights_of(const fm_worker *worker, int target)
{
    return worker->run->weights && worker->run->weights[target].data ? worker->plan->targets[target].weights : NULL;
}

static void loss_rows(const fm_worker *worker, const fm_loss_term *l, int gradients)
{
    const fm_plan *plan = worker->plan;
    const fm_value *z = value_of(worker, l->z);
    const fm_value *p = l->probabilities >= 0 ? value_of(worker, l->probabilities) : NULL;
    const fm_target *t = &plan->targets[l->target];
    const size_t rows = rows_of(worker, z);
    const range r = part(worker, rows, 1);
    char *dz = gradients && z->has_gradient ? (l->accumulate ? l->gradient : z->gradient) : NULL;
    plan->kernels->loss(l->rows, dz, p ? p->data : NULL, z->data, t->data, weights_of(worker, l->target), z->buffer_ld,
                        p ? p->ld : 0, z->ld, t->ld, r.begin, r.end, z->cols, l->kind, l->s, l->weight / (double)rows);
    if (dz && l->accumulate)
        plan->kernels->copy(z->gradient, dz, z->buffer_ld, z->buffer_ld, r.begin, r.end, z->cols, 1);
}

void fm_losses(const fm_worker *worker, int gradients)
{
    const fm_plan *plan = worker->plan;
    for (size_t i = 0; i < plan->n_losses; i++)
        loss_rows(worker, &plan->losses[i], gradients);
    for (size_t i = 0; i < plan->n_metrics; i++) {
        const fm_metric_term *metric = &plan->metrics[i];
        const fm_value *v = value_of(worker, metric->value);
        const fm_target *t = &plan->targets[metric->target];
        const range r = part(worker, rows_of(worker, v), 1);
        plan->kernels->metric(metric->rows, v->data, t->data, v->ld, t->ld, r.begin, r.end, v->cols, metric->kind,
                              metric->s);
    }
}
