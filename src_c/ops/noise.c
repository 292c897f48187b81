/* Ops that draw random numbers, and draw the same again for the reverse pass; split by rows. */
#include "types.h"

#include <math.h>

/* What alpha dropout puts in the place of an element: the value of selu at minus infinity (arXiv:1706.02515). */
static const double SELU_LOWEST = -1.7580993408473766;

static fm_status noise_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    const int in_range = op->s[0] >= 0 && (op->detail == FM_GAUSSIAN_NOISE || op->s[0] < 1);
    return op->detail >= 0 && op->detail < FM_NOISE_COUNT && in_range ? fm_unary_shape(plan, op, y) : FM_INVALID;
}

/* An element kept is multiplied by `factor` and added to `shift`; in the place of another comes `dropped`. */
typedef struct {
    double factor, shift, dropped;
} dropping;

static dropping dropping_of(int kind, double rate)
{
    /* Factor and shift that leave mean and variance of selu's output as they are. */
    const double factor = 1 / sqrt((1 - rate) * (1 + rate * SELU_LOWEST * SELU_LOWEST));
    const double shift = -factor * rate * SELU_LOWEST;
    if (kind == FM_ALPHA_DROPOUT)
        return (dropping){factor, shift, factor * SELU_LOWEST + shift};
    return kind == FM_BERNOULLI ? (dropping){0, 1, 0} : (dropping){1 / (1 - rate), 0, 0};
}

/* What FM_BERNOULLI reads in the place of its input: a row of zeros. */
static size_t noise_memory(const fm_plan *plan, const fm_op *op)
{
    return op->detail == FM_BERNOULLI ? fm_input_in(plan, op, 0)->cols * plan->element : 0;
}

static void noise_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    const uint64_t key = fm_stream_key(worker, op->s[1]);
    const double amount = op->s[0];
    if (op->detail == FM_GAUSSIAN_NOISE || op->detail == FM_GAUSSIAN_DROPOUT) {
        const int multiply = op->detail == FM_GAUSSIAN_DROPOUT;
        const double stddev = multiply ? sqrt(amount / (1 - amount)) : amount;
        kernels->gaussian(y->data, x->data, y->ld, x->ld, r.begin, r.end, x->cols, stddev, multiply, key, 0);
    } else {
        const dropping drop = dropping_of(op->detail, amount);
        const int unread = op->detail == FM_BERNOULLI;
        kernels->dropout(y->data, unread ? op->memory : x->data, y->ld, unread ? 0 : x->ld, r.begin, r.end, x->cols,
                         amount, drop.factor, drop.shift, drop.dropped, key, 0);
    }
}

static void noise_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, 0), *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, x), 1);
    const uint64_t key = fm_stream_key(worker, op->s[1]);
    const double amount = op->s[0];
    const int accumulate = op->inputs[0].accumulate;
    if (op->detail == FM_GAUSSIAN_NOISE)
        kernels->copy(x->gradient, y->gradient, x->buffer_ld, y->buffer_ld, r.begin, r.end, x->cols, accumulate);
    else if (op->detail == FM_GAUSSIAN_DROPOUT)
        kernels->gaussian(x->gradient, y->gradient, x->buffer_ld, y->buffer_ld, r.begin, r.end, x->cols,
                          sqrt(amount / (1 - amount)), 1, key, accumulate);
    else
        kernels->dropout(x->gradient, y->gradient, x->buffer_ld, y->buffer_ld, r.begin, r.end, x->cols, amount,
                         dropping_of(op->detail, amount).factor, 0, 0, key, accumulate);
}

const fm_op_type fm_noise_type = {
    .shape = noise_shape, .forward = noise_forward, .backward = noise_backward, .memory = noise_memory};
