/* All kernels of one ISA and one dtype. setup.py compiles this file once for each pair, with the ISA's compiler flags,
 * -DFM_ISA=<name> and -DFM_REAL_BITS=32|64. Everything but the table is static, so that the linker can't mix ISAs. */
#include "fm.h"

#include "kernels/vec.inc.h"

#include "kernels/math.inc.h"
#include "kernels/tile.inc.h"
#include "kernels/transpose.inc.h"

#include "kernels/activation.inc.h"
#include "kernels/optimizer.inc.h"
#include "kernels/constraint.inc.h"

#include "kernels/dense_forward.inc.h"
#include "kernels/dense_gradient.inc.h"
#include "kernels/dense_backward.inc.h"
#include "kernels/binary.inc.h"
#include "kernels/reduce.inc.h"
#include "kernels/sparse.inc.h"
#include "kernels/loss.inc.h"
#include "kernels/metric.inc.h"
#include "kernels/penalty.inc.h"
#include "kernels/lookup.inc.h"
#include "kernels/normalize.inc.h"
#include "kernels/random.inc.h"
#include "kernels/perceptron.inc.h"
#include "kernels/peak.inc.h"

#define PASTE_(isa, bits) fm_kernels_##isa##_f##bits
#define PASTE(isa, bits) PASTE_(isa, bits)
#define QUOTE_(isa) #isa
#define QUOTE(isa) QUOTE_(isa)

const fm_kernels PASTE(FM_ISA, FM_REAL_BITS) = {
    .isa = QUOTE(FM_ISA),
    .dtype = FM_REAL_BITS == 32 ? FM_F32 : FM_F64,
    .lanes = LANES,
    .dense_forward = dense_forward,
    .dense_gradient = dense_gradient,
    .dense_update = dense_update,
    .dense_backward = dense_backward,
    .dense_backward_narrow = dense_backward_narrow,
    .transpose = transpose,
    .column_sums = column_sums,
    .gather = gather,
    .copy = copy,
    .reduce_forward = reduce_forward,
    .reduce_backward = reduce_backward,
    .binary_forward = binary_forward,
    .binary_backward = binary_backward,
    .sparse_forward = sparse_forward,
    .sparse_gradient = sparse_gradient,
    .sparse_gather = sparse_gather,
    .activation_forward = activation_forward,
    .activation_backward = activation_backward,
    .softmax_forward = softmax_forward,
    .softmax_backward = softmax_backward,
    .log_softmax_forward = log_softmax_forward,
    .log_softmax_backward = log_softmax_backward,
    .dropout = dropout,
    .gaussian = gaussian,
    .column_moments = column_moments,
    .normalize_columns = normalize_columns,
    .normalize_columns_gradients = normalize_columns_gradients,
    .normalize_columns_backward = normalize_columns_backward,
    .normalize_rows = normalize_rows,
    .normalize_rows_gradient = normalize_rows_gradient,
    .normalize_rows_backward = normalize_rows_backward,
    .embed = embed,
    .embed_gradient = embed_gradient,
    .encode = encode,
    .take = take,
    .take_backward = take_backward,
    .loss = loss,
    .penalty = penalty,
    .metric = metric,
    .optimizer_step = optimizer_step,
    .optimizer_prepare = optimizer_prepare,
    .blend = blend,
    .square_sum = square_sum,
    .constrain = constrain,
    .perceptron_epoch = perceptron_epoch,
    .all_finite = all_finite,
    .peak = peak,
};
