/* Runs a plan: the loop over minibatches, in one parallel region. */
#include "plan.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What the threads of one run share. Written by thread 0 between two barriers, read by all behind the second. */
typedef struct {
    fm_plan *plan;
    const fm_run *run;
    double deadline;
    double unchecked; /* flops since thread 0 last looked at the clock */
    size_t used;
    bool stop;
} session;

/* Flops a thread must find in a batch to be worth its barriers. A single row stays on one thread: two would gain a few
 * microseconds, and lose milliseconds whenever another process holds one's core. */
static const double FLOPS_PER_THREAD = 5e5;

/* Flops that may pass without a look at the clock. */
static const double FLOPS_PER_CHECK = 4e6;

static double batch_flops(const fm_plan *plan, const fm_run *run)
{
    const size_t rows = run->last - run->first;
    return plan->flops * (double)(rows < run->batch_size ? rows : run->batch_size);
}

/* ---- a batch's data ---- */

/* Rows that need no gathering are read where they lie; thread 0 says where. They must follow one another without gaps:
 * kernels may read up to the leading dimension, and behind a last row nothing need be readable. */
static bool read_in_place(const fm_worker *worker, const fm_value *to, const fm_array *from)
{
    return !worker->run->order && from->dtype == worker->plan->kernels->dtype &&
           from->stride == to->cols * worker->plan->element && to->rows == 1;
}

static void gather_input(const fm_worker *worker, size_t i)
{
    const fm_plan *plan = worker->plan;
    const fm_run *run = worker->run;
    const int value = plan->inputs[i];
    const size_t elements = plan->values[value].rows * plan->values[value].cols;
    fm_value *to = &plan->values[plan->values[value].alias >= 0 ? plan->values[value].alias : value];
    const fm_array *from = &run->inputs[i];
    const char *rows = run->order ? from->data : (const char *)from->data + worker->start * from->stride;
    const bool in_place = read_in_place(worker, to, from);
    if (worker->thread == 0) {
        to->data = in_place ? (char *)rows : to->buffer;
        to->ld = in_place ? to->cols : to->buffer_ld;
    }
    if (in_place)
        return;
    size_t begin, end;
    fm_worker_part(worker, worker->m, 1, &begin, &end);
    plan->kernels->gather(to->buffer, rows, run->order ? run->order + worker->start : NULL, to->rows * to->buffer_ld,
                          from->stride, begin, end, elements, from->dtype);
}

static void gather_target(const fm_worker *worker, char *to, const fm_array *from, size_t elements)
{
    const fm_run *run = worker->run;
    const char *rows = run->order ? from->data : (const char *)from->data + worker->start * from->stride;
    size_t begin, end;
    fm_worker_part(worker, worker->m, 1, &begin, &end);
    worker->plan->kernels->gather(to, rows, run->order ? run->order + worker->start : NULL, elements, from->stride,
                                  begin, end, elements, from->dtype);
}

static void gather_batch(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    const fm_run *run = worker->run;
    for (size_t i = 0; i < plan->n_inputs; i++)
        gather_input(worker, i);
    for (size_t i = 0; i < plan->n_targets && run->mode != FM_PREDICT; i++) {
        const fm_target *t = &plan->targets[i];
        gather_target(worker, t->data, &run->targets[i], t->rows * t->cols);
        if (run->weights && run->weights[i].data)
            gather_target(worker, t->weights, &run->weights[i], t->rows);
    }
    fm_team_wait(worker->team);
}

static void copy_outputs(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    size_t begin, end;
    fm_worker_part(worker, worker->m, 1, &begin, &end);
    for (size_t i = 0; i < plan->n_outputs; i++) {
        const fm_value *v = &plan->values[plan->outputs[i]];
        const fm_array *to = &worker->run->outputs[i];
        char *rows = (char *)to->data + worker->start * to->stride;
        plan->kernels->copy(rows, v->data, v->cols, v->ld, begin * v->rows, end * v->rows, v->cols, 0);
    }
}

/* ---- a batch's steps ---- */

static void forward(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    for (size_t i = 0; i < plan->n_ops; i++) {
        const fm_op *op = &plan->ops[i];
        if (op->removed || (op->in_loss && worker->run->mode != FM_PREDICT))
            continue;
        fm_op_forward(worker, op);
        fm_team_wait(worker->team);
    }
}

static void reverse(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    for (size_t i = plan->n_ops; i-- > 0;) {
        const fm_op *op = &plan->ops[i];
        if (!op->removed && !op->in_loss && plan->values[op->out].has_gradient)
            fm_op_backward(worker, op);
    }
}

/* The optimizer's scalars for the step that follows worker->step others; see fm_optimizer. */
static void set_hyper(fm_worker *worker, size_t batch)
{
    const fm_run *run = worker->run;
    memcpy(worker->h, run->hyper, sizeof worker->h);
    worker->h[0] = run->learning_rates[batch];
    if (run->optimizer == FM_ADAM) {
        const double t = (double)worker->step + 1;
        worker->h[0] *= sqrt(1 - pow(worker->h[2], t)) / (1 - pow(worker->h[1], t));
    }
}

/* In four interleaved parts: one after the other, additions would wait for each other. */
static double sum(const double *rows, size_t n)
{
    double parts[4] = {0};
    for (size_t i = 0; i < n; i++)
        parts[i % 4] += rows[i];
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

static double weighted_sum(const fm_worker *worker, const fm_metric_term *metric, size_t n, double *weight)
{
    const char *weights = worker->plan->targets[metric->target].weights;
    double total = 0;
    *weight = 0;
    for (size_t i = 0; i < n; i++) {
        const double w = worker->plan->kernels->dtype == FM_F32 ? (double)((const float *)(const void *)weights)[i]
                                                                : ((const double *)(const void *)weights)[i];
        total += w * metric->rows[i];
        *weight += w;
    }
    return total;
}

static void add_sums(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    const fm_run *run = worker->run;
    double *sums = run->sums;
    for (size_t i = 0; i < plan->n_losses; i++, sums += 2) {
        const size_t n = plan->values[plan->losses[i].z].rows * worker->m;
        sums[0] += sum(plan->losses[i].rows, n);
        sums[1] += (double)n;
    }
    for (size_t i = 0; i < plan->n_metrics; i++, sums += 2) {
        const fm_metric_term *metric = &plan->metrics[i];
        const size_t n = plan->values[metric->value].rows * worker->m;
        double weight = (double)n, total;
        if (metric->weighted && run->weights && run->weights[metric->target].data)
            total = weighted_sum(worker, metric, n, &weight);
        else
            total = sum(metric->rows, n);
        sums[0] += total;
        sums[1] += weight;
    }
}

static void run_batch(fm_worker *worker, size_t batch)
{
    const fm_run *run = worker->run;
    gather_batch(worker);
    forward(worker);
    if (run->mode == FM_PREDICT) {
        copy_outputs(worker);
        return;
    }
    const bool gradients = run->mode != FM_EVALUATE;
    fm_losses(worker, gradients);
    fm_team_wait(worker->team);
    if (worker->thread == 0)
        add_sums(worker);
    if (!gradients)
        return;
    if (run->mode == FM_TRAIN)
        set_hyper(worker, batch);
    reverse(worker);
    if (run->mode == FM_TRAIN) {
        fm_team_wait(worker->team);
        fm_parameters_step(worker);
    }
}

static void run_thread(void *argument, fm_team *team, size_t thread)
{
    session *s = argument;
    const fm_run *run = s->run;
    fm_worker worker = {.plan = s->plan, .run = run, .team = team, .thread = thread, .threads = fm_team_size(team)};
    worker.step = run->step;
    worker.start = run->first;
    for (size_t batch = 0; worker.start < run->last && !s->stop; batch++) {
        const size_t left = run->last - worker.start;
        worker.m = left < run->batch_size ? left : run->batch_size;
        run_batch(&worker, batch);
        worker.start += worker.m;
        worker.step++;
        if (thread == 0) {
            s->used = worker.start - run->first;
            s->unchecked += s->plan->flops * (double)worker.m;
            if (s->unchecked >= FLOPS_PER_CHECK) {
                s->unchecked = 0;
                s->stop = fm_seconds() >= s->deadline;
            }
        }
        fm_team_wait(team);
    }
}

/* Gradients that no loss reaches are zero. */
static void clear_unreached(const fm_plan *plan, const fm_run *run)
{
    for (size_t i = 0; i < plan->n_params; i++)
        if (plan->params[i].uses == 0 && run->bindings[i].gradient)
            memset(run->bindings[i].gradient, 0, plan->params[i].rows * plan->params[i].ld * plan->element);
}

size_t fm_plan_run(fm_plan *plan, const fm_run *run)
{
    session s = {.plan = plan, .run = run, .deadline = fm_seconds() + run->seconds};
    const double wanted = batch_flops(plan, run) / FLOPS_PER_THREAD;
    const size_t threads = wanted < 1 ? 1 : wanted < run->threads ? (size_t)wanted : (size_t)run->threads;
    if (run->mode == FM_GRADIENT)
        clear_unreached(plan, run);
    fm_team_run(threads, run_thread, &s);
    return s.used;
}
