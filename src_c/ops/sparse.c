/* Ops on an input whose rows are those of a CSR matrix. */
#include "types.h"

static const fm_array *rows_of_input(const fm_worker *worker, const fm_op *op, const int64_t **order)
{
    const fm_run *run = worker->run;
    *order = run->order ? run->order + worker->start : NULL;
    return &run->inputs[fm_input_of(worker, op, 0)->sparse];
}

static fm_status sparse_dense_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
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

static void sparse_dense_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *y = fm_output_of(worker, op);
    const int64_t *order;
    const fm_array *x = rows_of_input(worker, op, &order);
    const fm_range n = fm_part(worker, y->cols, kernels->lanes);
    if (n.begin < n.end)
        kernels->sparse_forward(y->data, x, order, fm_weight_of(worker, op, 0), fm_weight_of(worker, op, 1), y->ld,
                                worker->plan->params[op->params[0]].ld, worker->start, 0, worker->m, n.begin, n.end);
}

static void sparse_dense_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *y = fm_output_of(worker, op);
    const fm_param *w = &worker->plan->params[op->params[0]];
    const int64_t *order;
    const fm_array *x = rows_of_input(worker, op, &order);
    const fm_range n = fm_part(worker, y->cols, kernels->lanes);
    if (n.begin >= n.end)
        return;
    if (fm_trains(worker, op, 0))
        kernels->sparse_gradient(fm_gradient_of(worker, op->params[0]), x, order, y->gradient, w->ld, y->buffer_ld,
                                 worker->start, worker->m, w->rows, n.begin, n.end, !op->firsts[0]);
    if (fm_trains(worker, op, 1))
        kernels->column_sums(fm_gradient_of(worker, op->params[1]), y->gradient, y->buffer_ld, worker->m, n.begin,
                             n.end, !op->firsts[1]);
}

const fm_op_type fm_sparse_dense_type = {
    .shape = sparse_dense_shape, .forward = sparse_dense_forward, .backward = sparse_dense_backward};

static void densify_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *y = fm_output_of(worker, op);
    const int64_t *order;
    const fm_array *x = rows_of_input(worker, op, &order);
    const fm_range r = fm_part(worker, worker->m, 1);
    fm_kernels_of(worker)->sparse_gather(y->data, x, order, y->ld, worker->start, r.begin, r.end, y->cols);
}

const fm_op_type fm_densify_type = {.shape = fm_unary_shape, .forward = densify_forward};
