/* Ops that only move elements; split by samples or rows. */
#include "types.h"

static fm_status reshape_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_unary_shape(plan, op, y) != FM_OK)
        return FM_INVALID;
    const size_t elements = y->rows * y->cols;
    y->rows = (size_t)op->s[0];
    y->cols = (size_t)op->s[1];
    return y->rows * y->cols == elements ? FM_OK : FM_INVALID;
}

/* Copies the elements of samples of one shape to another, as long as both rows last. */
static void reshape(const fm_worker *worker, char *to, size_t ldto, const fm_value *target, const char *from,
                    size_t ldfrom, const fm_value *source, int accumulate)
{
    const fm_plan *plan = worker->plan;
    const size_t elements = source->rows * source->cols;
    const fm_range samples = fm_part(worker, source->fixed ? 1 : worker->m, 1);
    const size_t begin = samples.begin * elements, end = samples.end * elements;
    for (size_t i = begin, run; i < end; i += run) {
        const size_t to_left = target->cols - i % target->cols, from_left = source->cols - i % source->cols;
        run = to_left < from_left ? to_left : from_left;
        plan->kernels->copy(to + (i / target->cols * ldto + i % target->cols) * plan->element,
                            from + (i / source->cols * ldfrom + i % source->cols) * plan->element, 0, 0, 0, 1, run,
                            accumulate);
    }
}

static void reshape_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    reshape(worker, y->data, y->ld, y, x->data, x->ld, x, 0);
}

static void reshape_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    reshape(worker, x->gradient, x->buffer_ld, x, y->gradient, y->buffer_ld, y, op->inputs[0].accumulate);
}

const fm_op_type fm_reshape_type = {.shape = reshape_shape, .forward = reshape_forward, .backward = reshape_backward};

static fm_status concatenate_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_same_shape(plan, op, op->n_inputs, y) != FM_OK)
        return FM_INVALID;
    for (size_t i = 1; i < op->n_inputs; i++) {
        const fm_value *x = fm_input_in(plan, op, i);
        if (x->rows != y->rows || x->fixed != y->fixed)
            return FM_INVALID;
        y->cols += x->cols;
    }
    return FM_OK;
}

static void concatenate_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *y = fm_output_of(worker, op);
    size_t column = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const fm_value *x = fm_input_of(worker, op, i);
        fm_copy_rows(worker, fm_offset(worker, y->data, column), y->ld, x->data, x->ld, fm_rows_of(worker, x), x->cols,
                     0);
        column += x->cols;
    }
}

static void concatenate_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *y = fm_output_of(worker, op);
    size_t column = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const fm_value *x = fm_input_of(worker, op, i);
        if (op->inputs[i].wanted)
            fm_copy_rows(worker, x->gradient, x->buffer_ld, fm_offset(worker, y->gradient, column), y->buffer_ld,
                         fm_rows_of(worker, x), x->cols, op->inputs[i].accumulate);
        column += x->cols;
    }
}

const fm_op_type fm_concatenate_type = {
    .shape = concatenate_shape, .forward = concatenate_forward, .backward = concatenate_backward};
