/* Ops in which every element depends on the elements at its place alone, and softmax; split by rows. */
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
    else
        kernels->activation_backward(x->gradient, y->gradient, a->data, x->buffer_ld, y->buffer_ld, a->ld, r.begin,
                                     r.end, x->cols, op->detail, op->s, accumulate);
}

const fm_op_type fm_activation_type = {
    .shape = activation_shape, .forward = activation_forward, .backward = activation_backward};

/* Inputs of one shape. */
static fm_status combined_shape(const fm_plan *plan, const fm_op *op, size_t n, fm_shape *y)
{
    if (fm_same_shape(plan, op, n, y) != FM_OK)
        return FM_INVALID;
    for (size_t i = 1; i < n; i++) {
        const fm_value *x = fm_input_in(plan, op, i);
        if (x->rows != y->rows || x->cols != y->cols || x->fixed != y->fixed)
            return FM_INVALID;
    }
    return FM_OK;
}

static fm_status add_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    return combined_shape(plan, op, op->n_inputs, y);
}

static void add_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *y = fm_output_of(worker, op);
    for (size_t i = 0; i < op->n_inputs; i++) {
        const fm_value *x = fm_input_of(worker, op, i);
        fm_copy_rows(worker, y->data, y->ld, x->data, x->ld, fm_rows_of(worker, x), x->cols, i > 0);
    }
}

static void add_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *y = fm_output_of(worker, op);
    for (size_t i = 0; i < op->n_inputs; i++) {
        const fm_value *x = fm_input_of(worker, op, i);
        if (op->inputs[i].wanted)
            fm_copy_rows(worker, x->gradient, x->buffer_ld, y->gradient, y->buffer_ld, fm_rows_of(worker, x), x->cols,
                         op->inputs[i].accumulate);
    }
}

const fm_op_type fm_add_type = {.shape = add_shape, .forward = add_forward, .backward = add_backward};

static fm_status multiply_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    return combined_shape(plan, op, 2, y);
}

static void multiply_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *a = fm_input_of(worker, op, 0), *b = fm_input_of(worker, op, 1), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, y), 1);
    fm_kernels_of(worker)->multiply(y->data, a->data, b->data, y->ld, a->ld, b->ld, r.begin, r.end, y->cols, 0);
}

static void multiply_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, y), 1);
    for (size_t i = 0; i < 2; i++) {
        const fm_value *x = fm_input_of(worker, op, i), *other = fm_input_of(worker, op, 1 - i);
        if (op->inputs[i].wanted)
            fm_kernels_of(worker)->multiply(x->gradient, y->gradient, other->data, x->buffer_ld, y->buffer_ld,
                                            other->ld, r.begin, r.end, y->cols, op->inputs[i].accumulate);
    }
}

const fm_op_type fm_multiply_type = {
    .shape = multiply_shape, .forward = multiply_forward, .backward = multiply_backward};
