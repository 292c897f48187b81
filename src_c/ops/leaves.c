/* Where values come from without being computed, and where gradients end. */
#include "types.h"

static void copy_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    fm_copy_rows(worker, y->data, y->ld, x->data, x->ld, fm_rows_of(worker, x), x->cols, 0);
}

const fm_op_type fm_stop_gradient_type = {.shape = fm_unary_shape, .forward = copy_forward};

/* A run lets the value of a parameter be the weights themselves. */
static fm_status parameter_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (op->n_inputs != 0 || op->params[0] == FM_NONE)
        return FM_INVALID;
    const fm_param *w = &plan->params[op->params[0]];
    *y = (fm_shape){w->rows, w->cols, 1};
    return FM_OK;
}

static void parameter_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *y = fm_output_of(worker, op);
    if (fm_trains(worker, op, 0))
        fm_copy_rows(worker, fm_gradient_of(worker, op->params[0]), y->buffer_ld, y->gradient, y->buffer_ld, y->rows,
                     y->cols, !op->firsts[0]);
}

const fm_op_type fm_parameter_type = {.shape = parameter_shape, .backward = parameter_backward};

/* Filled once, when the plan is finished. */
static fm_status constant_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    (void)plan;
    *y = (fm_shape){(size_t)op->s[0], (size_t)op->s[1], 1};
    return op->n_inputs == 0 && op->s[0] >= 1 && op->s[1] >= 1 ? FM_OK : FM_INVALID;
}

const fm_op_type fm_constant_type = {.shape = constant_shape};
