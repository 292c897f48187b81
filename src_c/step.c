/* The optimizer's step on parameters whose gradient is in memory. */
#include "worker.h"

void fm_elements_step(const fm_worker *worker, int parameter, const char *g, size_t begin, size_t end)
{
    const fm_binding *binding = fm_binding_of(worker, parameter);
    void *slots[FM_MAX_SLOTS];
    for (size_t i = 0; i < FM_MAX_SLOTS; i++)
        slots[i] = fm_offset(worker, binding->slots[i], begin);
    worker->plan->kernels->optimizer_step(fm_offset(worker, binding->weight, begin), slots, g, end - begin,
                                          (int)worker->run->optimizer, worker->h);
}

void fm_parameters_step(const fm_worker *worker)
{
    const fm_plan *plan = worker->plan;
    for (size_t i = 0; i < plan->n_params; i++) {
        const fm_param *p = &plan->params[i];
        char *gradient = fm_gradient_of(worker, (int)i);
        if (p->uses == 0 || !gradient)
            continue;
        const fm_range r = fm_part(worker, p->rows * p->ld, FM_CACHE_LINE);
        if (r.begin < r.end)
            fm_elements_step(worker, (int)i, fm_offset(worker, gradient, r.begin), r.begin, r.end);
    }
}
