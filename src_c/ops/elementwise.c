/* Ops of one input in which every element depends on the element at its place alone, or on its row; split by rows. */
#include "types.h"

static fm_status activation_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    return op->detail >= 0 && op->detail < FM_ACTIVATION_COUNT ? fm_unary_shape(plan, op, y) : FM_INVALID;
}

static void activation_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    if (op->detail == FM_SOFTMAX)
        kernels->softmax_forward(y->data, x->data, y->ld, x->ld, r.begin, r.end, x->cols);
    else if (op->detail == FM_LOG_SOFTMAX)
        kernels->log_softmax_forward(y->data, x->data, y->ld, x->ld, r.begin, r.end, x->cols);
    else
        kernels->activation_forward(y->data, x->data, y->ld, x->ld, r.begin, r.end, x->cols, op->detail, op->s);
}

static void activation_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    const int accumulate = op->inputs[0].accumulate;
    const fm_value *a = op->detail < FM_FIRST_FROM_INPUT ? y : x;
    if (op->detail == FM_SOFTMAX)
        kernels->softmax_backward(x->gradient, y->gradient, y->data, x->buffer_ld, y->buffer_ld, y->ld, r.begin, r.end,
                                  x->cols, accumulate);
    else if (op->detail == FM_LOG_SOFTMAX)
        kernels->log_softmax_backward(x->gradient, y->gradient, y->data, x->buffer_ld, y->buffer_ld, y->ld, r.begin,
                                      r.end, x->cols, accumulate);
    else
        kernels->activation_backward(x->gradient, y->gradient, a->data, x->buffer_ld, y->buffer_ld, a->ld, r.begin,
                                     r.end, x->cols, op->detail, op->s, accumulate);
}

const fm_op_type fm_activation_type = {
    .shape = activation_shape, .forward = activation_forward, .backward = activation_backward};
