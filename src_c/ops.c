/* The ops of a plan, by kind. */
#include "ops/types.h"

static const fm_op_type *const TYPES[FM_OP_COUNT] = {
    [FM_OP_DENSE] = &fm_dense_type,
    [FM_OP_MATMUL] = &fm_matmul_type,
    [FM_OP_TRANSPOSE] = &fm_transpose_type,
    [FM_OP_SPARSE_DENSE] = &fm_sparse_dense_type,
    [FM_OP_DENSIFY] = &fm_densify_type,
    [FM_OP_ACTIVATION] = &fm_activation_type,
    [FM_OP_BINARY] = &fm_binary_type,
    [FM_OP_REDUCE] = &fm_reduce_type,
    [FM_OP_BATCH_REDUCE] = &fm_batch_reduce_type,
    [FM_OP_NOISE] = &fm_noise_type,
    [FM_OP_RESHAPE] = &fm_reshape_type,
    [FM_OP_CONCATENATE] = &fm_concatenate_type,
    [FM_OP_STOP_GRADIENT] = &fm_stop_gradient_type,
    [FM_OP_PARAMETER] = &fm_parameter_type,
    [FM_OP_CONSTANT] = &fm_constant_type,
    [FM_OP_BATCH_NORMALIZATION] = &fm_batch_normalization_type,
    [FM_OP_LAYER_NORMALIZATION] = &fm_layer_normalization_type,
    [FM_OP_EMBEDDING] = &fm_embedding_type,
    [FM_OP_ENCODE] = &fm_encode_type,
    [FM_OP_TAKE] = &fm_take_type,
};

const fm_op_type *fm_op_type_of(fm_op_kind kind)
{
    return TYPES[kind];
}
