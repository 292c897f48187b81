/* What a batch is trained and judged by: losses with their gradients, metrics, penalties. */
#include "worker.h"

static const char *weights_of(const fm_worker *worker, int target)
{
    const fm_array *weights = worker->run->weights;
    return target != FM_NONE && weights && weights[target].data ? worker->plan->targets[target].weights : NULL;
}

static double weight_at(const fm_worker *worker, const char *weights, size_t i)
{
    return worker->plan->kernels->dtype == FM_F32 ? (double)((const float *)(const void *)weights)[i]
                                                  : ((const double *)(const void *)weights)[i];
}

/* The sum of a target's weights in the batch; the number of its rows where it has none. */
static double weight_sum(const fm_worker *worker, int target)
{
    const size_t n = worker->plan->targets[target].rows * worker->m;
    const char *weights = weights_of(worker, target);
    double sum = 0;
    if (!weights)
        return (double)n;
    for (size_t i = 0; i < n; i++)
        sum += weight_at(worker, weights, i);
    return sum;
}

/* 1 / n, but 0 for 0. */
static double share_of(double n)
{
    return n != 0 ? 1 / n : 0;
}

double fm_penalty_share(const fm_worker *worker)
{
    const int target = worker->plan->penalty_target;
    return target == FM_NONE ? 1 : share_of(weight_sum(worker, target));
}

static void loss_rows(const fm_worker *worker, const fm_loss_term *l, int gradients)
{
    const fm_plan *plan = worker->plan;
    const fm_value *z = fm_value_of(worker, l->z);
    const fm_value *p = l->probabilities >= 0 ? fm_value_of(worker, l->probabilities) : NULL;
    const fm_target *t = l->target >= 0 ? &plan->targets[l->target] : NULL;
    const size_t rows = fm_rows_of(worker, z);
    const fm_range r = fm_part(worker, rows, 1);
    const double divisor = l->per == FM_PER_WEIGHT ? weight_sum(worker, l->target) : (double)rows;
    char *dz = gradients && z->has_gradient ? (l->accumulate ? l->gradient : z->gradient) : NULL;
    plan->kernels->loss(l->rows, dz, p ? p->data : NULL, z->data, t ? t->data : NULL, weights_of(worker, l->target),
                        z->buffer_ld, p ? p->ld : 0, z->ld, t ? t->ld : 0, r.begin, r.end, z->cols, l->kind, l->s,
                        l->weight * share_of(divisor));
    if (dz && l->accumulate)
        plan->kernels->copy(z->gradient, dz, z->buffer_ld, z->buffer_ld, r.begin, r.end, z->cols, 1);
}

static void metric_rows(const fm_worker *worker, const fm_metric_term *metric)
{
    const fm_value *v = fm_value_of(worker, metric->value);
    const fm_target *t = metric->target >= 0 ? &worker->plan->targets[metric->target] : NULL;
    const fm_range r = fm_part(worker, fm_rows_of(worker, v), 1);
    worker->plan->kernels->metric(metric->rows, v->data, t ? t->data : NULL, v->ld, t ? t->ld : 0, r.begin, r.end,
                                  v->cols, metric->kind, metric->s);
}

void fm_terms(const fm_worker *worker, int gradients)
{
    const fm_plan *plan = worker->plan;
    for (size_t i = 0; i < plan->n_losses; i++)
        loss_rows(worker, &plan->losses[i], gradients);
    for (size_t i = 0; i < plan->n_metrics; i++)
        metric_rows(worker, &plan->metrics[i]);
    for (size_t i = 0; i < plan->n_params; i++) {
        const fm_param *p = &plan->params[i];
        const fm_range r = fm_part(worker, p->rows, 1);
        if (p->penalties)
            plan->kernels->penalty(p->penalties, fm_binding_of(worker, (int)i)->weight, p->ld, r.begin, r.end, p->cols,
                                   p->l1, p->l2);
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

/* What is one number a batch counts once a row of the batch. */
static void add_mean(const fm_worker *worker, const fm_value *v, const double *rows, double *sums)
{
    const size_t n = fm_rows_of(worker, v);
    sums[0] += v->fixed ? rows[0] * (double)worker->m : sum(rows, n);
    sums[1] += (double)(v->fixed ? worker->m : n);
}

static void add_weighted(const fm_worker *worker, const fm_metric_term *metric, const char *weights, double *sums)
{
    const size_t n = fm_rows_of(worker, &worker->plan->values[metric->value]);
    for (size_t i = 0; i < n; i++) {
        const double w = weight_at(worker, weights, i);
        sums[0] += w * metric->rows[i];
        sums[1] += w;
    }
}

/* A mean over the weights, too, counts once a row. */
static void add_loss(const fm_worker *worker, const fm_loss_term *l, double *sums)
{
    const fm_value *z = fm_value_of(worker, l->z);
    const size_t n = fm_rows_of(worker, z);
    if (l->per == FM_PER_ROW) {
        add_mean(worker, z, l->rows, sums);
        return;
    }
    sums[0] += sum(l->rows, n) * share_of(weight_sum(worker, l->target)) * (double)n;
    sums[1] += (double)n;
}

void fm_terms_add(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    double *sums = worker->run->sums;
    for (size_t i = 0; i < plan->n_losses; i++, sums += 2)
        add_loss(worker, &plan->losses[i], sums);
    for (size_t i = 0; i < plan->n_metrics; i++, sums += 2) {
        const fm_metric_term *metric = &plan->metrics[i];
        const char *weights = metric->weighted ? weights_of(worker, metric->target) : NULL;
        if (weights)
            add_weighted(worker, metric, weights, sums);
        else
            add_mean(worker, &plan->values[metric->value], metric->rows, sums);
    }
    if (!plan->penalized)
        return;
    for (size_t i = 0; i < plan->n_params; i++)
        if (plan->params[i].penalties)
            sums[0] += sum(plan->params[i].penalties, plan->params[i].rows) * worker->penalty_share * (double)worker->m;
    sums[1] += (double)worker->m;
}
