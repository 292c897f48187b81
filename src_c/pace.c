#include "pace.h"

/* In seconds. Shorter windows than the time slices of a busy machine would compare chances. Between trials that change
 * nothing, the rest doubles: who disturbs for a moment is forgotten soon, who stays is seldom asked. */
static const double WINDOW = 0.03, SHORTEST_REST = 0.1, LONGEST_REST = 1.6;

/* The part of their time that threads must have lost before fewer of them are tried. On a quiet machine they lose next
 * to none: shares are about equal, and a short wait does not count. */
static const double TOO_MUCH = 0.5;

static int try(fm_pace *pace, unsigned halvings, double rate)
{
    pace->before = pace->halvings;
    pace->halvings = halvings;
    pace->rate = rate;
    pace->trying = 1;
    return 1;
}

/* The faster number of threads goes on. */
static int conclude(fm_pace *pace, double rate)
{
    const int worse = rate < pace->rate;
    if (worse)
        pace->halvings = pace->before;
    const double longer = 2 * pace->rest < LONGEST_REST ? 2 * pace->rest : LONGEST_REST;
    pace->rest = worse && pace->rest > 0 ? longer : SHORTEST_REST;
    pace->resting = pace->rest;
    pace->trying = 0;
    return worse;
}

size_t fm_pace_threads(const fm_pace *pace, size_t wanted)
{
    const size_t threads = wanted >> pace->halvings;
    return threads < 1 ? 1 : threads;
}

int fm_pace_note(fm_pace *pace, size_t threads, double seconds, double flops, double lost)
{
    pace->seconds += seconds;
    pace->flops += flops;
    pace->lost += lost;
    if (pace->seconds < WINDOW)
        return 0;
    const double rate = pace->flops / pace->seconds;
    const int too_much = pace->lost > TOO_MUCH * (double)(threads - 1) * pace->seconds;
    pace->resting -= pace->seconds;
    pace->seconds = pace->flops = pace->lost = 0;
    if (pace->trying)
        return conclude(pace, rate);
    if (pace->resting > 0)
        return 0;
    if (pace->halvings > 0)
        return try(pace, pace->halvings - 1, rate);
    return too_much && threads > 1 && try(pace, pace->halvings + 1, rate);
}
