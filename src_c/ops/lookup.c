/* Ops that pick rows or elements by their numbers; split by rows or samples, an embedding's gradient by the rows of its
 * table. */
#include "types.h"

/* ---- embedding: one row of the table for each element ---- */

static fm_status embedding_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_unary_shape(plan, op, y) != FM_OK || op->params[0] == FM_NONE)
        return FM_INVALID;
    *y = (fm_shape){y->rows * y->cols, plan->params[op->params[0]].cols, y->fixed};
    return FM_OK;
}

static void embedding_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_param *table = &worker->plan->params[op->params[0]];
    const fm_range r = fm_part(worker, fm_rows_of(worker, y), 1);
    fm_kernels_of(worker)->embed(y->data, fm_weight_of(worker, op, 0), x->data, y->ld, table->ld, x->ld, r.begin, r.end,
                                 y->cols, table->rows, x->cols);
}

static void embedding_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_param *table = &worker->plan->params[op->params[0]];
    const fm_range k = fm_part(worker, table->rows, 1);
    if (fm_trains(worker, op, 0) && k.begin < k.end)
        fm_kernels_of(worker)->embed_gradient(fm_gradient_of(worker, op->params[0]), y->gradient, x->data, table->ld,
                                              y->buffer_ld, x->ld, fm_rows_of(worker, y), y->cols, k.begin, k.end,
                                              x->cols, !op->firsts[0]);
}

/* Numbers of rows have no derivative. */
static int embedding_blocks(const fm_op *op)
{
    (void)op;
    return 1;
}

const fm_op_type fm_embedding_type = {
    .shape = embedding_shape, .forward = embedding_forward, .backward = embedding_backward, .blocks = embedding_blocks};

/* ---- encode: categories as vectors; no gradient passes ---- */

static fm_status encode_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (op->detail < 0 || op->detail >= FM_ENCODING_COUNT || !(op->s[0] >= 1) || op->n_inputs < 1 || op->n_inputs > 2 ||
        fm_same_shape(plan, op, op->n_inputs, y) != FM_OK)
        return FM_INVALID;
    const fm_value *last = fm_input_in(plan, op, op->n_inputs - 1);
    if (last->rows != y->rows || last->cols != y->cols || last->fixed != y->fixed)
        return FM_INVALID;
    y->cols = (size_t)op->s[0];
    return FM_OK;
}

static void encode_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_value *weights = op->n_inputs > 1 ? fm_input_of(worker, op, 1) : NULL;
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    fm_kernels_of(worker)->encode(y->data, x->data, weights ? weights->data : NULL, y->ld, x->ld,
                                  weights ? weights->ld : 0, r.begin, r.end, y->cols, x->cols,
                                  op->detail == FM_ENCODE_COUNT);
}

const fm_op_type fm_encode_type = {.shape = encode_shape, .forward = encode_forward};

/* ---- take: the elements of a sample in another order, some of them more than once or not at all ---- */

static fm_status take_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_unary_shape(plan, op, y) != FM_OK || !(op->s[0] >= 1) || !(op->s[1] >= 1))
        return FM_INVALID;
    const size_t elements = y->rows * y->cols;
    *y = (fm_shape){(size_t)op->s[0], (size_t)op->s[1], y->fixed};
    for (size_t i = 0; i < op->n_indices; i++)
        if (op->indices[i] < 0 || (size_t)op->indices[i] >= elements)
            return FM_INVALID;
    return op->n_indices == y->rows * y->cols ? FM_OK : FM_INVALID;
}

static fm_range samples_of(const fm_worker *worker, const fm_value *x)
{
    return fm_part(worker, x->fixed ? 1 : worker->m, 1);
}

static void take_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = samples_of(worker, x);
    fm_kernels_of(worker)->take(y->data, x->data, op->indices, y->ld, x->ld, r.begin, r.end, y->rows, y->cols, x->rows,
                                x->cols);
}

static void take_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = samples_of(worker, x);
    fm_kernels_of(worker)->take_backward(x->gradient, y->gradient, op->indices, x->buffer_ld, y->buffer_ld, r.begin,
                                         r.end, y->rows, y->cols, x->rows, x->cols, op->inputs[0].accumulate);
}

const fm_op_type fm_take_type = {.shape = take_shape, .forward = take_forward, .backward = take_backward};
