/* What the ops' code says again and again: a thread's part of the work, and the things of the plan and the run. */
#ifndef FM_WORKER_H
#define FM_WORKER_H

#include "plan.h"

typedef struct {
    size_t begin, end;
} fm_range;

/* Part of [0, total) that is this thread's, in whole units. */
static inline fm_range fm_part(const fm_worker *worker, size_t total, size_t unit)
{
    const size_t units = (total + unit - 1) / unit, each = units / worker->threads, rest = units % worker->threads;
    const size_t t = worker->thread;
    const size_t first = t * each + (t < rest ? t : rest), last = first + each + (t < rest);
    return (fm_range){first * unit < total ? first * unit : total, last * unit < total ? last * unit : total};
}

static inline const fm_kernels *fm_kernels_of(const fm_worker *worker)
{
    return worker->plan->kernels;
}

static inline const fm_value *fm_value_of(const fm_worker *worker, int value)
{
    return &worker->plan->values[value];
}

static inline const fm_value *fm_input_of(const fm_worker *worker, const fm_op *op, size_t i)
{
    return &worker->plan->values[op->inputs[i].value];
}

static inline const fm_value *fm_output_of(const fm_worker *worker, const fm_op *op)
{
    return &worker->plan->values[op->out];
}

/* Rows of a value in the present batch. */
static inline size_t fm_rows_of(const fm_worker *worker, const fm_value *v)
{
    return v->fixed ? v->rows : v->rows * worker->m;
}

/* Rows of a value in the largest batch. */
static inline size_t fm_max_rows(const fm_plan *plan, const fm_value *v)
{
    return v->fixed ? v->rows : v->rows * plan->max_rows;
}

static inline char *fm_offset(const fm_worker *worker, char *p, size_t elements)
{
    return p ? p + elements * worker->plan->element : NULL;
}

static inline const fm_binding *fm_binding_of(const fm_worker *worker, int parameter)
{
    return &worker->run->bindings[parameter];
}

/* A parameter of an op, or NULL. */
static inline char *fm_weight_of(const fm_worker *worker, const fm_op *op, size_t i)
{
    return op->params[i] == FM_NONE ? NULL : fm_binding_of(worker, op->params[i])->weight;
}

static inline int fm_trains(const fm_worker *worker, const fm_op *op, size_t i)
{
    return op->params[i] != FM_NONE && worker->plan->params[op->params[i]].trainable;
}

/* Where the gradient of a parameter is to go; NULL, only in dense layers, where the step is fused into the reverse
 * pass. */
static inline char *fm_gradient_of(const fm_worker *worker, int parameter)
{
    char *bound = fm_binding_of(worker, parameter)->gradient;
    return bound ? bound : worker->plan->params[parameter].shared;
}

/* A number for the stream of draws of one op at one step (the finaliser of SplitMix64, Steele et al. 2014). */
static inline uint64_t fm_stream_key(const fm_worker *worker, double seed)
{
    uint64_t key = worker->run->seed;
    const uint64_t parts[] = {worker->step, (uint64_t)seed};
    for (size_t i = 0; i < 2; i++) {
        key += parts[i] + 0x9e3779b97f4a7c15u;
        key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
        key = (key ^ key >> 27) * 0x94d049bb133111ebu;
        key ^= key >> 31;
    }
    return key;
}

/* This thread's rows of a copy. */
static inline void fm_copy_rows(const fm_worker *worker, char *y, size_t ldy, const char *x, size_t ldx, size_t rows,
                                size_t n, int accumulate)
{
    const fm_range r = fm_part(worker, rows, 1);
    worker->plan->kernels->copy(y, x, ldy, ldx, r.begin, r.end, n, accumulate);
}

#endif
