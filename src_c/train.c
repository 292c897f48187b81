/* Runs a plan: the loop over minibatches, in one parallel region. */
#include "worker.h"

#include <stdbool.h>

/* What the threads of one run share. Written by thread 0 between two barriers, read by all behind the second. */
typedef struct {
    fm_plan *plan;
    const fm_run *run;
    double deadline;
    double looked;    /* when thread 0 last looked at the clock */
    double unchecked; /* flops since */
    size_t used;
    bool stop;
    bool leave; /* the parallel region: to stop, or to go on with another number of threads */
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

/* Rows that need no gathering are read where they lie; thread 0 says where. Shuffled ones only by products; others must
 * follow one another without gaps: kernels may read up to the leading dimension, and behind a last row nothing need be
 * readable. */
static bool read_in_place(const fm_worker *worker, const fm_value *to, const fm_array *from)
{
    const size_t element = worker->plan->element;
    const bool elements =
        from->dtype == worker->plan->kernels->dtype && ((uintptr_t)from->data | from->stride) % element == 0;
    return elements && to->rows == 1 && (worker->run->order ? to->products_only : from->stride == to->cols * element);
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
    const int64_t *order = run->order ? run->order + worker->start : NULL;
    const bool in_place = read_in_place(worker, to, from);
    if (worker->thread == 0) {
        to->data = in_place ? (char *)rows : to->buffer;
        to->ld = in_place ? from->stride / plan->element : to->buffer_ld;
        to->order = in_place ? order : NULL;
    }
    if (in_place)
        return;
    const fm_range r = fm_part(worker, worker->m, 1);
    plan->kernels->gather(to->buffer, rows, order, to->rows * to->buffer_ld, from->stride, r.begin, r.end, elements,
                          from->dtype);
}

static void gather_target(const fm_worker *worker, char *to, const fm_array *from, size_t elements)
{
    const fm_run *run = worker->run;
    const char *rows = run->order ? from->data : (const char *)from->data + worker->start * from->stride;
    const fm_range r = fm_part(worker, worker->m, 1);
    worker->plan->kernels->gather(to, rows, run->order ? run->order + worker->start : NULL, elements, from->stride,
                                  r.begin, r.end, elements, from->dtype);
}

static void gather_batch(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    const fm_run *run = worker->run;
    for (size_t i = 0; i < plan->n_inputs; i++)
        if (!run->inputs[i].columns)
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
    for (size_t i = 0; i < plan->n_outputs; i++) {
        const fm_value *v = &plan->values[plan->outputs[i]];
        const fm_array *to = &worker->run->outputs[i];
        char *rows = (char *)to->data;
        if (!v->fixed)
            rows += (worker->start - worker->run->first) * to->stride;
        fm_copy_rows(worker, rows, v->cols, v->data, v->ld, fm_rows_of(worker, v), v->cols, 0);
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
        const fm_op_type *type = fm_op_type_of(op->kind);
        if (!type->forward)
            continue;
        type->forward(worker, op);
        fm_team_wait(worker->team);
    }
}

static void reverse(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    for (size_t i = plan->n_ops; i-- > 0;) {
        const fm_op *op = &plan->ops[i];
        if (op->removed || op->in_loss || !plan->values[op->out].has_gradient)
            continue;
        fm_op_type_of(op->kind)->backward(worker, op);
        fm_team_wait(worker->team);
    }
}

static void run_batch(fm_worker *worker, size_t batch)
{
    const fm_run *run = worker->run;
    gather_batch(worker);
    worker->penalty_share = fm_penalty_share(worker);
    forward(worker);
    if (run->mode != FM_PREDICT) {
        fm_terms(worker, run->mode != FM_EVALUATE);
        fm_team_wait(worker->team);
        if (worker->thread == 0)
            fm_terms_add(worker);
    }
    if (run->outputs) {
        copy_outputs(worker);
        fm_team_wait(worker->team); /* one may be a parameter, which the step changes */
    }
    if (run->mode == FM_PREDICT || run->mode == FM_EVALUATE)
        return;
    if (run->mode == FM_TRAIN)
        fm_step_begin(worker, run->learning_rates[batch]);
    fm_unreached_clear(worker);
    reverse(worker);
    if (run->mode == FM_TRAIN)
        fm_step_finish(worker);
    else
        fm_penalties_add(worker);
}

static void look_at_clock(session *s, const fm_worker *worker)
{
    s->unchecked += s->plan->flops * (double)worker->m;
    if (s->unchecked < FLOPS_PER_CHECK)
        return;
    const double now = fm_seconds();
    s->stop = now >= s->deadline;
    s->leave = fm_pace_note(&s->plan->pace, worker->threads, now - s->looked, s->unchecked, fm_team_lost(worker->team));
    s->leave |= s->stop;
    s->looked = now;
    s->unchecked = 0;
}

static void run_thread(void *argument, fm_team *team, size_t thread)
{
    session *s = argument;
    const fm_run *run = s->run;
    fm_worker worker = {.plan = s->plan, .run = run, .team = team, .thread = thread, .threads = fm_team_size(team)};
    size_t batch = s->used / run->batch_size;
    worker.step = run->step + batch;
    worker.start = run->first + s->used;
    for (; worker.start < run->last && !s->leave; batch++) {
        const size_t left = run->last - worker.start;
        worker.m = left < run->batch_size ? left : run->batch_size;
        run_batch(&worker, batch);
        worker.start += worker.m;
        worker.step++;
        if (thread == 0) {
            s->used = worker.start - run->first;
            look_at_clock(s, &worker);
        }
        fm_team_wait(team);
    }
}

/* Parameters that ops read as values are read where they lie. */
static void show_parameters(fm_plan *plan, const fm_run *run)
{
    for (size_t i = 0; i < plan->n_ops; i++)
        if (plan->ops[i].kind == FM_OP_PARAMETER)
            plan->values[plan->ops[i].out].data = run->bindings[plan->ops[i].params[0]].weight;
}

size_t fm_plan_run(fm_plan *plan, const fm_run *run)
{
    session s = {.plan = plan, .run = run, .looked = fm_seconds()};
    const double worth = batch_flops(plan, run) / FLOPS_PER_THREAD;
    const size_t wanted = worth < 1 ? 1 : worth < run->threads ? (size_t)worth : (size_t)run->threads;
    s.deadline = s.looked + run->seconds;
    show_parameters(plan, run);
    do {
        s.leave = false;
        fm_team_run(fm_pace_threads(&plan->pace, wanted), run_thread, &s);
    } while (s.used < run->last - run->first && !s.stop);
    return s.used;
}
