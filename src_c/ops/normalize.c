/* Batch normalization, split by columns, and layer normalization, split by rows, its parameters' gradients by columns.
 * Threads own whole cache lines of columns. */
#include "types.h"

enum { GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE };

static fm_range columns_of(const fm_worker *worker, const fm_value *x)
{
    return fm_part(worker, x->cols, FM_CACHE_LINE / worker->plan->element);
}

/* Whether each of the first n parameters is a vector of the input's columns; those before `required` may be none. */
static int are_vectors(const fm_plan *plan, const fm_op *op, size_t n, size_t required, size_t cols)
{
    for (size_t i = 0; i < FM_MAX_PARAMETERS; i++) {
        const int p = op->params[i];
        if (p == FM_NONE ? i >= required && i < n : i >= n || plan->params[p].rows != 1 || plan->params[p].cols != cols)
            return 0;
    }
    return 1;
}

/* Gives a parameter that is trained these elements of its gradient. */
static void give_gradient(const fm_worker *worker, const fm_op *op, size_t parameter, char *gradient, fm_range n)
{
    if (fm_trains(worker, op, parameter))
        fm_kernels_of(worker)->copy(fm_offset(worker, fm_gradient_of(worker, op->params[parameter]), n.begin),
                                    fm_offset(worker, gradient, n.begin), 0, 0, 0, 1, n.end - n.begin,
                                    !op->firsts[parameter]);
}

/* ---- over the batch ---- */

static fm_status batch_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_unary_shape(plan, op, y) != FM_OK || op->detail < 0 || op->detail >= FM_STATISTICS_COUNT)
        return FM_INVALID;
    return are_vectors(plan, op, MOVING_VARIANCE + 1, MOVING_MEAN, y->cols) ? FM_OK : FM_INVALID;
}

/* The batch's mean and variance, and the gradients of gamma and beta. */
static size_t batch_memory(const fm_plan *plan, const fm_op *op)
{
    return 4 * plan->params[op->params[MOVING_MEAN]].ld * plan->element;
}

typedef struct {
    char *mean, *variance, *dgamma, *dbeta;
} batch_vectors;

static batch_vectors batch_vectors_of(const fm_worker *worker, const fm_op *op)
{
    const size_t ld = worker->plan->params[op->params[MOVING_MEAN]].ld;
    batch_vectors v = {op->memory, fm_offset(worker, op->memory, ld), fm_offset(worker, op->memory, 2 * ld),
                       fm_offset(worker, op->memory, 3 * ld)};
    if (op->detail == FM_MOVING_STATISTICS) {
        v.mean = fm_weight_of(worker, op, MOVING_MEAN);
        v.variance = fm_weight_of(worker, op, MOVING_VARIANCE);
    }
    return v;
}

static void blend_moving(const fm_worker *worker, const fm_op *op, size_t parameter, char *present, fm_range n)
{
    char *moving = fm_weight_of(worker, op, parameter);
    fm_kernels_of(worker)->blend(fm_offset(worker, moving, n.begin), fm_offset(worker, present, n.begin),
                                 n.end - n.begin, op->s[1], 1 - op->s[1]);
}

static void batch_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const size_t rows = fm_rows_of(worker, x);
    const fm_range n = columns_of(worker, x);
    const batch_vectors v = batch_vectors_of(worker, op);
    if (n.begin >= n.end)
        return;
    if (op->detail == FM_BATCH_STATISTICS) {
        kernels->column_moments(v.mean, v.variance, x->data, x->ld, rows, n.begin, n.end);
        blend_moving(worker, op, MOVING_MEAN, v.mean, n);
        blend_moving(worker, op, MOVING_VARIANCE, v.variance, n);
    }
    kernels->normalize_columns(y->data, x->data, v.mean, v.variance, fm_weight_of(worker, op, GAMMA),
                               fm_weight_of(worker, op, BETA), y->ld, x->ld, 0, rows, n.begin, n.end, op->s[0]);
}

static void batch_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const size_t rows = fm_rows_of(worker, x);
    const fm_range n = columns_of(worker, x);
    const batch_vectors v = batch_vectors_of(worker, op);
    const int constant = op->detail == FM_MOVING_STATISTICS;
    if (n.begin >= n.end)
        return;
    kernels->normalize_columns_gradients(v.dgamma, v.dbeta, y->gradient, x->data, v.mean, v.variance, y->buffer_ld,
                                         x->ld, rows, n.begin, n.end, op->s[0]);
    if (op->inputs[0].wanted)
        kernels->normalize_columns_backward(x->gradient, y->gradient, x->data, v.mean, v.variance,
                                            fm_weight_of(worker, op, GAMMA), constant ? NULL : v.dgamma,
                                            constant ? NULL : v.dbeta, x->buffer_ld, y->buffer_ld, x->ld, rows, n.begin,
                                            n.end, op->s[0], op->inputs[0].accumulate);
    give_gradient(worker, op, GAMMA, v.dgamma, n);
    give_gradient(worker, op, BETA, v.dbeta, n);
}

const fm_op_type fm_batch_normalization_type = {
    .shape = batch_shape, .forward = batch_forward, .backward = batch_backward, .memory = batch_memory};

/* ---- within each row ---- */

static fm_status layer_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_unary_shape(plan, op, y) != FM_OK)
        return FM_INVALID;
    return are_vectors(plan, op, BETA + 1, BETA + 1, y->cols) ? FM_OK : FM_INVALID;
}

/* The moments of each row. */
static size_t layer_memory(const fm_plan *plan, const fm_op *op)
{
    return 2 * fm_max_rows(plan, fm_input_in(plan, op, 0)) * plan->element;
}

static void layer_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    fm_kernels_of(worker)->normalize_rows(y->data, op->memory, x->data, fm_weight_of(worker, op, GAMMA),
                                          fm_weight_of(worker, op, BETA), y->ld, x->ld, r.begin, r.end, x->cols,
                                          op->s[0]);
}

static void layer_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const size_t rows = fm_rows_of(worker, x);
    const fm_range r = fm_part(worker, rows, 1), n = columns_of(worker, x);
    if (op->inputs[0].wanted)
        kernels->normalize_rows_backward(x->gradient, y->gradient, x->data, op->memory, fm_weight_of(worker, op, GAMMA),
                                         x->buffer_ld, y->buffer_ld, x->ld, r.begin, r.end, x->cols,
                                         op->inputs[0].accumulate);
    if (n.begin < n.end && fm_trains(worker, op, GAMMA))
        kernels->normalize_rows_gradient(fm_gradient_of(worker, op->params[GAMMA]), y->gradient, x->data, op->memory,
                                         y->buffer_ld, x->ld, rows, n.begin, n.end, !op->firsts[GAMMA]);
    if (n.begin < n.end && fm_trains(worker, op, BETA))
        kernels->column_sums(fm_gradient_of(worker, op->params[BETA]), y->gradient, y->buffer_ld, rows, n.begin, n.end,
                             !op->firsts[BETA]);
}

const fm_op_type fm_layer_normalization_type = {
    .shape = layer_shape, .forward = layer_forward, .backward = layer_backward, .memory = layer_memory};
