/* Ops that make many numbers one: along the rows, split by rows, and over the batch, split by columns. */
#include "types.h"

void fm_sum_rows(const fm_worker *worker, const fm_value *x, char *y, size_t ldy, const char *d, size_t ldd,
                 size_t rows, int accumulate)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const size_t groups = fm_rows_of(worker, x), count = rows / groups;
    const size_t next_group = x->fixed ? 1 : count, next = x->fixed ? groups : 1;
    const fm_range all = {0, groups}, own = fm_part(worker, groups, 1);
    const fm_range columns = groups > 1 ? (fm_range){0, x->cols} : fm_part(worker, x->cols, kernels->lanes);
    const fm_range r = groups > 1 ? own : all;
    for (size_t i = r.begin; i < r.end && columns.begin < columns.end; i++)
        kernels->column_sums(fm_offset(worker, y, i * ldy), d + i * next_group * ldd * worker->plan->element,
                             next * ldd, count, columns.begin, columns.end, accumulate);
}

/* ---- along the rows ---- */

static fm_status reduce_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_unary_shape(plan, op, y) != FM_OK || op->detail < 0 || op->detail >= FM_REDUCTION_COUNT)
        return FM_INVALID;
    y->cols = 1;
    return FM_OK;
}

static void reduce_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    fm_kernels_of(worker)->reduce_forward(y->data, x->data, y->ld, x->ld, r.begin, r.end, x->cols, op->detail);
}

static void reduce_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    fm_kernels_of(worker)->reduce_backward(x->gradient, y->gradient, x->data, y->data, x->buffer_ld, y->buffer_ld,
                                           x->ld, y->ld, r.begin, r.end, x->cols, op->detail, op->inputs[0].accumulate);
}

static int reduce_blocks(const fm_op *op)
{
    return op->detail == FM_ARGMAX || op->detail == FM_ARGMIN;
}

const fm_op_type fm_reduce_type = {
    .shape = reduce_shape, .forward = reduce_forward, .backward = reduce_backward, .blocks = reduce_blocks};

/* ---- over the batch ---- */

static fm_status batch_reduce_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    const int known = op->detail == FM_SUM || op->detail == FM_MEAN;
    if (fm_unary_shape(plan, op, y) != FM_OK || y->fixed || !known)
        return FM_INVALID;
    y->fixed = 1;
    return FM_OK;
}

/* What every row of x counts. */
static double batch_scale(const fm_worker *worker, const fm_op *op)
{
    return op->detail == FM_MEAN ? 1 / (double)worker->m : 1;
}

static void batch_reduce_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    fm_sum_rows(worker, y, y->data, y->ld, x->data, x->ld, fm_rows_of(worker, x), 0);
    if (op->detail != FM_MEAN)
        return;
    const double s[] = {batch_scale(worker, op), 0};
    fm_team_wait(worker->team);
    const fm_range r = fm_part(worker, y->rows, 1);
    fm_kernels_of(worker)->activation_forward(y->data, y->data, y->ld, y->ld, r.begin, r.end, y->cols, FM_AFFINE, s);
}

static void batch_reduce_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range samples = fm_part(worker, worker->m, 1);
    const double s[] = {batch_scale(worker, op), 0};
    for (size_t i = samples.begin; i < samples.end; i++)
        fm_kernels_of(worker)->activation_backward(fm_offset(worker, x->gradient, i * x->rows * x->buffer_ld),
                                                   y->gradient, y->data, x->buffer_ld, y->buffer_ld, y->ld, 0, y->rows,
                                                   y->cols, FM_AFFINE, s, op->inputs[0].accumulate);
}

const fm_op_type fm_batch_reduce_type = {
    .shape = batch_reduce_shape, .forward = batch_reduce_forward, .backward = batch_reduce_backward};
