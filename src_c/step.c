/* The optimizer's step: its scalars, the step on weights whose gradient is in memory, and what surrounds it:
 * accumulation, clipping by norms, averages of weights and constraints. Keras' order: penalties, accumulation,
 * clipping, decay, formula, average, constraint.
 *
 * A thread does all of it on the same elements: whole parts of FM_NORM_PARTS, in which norms are summed, so that their
 * bits do not depend on the number of threads. */
#include "worker.h"

#include <math.h>
#include <string.h>

static uint64_t batches_of_step(const fm_run *run)
{
    return run->accumulation > 1 ? run->accumulation : 1;
}

/* Whether the present batch is the last of its step. */
static int is_due(const fm_worker *worker)
{
    return (worker->step + 1) % batches_of_step(worker->run) == 0;
}

/* ---- scalars ---- */

/* Nadam's momentum in step i, Dozat 2016. Behind DECAYING_STEPS, 0.96^i is less than the last bit of 1. */
static double nadam_momentum(double beta, uint64_t i)
{
    return beta * (1 - 0.5 * pow(0.96, (double)i));
}

enum { DECAYING_STEPS = 1000 };

/* The product of Nadam's momenta of steps 1 ... t. */
static double nadam_product(fm_worker *worker, double beta, uint64_t t)
{
    const uint64_t decaying = t < DECAYING_STEPS ? t : DECAYING_STEPS;
    if (worker->factors == 0)
        worker->product = 1;
    while (worker->factors < decaying)
        worker->product *= nadam_momentum(beta, ++worker->factors);
    return worker->product * pow(beta, (double)(t - decaying));
}

static void set_nadam(fm_worker *worker, uint64_t t)
{
    double *h = worker->h;
    const double now = nadam_momentum(h[1], t), next = nadam_momentum(h[1], t + 1);
    const double product = nadam_product(worker, h[1], t);
    h[4] = next / (1 - product * next);
    h[5] = (1 - now) / (1 - product);
    h[6] = 1 / (1 - pow(h[2], (double)t));
}

void fm_step_begin(fm_worker *worker, double learning_rate)
{
    const fm_run *run = worker->run;
    const uint64_t step = worker->step / batches_of_step(run) + 1;
    const double t = (double)step;
    double *h = worker->h;
    memcpy(h, run->hyper, sizeof worker->h);
    worker->rate = h[0] = learning_rate;
    switch (run->optimizer) {
    case FM_ADAM:
    case FM_AMSGRAD:
        h[0] *= sqrt(1 - pow(h[2], t)) / (1 - pow(h[1], t));
        break;
    case FM_ADAMAX:
        h[0] /= 1 - pow(h[1], t);
        break;
    case FM_NADAM:
        set_nadam(worker, step);
        break;
    case FM_LAMB:
        h[4] = 1 / (1 - pow(h[1], t));
        h[5] = 1 / (1 - pow(h[2], t));
        break;
    case FM_SCHEDULE_FREE:
        if (t < h[4])
            h[0] *= t / h[4];
        h[5] = 1 / (1 - pow(h[2], t));
        h[6] = 1 / t;
        break;
    default:
        break;
    }
}

fm_step fm_step_of(const fm_worker *worker, int parameter)
{
    const fm_param *p = &worker->plan->params[parameter];
    fm_step step = {.optimizer = worker->run->optimizer,
                    .l1 = p->l1 * worker->penalty_share,
                    .l2 = p->l2 * worker->penalty_share,
                    .clip = worker->run->clip_value,
                    .decay = worker->rate * fm_binding_of(worker, parameter)->decay};
    memcpy(step.h, worker->h, sizeof step.h);
    return step;
}

/* ---- parameters whose gradient is in memory ---- */

static size_t elements_of(const fm_param *p)
{
    return p->rows * p->ld;
}

/* Where a part begins: on a cache line, as rows do. */
static size_t part_begin(const fm_worker *worker, size_t elements, size_t part)
{
    const size_t line = FM_CACHE_LINE / worker->plan->element;
    return elements / line * part / FM_NORM_PARTS * line;
}

static fm_range own_parts(const fm_worker *worker)
{
    return (fm_range){FM_NORM_PARTS * worker->thread / worker->threads,
                      FM_NORM_PARTS * (worker->thread + 1) / worker->threads};
}

static fm_range own_elements(const fm_worker *worker, const fm_param *p)
{
    const fm_range parts = own_parts(worker);
    return (fm_range){part_begin(worker, elements_of(p), parts.begin), part_begin(worker, elements_of(p), parts.end)};
}

/* Its gradient, if it is in memory and a loss or a penalty gives it one; without ops, a plan is there for steps alone.
 */
static char *gradient_in_memory(const fm_worker *worker, size_t i)
{
    const fm_param *p = &worker->plan->params[i];
    return p->trainable && (p->uses || p->penalties || worker->plan->n_ops == 0) ? fm_gradient_of(worker, (int)i)
                                                                                 : NULL;
}

void fm_unreached_clear(const fm_worker *worker)
{
    for (size_t i = 0; i < worker->plan->n_params; i++) {
        const fm_param *p = &worker->plan->params[i];
        const fm_range r = own_elements(worker, p);
        char *gradient = fm_gradient_of(worker, (int)i);
        if (p->uses == 0 && gradient && (p->penalties || worker->run->mode == FM_GRADIENT))
            memset(fm_offset(worker, gradient, r.begin), 0, (r.end - r.begin) * worker->plan->element);
    }
}

/* Whether gradients are made ready in memory, and not on the way to the step. */
static int prepares(const fm_run *run)
{
    return batches_of_step(run) > 1 || run->clip_norm > 0 || run->global_clip_norm > 0;
}

static void add_penalties(const fm_worker *worker, size_t i, char *gradient)
{
    const fm_param *p = &worker->plan->params[i];
    const fm_range r = own_elements(worker, p);
    const fm_step step = {.l1 = p->l1 * worker->penalty_share, .l2 = p->l2 * worker->penalty_share};
    if (p->l1 != 0 || p->l2 != 0)
        worker->plan->kernels->optimizer_prepare(fm_offset(worker, gradient, r.begin),
                                                 fm_offset(worker, fm_binding_of(worker, (int)i)->weight, r.begin),
                                                 r.end - r.begin, &step);
}

void fm_penalties_add(const fm_worker *worker)
{
    for (size_t i = 0; i < worker->plan->n_params; i++) {
        char *gradient = fm_binding_of(worker, (int)i)->gradient;
        if (gradient && worker->plan->params[i].trainable)
            add_penalties(worker, i, gradient);
    }
}

/* Into the accumulator; in the last batch of a step, the mean of all its batches goes back into the gradient. */
static void accumulate(const fm_worker *worker, size_t i, char *gradient)
{
    const fm_kernels *kernels = worker->plan->kernels;
    const fm_range r = own_elements(worker, &worker->plan->params[i]);
    const size_t n = r.end - r.begin;
    char *g = fm_offset(worker, gradient, r.begin);
    char *sum = fm_offset(worker, fm_binding_of(worker, (int)i)->accumulator, r.begin);
    const double share = 1 / (double)batches_of_step(worker->run);
    if (!is_due(worker)) {
        kernels->blend(sum, g, n, 1, 1);
        return;
    }
    kernels->blend(g, sum, n, share, share);
    memset(sum, 0, n * worker->plan->element);
}

static void prepare_gradients(const fm_worker *worker)
{
    for (size_t i = 0; i < worker->plan->n_params; i++) {
        char *gradient = gradient_in_memory(worker, i);
        if (!gradient)
            continue;
        add_penalties(worker, i, gradient);
        if (batches_of_step(worker->run) > 1)
            accumulate(worker, i, gradient);
    }
}

/* ---- norms ---- */

static void sum_squares(const fm_worker *worker, size_t i, int what, char *a)
{
    fm_param *p = &worker->plan->params[i];
    const fm_range parts = own_parts(worker);
    for (size_t part = parts.begin; part < parts.end; part++) {
        const size_t begin = part_begin(worker, elements_of(p), part),
                     end = part_begin(worker, elements_of(p), part + 1);
        p->squares[what][part] = worker->plan->kernels->square_sum(fm_offset(worker, a, begin), end - begin);
    }
}

static double squares_of(const fm_worker *worker, size_t i, int what)
{
    double sum = 0;
    for (size_t part = 0; part < FM_NORM_PARTS; part++)
        sum += worker->plan->params[i].squares[what][part];
    return sum;
}

static void clip_norms(const fm_worker *worker)
{
    const fm_run *run = worker->run;
    const size_t n_params = worker->plan->n_params;
    double all = 0;
    for (size_t i = 0; i < n_params; i++)
        if (gradient_in_memory(worker, i))
            sum_squares(worker, i, FM_SQUARES_OF_GRADIENT, gradient_in_memory(worker, i));
    fm_team_wait(worker->team);
    for (size_t i = 0; i < n_params; i++)
        if (gradient_in_memory(worker, i))
            all += squares_of(worker, i, FM_SQUARES_OF_GRADIENT);
    for (size_t i = 0; i < n_params; i++) {
        char *gradient = gradient_in_memory(worker, i);
        if (!gradient)
            continue;
        const double limit = run->clip_norm > 0 ? run->clip_norm : run->global_clip_norm;
        const double norm = sqrt(run->clip_norm > 0 ? squares_of(worker, i, FM_SQUARES_OF_GRADIENT) : all);
        const fm_range r = own_elements(worker, &worker->plan->params[i]);
        char *g = fm_offset(worker, gradient, r.begin);
        if (!(norm <= limit)) /* NaN, too, is for all to see */
            worker->plan->kernels->blend(g, g, r.end - r.begin, limit / norm, 0);
    }
}

/* ---- the step ---- */

void fm_elements_step(const fm_worker *worker, int parameter, char *g, size_t begin, size_t end)
{
    const fm_binding *binding = fm_binding_of(worker, parameter);
    fm_step step = fm_step_of(worker, parameter);
    void *slots[FM_MAX_SLOTS];
    for (size_t i = 0; i < FM_MAX_SLOTS; i++)
        slots[i] = fm_offset(worker, binding->slots[i], begin);
    if (step.optimizer == FM_LAMB)
        slots[2] = g;
    if (prepares(worker->run))
        step.l1 = step.l2 = 0;
    worker->plan->kernels->optimizer_step(fm_offset(worker, binding->weight, begin), slots, g, end - begin, &step);
}

/* What is left of Lamb's step: along the direction that now stands in the gradient's place. */
static void follow_directions(const fm_worker *worker)
{
    for (size_t i = 0; i < worker->plan->n_params; i++) {
        if (!gradient_in_memory(worker, i))
            continue;
        sum_squares(worker, i, FM_SQUARES_OF_WEIGHT, fm_binding_of(worker, (int)i)->weight);
        sum_squares(worker, i, FM_SQUARES_OF_DIRECTION, gradient_in_memory(worker, i));
    }
    fm_team_wait(worker->team);
    for (size_t i = 0; i < worker->plan->n_params; i++) {
        char *direction = gradient_in_memory(worker, i);
        if (!direction)
            continue;
        const double weight = sqrt(squares_of(worker, i, FM_SQUARES_OF_WEIGHT));
        const double length = sqrt(squares_of(worker, i, FM_SQUARES_OF_DIRECTION));
        const double trust = weight > 0 && length > 0 ? weight / length : 1;
        const fm_range r = own_elements(worker, &worker->plan->params[i]);
        worker->plan->kernels->blend(fm_offset(worker, fm_binding_of(worker, (int)i)->weight, r.begin),
                                     fm_offset(worker, direction, r.begin), r.end - r.begin, 1, -worker->rate * trust);
    }
}

/* Whether the formula leaves zeros as they are: without epsilon, many make 0 / 0 of them. */
static int keeps_zeros(const fm_worker *worker)
{
    static const double zeros[1 + FM_MAX_SLOTS];
    double elements[1 + FM_MAX_SLOTS] = {0}, gradient = 0;
    void *slots[FM_MAX_SLOTS];
    fm_step step = {.optimizer = worker->run->optimizer};
    memcpy(step.h, worker->h, sizeof step.h);
    for (size_t i = 0; i < FM_MAX_SLOTS; i++)
        slots[i] = &elements[1 + i];
    worker->plan->kernels->optimizer_step(&elements[0], slots, &gradient, 1, &step);
    return memcmp(elements, zeros, sizeof zeros) == 0;
}

/* Elements [begin, end) of a parameter's layout, as far as they are padding. */
static void clear_padding(const fm_worker *worker, const fm_param *p, char *a, fm_range r)
{
    for (size_t row = r.begin / p->ld; row * p->ld < r.end; row++) {
        const size_t behind = row * p->ld + p->cols, next = (row + 1) * p->ld;
        const size_t begin = behind > r.begin ? behind : r.begin, end = next < r.end ? next : r.end;
        if (begin < end)
            memset(fm_offset(worker, a, begin), 0, (end - begin) * worker->plan->element);
    }
}

static void take_steps(const fm_worker *worker)
{
    const int keeps = keeps_zeros(worker);
    for (size_t i = 0; i < worker->plan->n_params; i++) {
        const fm_param *p = &worker->plan->params[i];
        char *gradient = gradient_in_memory(worker, i);
        const fm_range r = own_elements(worker, p);
        if (!gradient || r.begin >= r.end)
            continue;
        fm_elements_step(worker, (int)i, fm_offset(worker, gradient, r.begin), r.begin, r.end);
        if (!keeps) {
            clear_padding(worker, p, fm_binding_of(worker, (int)i)->weight, r);
            clear_padding(worker, p, gradient, r); /* where Lamb's direction is */
        }
    }
    if (worker->run->optimizer == FM_LAMB)
        follow_directions(worker);
}

/* ---- behind the step ---- */

static void average(const fm_worker *worker, size_t i)
{
    const fm_run *run = worker->run;
    const fm_binding *binding = fm_binding_of(worker, (int)i);
    const uint64_t steps = worker->step / batches_of_step(run);
    const double momentum = steps ? run->ema_momentum : 0;
    const fm_range r = own_elements(worker, &worker->plan->params[i]);
    char *mean = fm_offset(worker, binding->average, r.begin), *w = fm_offset(worker, binding->weight, r.begin);
    if (!worker->plan->params[i].trainable || !mean)
        return;
    worker->plan->kernels->blend(mean, w, r.end - r.begin, momentum, 1 - momentum);
    if (run->ema_overwrite && (steps + 1) % run->ema_overwrite == 0)
        memcpy(w, mean, (r.end - r.begin) * worker->plan->element);
}

static void constrain(const fm_worker *worker, size_t i)
{
    const fm_param *p = &worker->plan->params[i];
    const fm_kernels *kernels = worker->plan->kernels;
    void *w = fm_binding_of(worker, (int)i)->weight;
    fm_range rows = {0, p->rows}, columns = {0, p->cols};
    size_t ld = p->ld;
    if (p->constraint == FM_NO_CONSTRAINT || !p->trainable)
        return;
    if (p->norm == FM_OF_COLUMNS) {
        columns = fm_part(worker, p->cols, kernels->lanes);
    } else if (p->norm == FM_OF_ROWS) {
        rows = fm_part(worker, p->rows, 1);
    } else { /* one long row; its padding is zero */
        rows = fm_part(worker, 1, 1);
        ld = columns.end = elements_of(p);
    }
    if (rows.begin < rows.end && columns.begin < columns.end)
        kernels->constrain(w, ld, rows.begin, rows.end, columns.begin, columns.end, (int)p->constraint, (int)p->norm,
                           p->limits);
}

static void settle(const fm_worker *worker)
{
    int constrained = 0;
    for (size_t i = 0; i < worker->plan->n_params; i++) {
        average(worker, i);
        constrained |= worker->plan->params[i].constraint != FM_NO_CONSTRAINT;
    }
    if (!constrained)
        return;
    fm_team_wait(worker->team); /* the parts change */
    for (size_t i = 0; i < worker->plan->n_params; i++)
        constrain(worker, i);
}

void fm_step_finish(const fm_worker *worker)
{
    const fm_run *run = worker->run;
    if (prepares(run))
        prepare_gradients(worker);
    if (is_due(worker)) {
        if (run->clip_norm > 0 || run->global_clip_norm > 0)
            clip_norms(worker);
        take_steps(worker);
    }
    settle(worker);
}

/* ---- a step by itself ---- */

typedef struct {
    fm_plan *plan;
    const fm_run *run;
    fm_phase phase;
} lone_step;

/* Up to the formula, which is the caller's: gradients as it needs them, weights decayed. */
static void finish_gradients(const fm_worker *worker)
{
    prepare_gradients(worker);
    if (!is_due(worker))
        return;
    if (worker->run->clip_norm > 0 || worker->run->global_clip_norm > 0)
        clip_norms(worker);
    for (size_t i = 0; i < worker->plan->n_params; i++) {
        char *gradient = gradient_in_memory(worker, i);
        const fm_range r = own_elements(worker, &worker->plan->params[i]);
        fm_step step = fm_step_of(worker, (int)i);
        step.l1 = step.l2 = 0;
        if (gradient)
            worker->plan->kernels->optimizer_prepare(fm_offset(worker, gradient, r.begin),
                                                     fm_offset(worker, fm_binding_of(worker, (int)i)->weight, r.begin),
                                                     r.end - r.begin, &step);
    }
}

static void step_thread(void *argument, fm_team *team, size_t thread)
{
    const lone_step *s = argument;
    fm_worker worker = {.plan = s->plan, .run = s->run, .team = team, .thread = thread, .threads = fm_team_size(team)};
    worker.step = s->run->step;
    worker.penalty_share = 1;
    fm_step_begin(&worker, s->run->learning_rates[0]);
    if (s->phase == FM_WHOLE_STEP)
        fm_step_finish(&worker);
    else if (s->phase == FM_BEFORE_FORMULA)
        finish_gradients(&worker);
    else
        settle(&worker);
}

/* Elements a thread must find to be worth its barriers. */
static const size_t ELEMENTS_PER_THREAD = 1 << 17;

void fm_plan_step(fm_plan *plan, const fm_run *run, fm_phase phase)
{
    lone_step s = {plan, run, phase};
    size_t elements = 0;
    for (size_t i = 0; i < plan->n_params; i++)
        elements += elements_of(&plan->params[i]);
    const size_t wanted = elements / ELEMENTS_PER_THREAD + 1;
    fm_team_run(wanted < (size_t)run->threads ? wanted : (size_t)run->threads, step_thread, &s);
}
