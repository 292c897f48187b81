/* The entries of the table in ops.c, and the shapes that several of them share. */
#ifndef FM_OPS_TYPES_H
#define FM_OPS_TYPES_H

#include "../worker.h"

extern const fm_op_type fm_dense_type, fm_matmul_type, fm_transpose_type;           /* dense.c */
extern const fm_op_type fm_activation_type;                                         /* elementwise.c */
extern const fm_op_type fm_binary_type;                                             /* binary.c */
extern const fm_op_type fm_reduce_type, fm_batch_reduce_type;                       /* reduce.c */
extern const fm_op_type fm_batch_normalization_type, fm_layer_normalization_type;   /* normalize.c */
extern const fm_op_type fm_embedding_type, fm_encode_type, fm_take_type;            /* lookup.c */
extern const fm_op_type fm_noise_type;                                              /* noise.c */
extern const fm_op_type fm_reshape_type, fm_concatenate_type;                       /* layout.c */
extern const fm_op_type fm_stop_gradient_type, fm_parameter_type, fm_constant_type; /* leaves.c */

extern const fm_op_type fm_sparse_dense_type, fm_densify_type; /* sparse.c */

static inline const fm_value *fm_input_in(const fm_plan *plan, const fm_op *op, size_t i)
{
    return &plan->values[op->inputs[i].value];
}

static inline const fm_value *fm_output_in(const fm_plan *plan, const fm_op *op)
{
    return &plan->values[op->out];
}

/* The shape of the first of `n` inputs. */
static inline fm_status fm_same_shape(const fm_plan *plan, const fm_op *op, size_t n, fm_shape *y)
{
    if (op->n_inputs != n)
        return FM_INVALID;
    const fm_value *x = fm_input_in(plan, op, 0);
    *y = (fm_shape){x->rows, x->cols, x->fixed};
    return FM_OK;
}

/* The shape of its only input. */
static inline fm_status fm_unary_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    return fm_same_shape(plan, op, 1, y);
}

/* reduce.c: for a value x whose rows stand for `rows` rows of d, each sum to its row of y (rows of x, ldy): those of a
 * sample, or, if x is fixed, those of all samples. Split by rows of x, or, where it has one, by columns. */
void fm_sum_rows(const fm_worker *worker, const fm_value *x, char *y, size_t ldy, const char *d, size_t ldd,
                 size_t rows, int accumulate);

#endif
