/* The epochs of a linear threshold unit: the order of the rows, and when to stop. kernels/perceptron.inc.h has what
 * happens in one of them. */
#include "fm.h"

/* scikit-learn's generator, so that rows come in its order (xorshift: Marsaglia, 2003); the state is not 0. */
static uint32_t draw(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state & INT32_MAX;
}

void fm_perceptron_start(fm_perceptron *p, uint32_t seed)
{
    const uint32_t rows = (uint32_t)p->rows;
    uint32_t state = seed ? seed : 1;
    for (uint32_t i = 0; i < rows; i++)
        p->order[i] = p->shuffler[i] = (int32_t)i;
    for (uint32_t i = 0; p->shuffled && i + 1 < rows; i++) {
        const uint32_t j = i + draw(&state) % (rows - i);
        const int32_t other = p->shuffler[j];
        p->shuffler[j] = p->shuffler[i];
        p->shuffler[i] = other;
    }
}

/* Every epoch makes the same exchanges, beginning with the order of the one before. */
static void shuffle(fm_perceptron *p)
{
    int32_t *order = p->spare;
    for (size_t i = 0; i < p->rows; i++)
        order[i] = p->order[p->shuffler[i]];
    p->spare = p->order;
    p->order = order;
}

static size_t rows_learned_from(const fm_perceptron *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->rows; i++)
        count += !p->held_out[i];
    return count;
}

void fm_perceptron_epoch(fm_perceptron *p)
{
    const double rows = (double)rows_learned_from(p);
    if (p->shuffled)
        shuffle(p);
    fm_kernels_get(NULL, p->x.dtype)->perceptron_epoch(p);
    p->loss /= rows;
    p->objective /= rows;
    p->epochs++;
}

int fm_perceptron_is_finite(const fm_perceptron *p)
{
    return p->intercept - p->intercept == 0 && fm_kernels_get(NULL, p->x.dtype)->all_finite(p->w, p->cols);
}

int fm_perceptron_has_converged(fm_perceptron *p, double cost)
{
    p->stale = cost > p->best - p->tolerance ? p->stale + 1 : 0;
    p->best = cost < p->best ? cost : p->best;
    return p->stale >= p->patience;
}

void fm_perceptron_run(fm_perceptron *p, uint64_t epochs)
{
    while (epochs-- > 0) {
        fm_perceptron_epoch(p);
        if (!fm_perceptron_is_finite(p) || fm_perceptron_has_converged(p, p->objective))
            break;
    }
}
