/* With how many threads a run goes on while other processes want the cores, too.
 *
 * Threads that meet at barriers get on together only while each has a core; where one is kept waiting all are, and
 * fewer are faster. The clock decides, so it must never decide what is computed: any number of threads gives the same
 * bits. */
#ifndef FM_PACE_H
#define FM_PACE_H

#include <stddef.h>

/* All zero at first. */
typedef struct {
    unsigned halvings;           /* of the number of threads that the work is worth */
    double seconds, flops, lost; /* of the present window */
    int trying;                  /* another number of threads, for one window */
    unsigned before;             /* the halvings, */
    double rate;                 /* and the flops a second, of the window before the trial */
    double rest;                 /* seconds between the last trial and the next, */
    double resting;              /* seconds to the next trial */
} fm_pace;

/* How many threads to go on with, of those that the work is worth. */
size_t fm_pace_threads(const fm_pace *pace, size_t wanted);

/* Notes what `threads` threads have done in some seconds, `lost` of which they waited, added up over the threads.
 * Returns whether to go on with another number of them. */
int fm_pace_note(fm_pace *pace, size_t threads, double seconds, double flops, double lost);

#endif
