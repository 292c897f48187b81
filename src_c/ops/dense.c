/* Products: x w + b with parameters, whose step may be fused, and with a fixed value.
 *
 * Results are split by columns in whole vectors, so that a thread's part of the weights stays in its cache from forward
 * to update; vectors that don't divide evenly are split by rows. */
#include "types.h"

/* Columns in whole vectors: the same number for each thread, and those that are left over. */
static void column_parts(const fm_worker *worker, size_t n, fm_range *own, fm_range *rest)
{
    const size_t lanes = worker->plan->kernels->lanes;
    const size_t each = (n + lanes - 1) / lanes / worker->threads * lanes;
    *own = (fm_range){worker->thread * each, (worker->thread + 1) * each};
    *rest = (fm_range){worker->threads * each, n};
    if (own->end > n)
        own->end = n;
}

/* A matrix of weights: w (k, n). */
typedef struct {
    char *data;
    size_t k, n, ld;
} weights;

static weights kernel_of(const fm_worker *worker, const fm_op *op)
{
    const fm_param *w = &worker->plan->params[op->params[0]];
    return (weights){fm_weight_of(worker, op, 0), w->rows, w->cols, w->ld};
}

static weights factor_of(const fm_worker *worker, const fm_op *op)
{
    const fm_value *w = fm_input_of(worker, op, 1);
    return (weights){w->data, w->rows, w->cols, w->ld};
}

/* y = act(x w + b) */
static void product(const fm_worker *worker, const fm_op *op, weights w, const char *bias)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const size_t rows = fm_rows_of(worker, x);
    fm_range own, rest;
    column_parts(worker, w.n, &own, &rest);
    if (own.begin < own.end)
        kernels->dense_forward(y->data, x->data, w.data, bias, y->ld, x->ld, w.ld, 0, rows, w.k, own.begin, own.end,
                               op->act, op->s);
    const fm_range lines = fm_part(worker, rows, 1);
    if (rest.begin < rest.end && lines.begin < lines.end)
        kernels->dense_forward(y->data, x->data, w.data, bias, y->ld, x->ld, w.ld, lines.begin, lines.end, w.k,
                               rest.begin, rest.end, op->act, op->s);
}

/* dx = dy w^T, times the derivative of the activation that made x where this op is the one to multiply by it. All of w
 * is read before the barrier at the end, and may be changed behind it. */
static void input_gradient(const fm_worker *worker, const fm_op *op, weights w)
{
    const fm_plan *plan = worker->plan;
    const fm_kernels *kernels = plan->kernels;
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const char *a = x->act != FM_LINEAR && x->slope_op == (int)(op - plan->ops) ? x->data : NULL;
    const size_t rows = fm_rows_of(worker, x), ldt = fm_leading_dimension(rows, kernels->dtype);
    const int accumulate = op->inputs[0].accumulate;
    const fm_range k = fm_part(worker, w.k, kernels->lanes), n = fm_part(worker, w.n, kernels->lanes);
    if (w.n > FM_NARROW) {
        if (n.begin < n.end)
            kernels->transpose(plan->scratch, y->gradient, ldt, y->buffer_ld, rows, n.begin, n.end);
        fm_team_wait(worker->team);
    }
    if (k.begin < k.end) {
        if (w.n > FM_NARROW)
            kernels->dense_backward(x->gradient, w.data, plan->scratch, a, x->buffer_ld, w.ld, ldt, x->ld, rows,
                                    k.begin, k.end, w.n, x->act, x->s, accumulate);
        else
            kernels->dense_backward_narrow(x->gradient, w.data, y->gradient, a, x->buffer_ld, w.ld, y->buffer_ld, x->ld,
                                           rows, k.begin, k.end, w.n, x->act, x->s, accumulate);
    }
    fm_team_wait(worker->team);
}

/* dy^T */
static size_t product_scratch(const fm_plan *plan, const fm_op *op)
{
    const fm_value *x = fm_input_in(plan, op, 0), *y = fm_output_in(plan, op);
    if (!op->inputs[0].wanted)
        return 0;
    return y->buffer_ld * fm_leading_dimension(fm_max_rows(plan, x), plan->kernels->dtype) * plan->element;
}

/* ---- dense ---- */

static fm_status dense_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (op->params[0] == FM_NONE || fm_unary_shape(plan, op, y) != FM_OK)
        return FM_INVALID;
    const fm_param *w = &plan->params[op->params[0]];
    const fm_param *b = op->params[1] == FM_NONE ? NULL : &plan->params[op->params[1]];
    if (w->rows != y->cols || (b && (b->rows != 1 || b->cols != w->cols)))
        return FM_INVALID;
    y->cols = w->cols;
    return FM_OK;
}

static void dense_forward(const fm_worker *worker, const fm_op *op)
{
    product(worker, op, kernel_of(worker, op), fm_weight_of(worker, op, 1));
}

static void kernel_gradient(const fm_worker *worker, const fm_op *op, fm_range k, fm_range n)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_param *w = &worker->plan->params[op->params[0]];
    const fm_binding *binding = fm_binding_of(worker, op->params[0]);
    char *gradient = fm_gradient_of(worker, op->params[0]);
    const size_t rows = fm_rows_of(worker, x);
    if (k.begin >= k.end || n.begin >= n.end)
        return;
    if (gradient) {
        kernels->dense_gradient(gradient, x->data, y->gradient, w->ld, x->ld, y->buffer_ld, rows, k.begin, k.end,
                                n.begin, n.end, !op->firsts[0]);
        return;
    }
    const fm_step step = fm_step_of(worker, op->params[0]);
    kernels->dense_update(binding->weight, binding->slots, x->data, y->gradient, w->ld, x->ld, y->buffer_ld, rows,
                          k.begin, k.end, n.begin, n.end, &step);
}

static void bias_gradient(const fm_worker *worker, const fm_op *op)
{
    enum { CHUNK = 256 };
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *y = fm_output_of(worker, op);
    char *gradient = fm_gradient_of(worker, op->params[1]);
    const fm_range columns = fm_part(worker, y->cols, kernels->lanes);
    double scratch[CHUNK];
    for (size_t n = columns.begin; n < columns.end; n += CHUNK) {
        const fm_range r = {n, columns.end - n < CHUNK ? columns.end : n + CHUNK};
        char *sums = gradient ? fm_offset(worker, gradient, r.begin) : (char *)scratch;
        kernels->column_sums(sums, fm_offset(worker, y->gradient, r.begin), y->buffer_ld, fm_rows_of(worker, y), 0,
                             r.end - r.begin, gradient && !op->firsts[1]);
        if (!gradient)
            fm_elements_step(worker, op->params[1], sums, r.begin, r.end);
    }
}

static void dense_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const weights w = kernel_of(worker, op);
    if (op->act != FM_LINEAR && y->slope_op == FM_NONE) {
        const fm_range lines = fm_part(worker, fm_rows_of(worker, x), 1);
        worker->plan->kernels->activation_backward(y->gradient, y->gradient, y->data, y->buffer_ld, y->buffer_ld, y->ld,
                                                   lines.begin, lines.end, y->cols, op->act, op->s, 0);
        fm_team_wait(worker->team);
    }
    if (op->inputs[0].wanted)
        input_gradient(worker, op, w);
    if (fm_trains(worker, op, 0)) {
        fm_range own, rest;
        column_parts(worker, w.n, &own, &rest);
        kernel_gradient(worker, op, (fm_range){0, w.k}, own);
        kernel_gradient(worker, op, fm_part(worker, w.k, 1), rest);
    }
    if (op->params[0] == op->params[1])
        fm_team_wait(worker->team); /* the bias is added to the kernel's gradient, in other parts */
    if (fm_trains(worker, op, 1))
        bias_gradient(worker, op);
}

const fm_op_type fm_dense_type = {
    .shape = dense_shape, .forward = dense_forward, .backward = dense_backward, .scratch = product_scratch};

/* ---- with a fixed value ---- */

static fm_status matmul_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_same_shape(plan, op, 2, y) != FM_OK)
        return FM_INVALID;
    const fm_value *w = fm_input_in(plan, op, 1);
    if (!w->fixed || w->rows != y->cols)
        return FM_INVALID;
    y->cols = w->cols;
    return FM_OK;
}

static void matmul_forward(const fm_worker *worker, const fm_op *op)
{
    product(worker, op, factor_of(worker, op), NULL);
}

static void matmul_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *w = fm_input_of(worker, op, 1), *y = fm_output_of(worker, op);
    if (op->inputs[0].wanted)
        input_gradient(worker, op, factor_of(worker, op));
    if (!op->inputs[1].wanted)
        return;
    const fm_range n = fm_part(worker, w->cols, kernels->lanes);
    if (n.begin < n.end)
        kernels->dense_gradient(w->gradient, x->data, y->gradient, w->buffer_ld, x->ld, y->buffer_ld,
                                fm_rows_of(worker, x), 0, w->rows, n.begin, n.end, op->inputs[1].accumulate);
}

const fm_op_type fm_matmul_type = {
    .shape = matmul_shape, .forward = matmul_forward, .backward = matmul_backward, .scratch = product_scratch};

static fm_status transpose_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_unary_shape(plan, op, y) != FM_OK || !y->fixed)
        return FM_INVALID;
    *y = (fm_shape){y->cols, y->rows, 1};
    return FM_OK;
}

static void transpose_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range n = fm_part(worker, x->cols, 1);
    if (n.begin < n.end)
        fm_kernels_of(worker)->transpose(y->data, x->data, y->ld, x->ld, x->rows, n.begin, n.end);
}

static void transpose_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range n = fm_part(worker, x->rows, 1);
    if (n.begin >= n.end)
        return;
    kernels->transpose(worker->plan->scratch, y->gradient, x->buffer_ld, y->buffer_ld, y->rows, n.begin, n.end);
    kernels->copy(x->gradient, worker->plan->scratch, x->buffer_ld, x->buffer_ld, n.begin, n.end, x->cols,
                  op->inputs[0].accumulate);
}

static size_t transpose_scratch(const fm_plan *plan, const fm_op *op)
{
    const fm_value *x = fm_input_in(plan, op, 0);
    return x->rows * x->buffer_ld * plan->element;
}

const fm_op_type fm_transpose_type = {.shape = transpose_shape,
                                      .forward = transpose_forward,
                                      .backward = transpose_backward,
                                      .scratch = transpose_scratch};
