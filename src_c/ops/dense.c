/* Products: x w + b with parameters, whose step may be fused, and with a fixed value.
 *
 * A result is divided among threads along its longer side, so that the factor which all of them read is the smaller
 * one; only a wide input gradient always by columns, as its transposed factor is. Where the result of forward is
 * divided by columns, the gradient of the weights is, too: a thread's part of them stays in its cache. */
#include "types.h"

typedef struct {
    fm_range rows, columns;
} block;

/* This thread's part of a result of m rows by n columns. Columns are divided in whole vectors, the same number for each
 * thread; those left over are divided by rows, in whole units. Returns the number of blocks. */
static size_t part_of_result(const fm_worker *worker, size_t m, size_t n, int by_columns, size_t unit, block blocks[2])
{
    const fm_range rows = fm_part(worker, m, unit);
    const size_t lanes = worker->plan->kernels->lanes;
    const size_t each = (n + lanes - 1) / lanes / worker->threads * lanes, t = worker->thread;
    size_t count = 0;
    if (by_columns && each > 0)
        blocks[count++] = (block){{0, m}, {t * each, (t + 1) * each < n ? (t + 1) * each : n}};
    const fm_range rest = {by_columns ? worker->threads * each : 0, n};
    if (rest.begin < rest.end && rows.begin < rows.end)
        blocks[count++] = (block){rows, rest};
    return count;
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
    block blocks[2];
    const size_t count = part_of_result(worker, rows, w.n, w.n > rows, 1, blocks);
    for (size_t i = 0; i < count; i++)
        kernels->dense_forward(y->data, x->data, x->order, w.data, bias, y->ld, x->ld, w.ld, blocks[i].rows.begin,
                               blocks[i].rows.end, w.k, blocks[i].columns.begin, blocks[i].columns.end, op->act, op->s);
}

/* dx = dy w^T, times the derivative of the activation that made x where this op is the one to multiply by it. */
typedef struct {
    const fm_value *x, *y;
    const char *a; /* what that derivative is computed from, or NULL */
    size_t rows;
    weights w;
    int accumulate;
} input_product;

static void narrow_input_gradient(const fm_worker *worker, const input_product *p)
{
    const fm_value *x = p->x, *y = p->y;
    const int by_columns = p->w.k > p->rows;
    block blocks[2];
    const size_t count = part_of_result(worker, p->rows, p->w.k, by_columns, 1, blocks);
    for (size_t i = 0; i < count; i++)
        fm_kernels_of(worker)->dense_backward_narrow(
            x->gradient, p->w.data, y->gradient, p->a, x->buffer_ld, p->w.ld, y->buffer_ld, x->ld, blocks[i].rows.begin,
            blocks[i].rows.end, blocks[i].columns.begin, blocks[i].columns.end, p->w.n, x->act, x->s, p->accumulate);
}

static void wide_input_gradient(const fm_worker *worker, const input_product *p)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = p->x, *y = p->y;
    const size_t ldt = fm_leading_dimension(p->rows, kernels->dtype);
    const fm_range k = fm_part(worker, p->w.k, kernels->lanes), n = fm_part(worker, p->w.n, kernels->lanes);
    char *scratch = worker->plan->scratch;
    if (n.begin < n.end)
        kernels->transpose(scratch, y->gradient, ldt, y->buffer_ld, p->rows, n.begin, n.end);
    fm_team_wait(worker->team);
    if (k.begin < k.end)
        kernels->dense_backward(x->gradient, p->w.data, scratch, p->a, x->buffer_ld, p->w.ld, ldt, x->ld, p->rows,
                                k.begin, k.end, p->w.n, x->act, x->s, p->accumulate);
}

/* All of w is read before the barrier at the end, and may be changed behind it. */
static void input_gradient(const fm_worker *worker, const fm_op *op, weights w)
{
    const fm_value *x = fm_input_of(worker, op, 0);
    const int slopes = x->act != FM_LINEAR && x->slope_op == (int)(op - worker->plan->ops);
    const input_product p = {x, fm_output_of(worker, op), slopes ? x->data : NULL, fm_rows_of(worker, x),
                             w, op->inputs[0].accumulate};
    if (w.n > FM_NARROW)
        wide_input_gradient(worker, &p);
    else
        narrow_input_gradient(worker, &p);
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

/* Parts of a gradient of weights, of products over so many rows. */
static size_t part_of_weights(const fm_worker *worker, weights w, size_t rows, block blocks[2])
{
    return part_of_result(worker, w.k, w.n, w.n > rows || w.n > w.k, worker->plan->kernels->lanes, blocks);
}

static void kernel_gradient(const fm_worker *worker, const fm_op *op, block part)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_param *w = &worker->plan->params[op->params[0]];
    const fm_binding *binding = fm_binding_of(worker, op->params[0]);
    char *gradient = fm_gradient_of(worker, op->params[0]);
    const fm_range k = part.rows, n = part.columns;
    const size_t rows = fm_rows_of(worker, x);
    if (gradient) {
        kernels->dense_gradient(gradient, x->data, x->order, y->gradient, w->ld, x->ld, y->buffer_ld, rows, k.begin,
                                k.end, n.begin, n.end, !op->firsts[0]);
        return;
    }
    const fm_step step = fm_step_of(worker, op->params[0]);
    kernels->dense_update(binding->weight, binding->slots, x->data, x->order, y->gradient, w->ld, x->ld, y->buffer_ld,
                          rows, k.begin, k.end, n.begin, n.end, &step);
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
    const fm_kernels *kernels = fm_kernels_of(worker);
    const weights w = kernel_of(worker, op);
    const size_t rows = fm_rows_of(worker, x);
    if (op->act != FM_LINEAR && y->slope_op == FM_NONE) {
        const fm_range lines = fm_part(worker, rows, 1);
        kernels->activation_backward(y->gradient, y->gradient, y->data, y->buffer_ld, y->buffer_ld, y->ld, lines.begin,
                                     lines.end, y->cols, op->act, op->s, 0);
        fm_team_wait(worker->team);
    }
    if (op->inputs[0].wanted)
        input_gradient(worker, op, w);
    if (fm_trains(worker, op, 0)) {
        block blocks[2];
        const size_t count = part_of_weights(worker, w, rows, blocks);
        for (size_t i = 0; i < count; i++)
            kernel_gradient(worker, op, blocks[i]);
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
    const size_t rows = fm_rows_of(worker, x);
    block blocks[2];
    const size_t count = part_of_weights(worker, factor_of(worker, op), rows, blocks);
    for (size_t i = 0; i < count; i++)
        kernels->dense_gradient(w->gradient, x->data, x->order, y->gradient, w->buffer_ld, x->ld, y->buffer_ld, rows,
                                blocks[i].rows.begin, blocks[i].rows.end, blocks[i].columns.begin,
                                blocks[i].columns.end, op->inputs[1].accumulate);
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
