/* Ops that draw random numbers, and draw the same again for the reverse pass; split by rows. */
#include "types.h"

static void dropout_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    fm_kernels_of(worker)->dropout(y->data, x->data, y->ld, x->ld, r.begin, r.end, x->cols, op->s[0],
                                   fm_stream_key(worker, op->s[1]), 0);
}

static void dropout_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    fm_kernels_of(worker)->dropout(x->gradient, y->gradient, x->buffer_ld, y->buffer_ld, r.begin, r.end, x->cols,
                                   op->s[0], fm_stream_key(worker, op->s[1]), op->inputs[0].accumulate);
}

const fm_op_type fm_dropout_type = {.shape = fm_unary_shape, .forward = dropout_forward, .backward = dropout_backward};
