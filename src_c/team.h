/* One team of threads that runs a function together; OpenMP makes the threads, the barrier is our own. */
#ifndef FM_TEAM_H
#define FM_TEAM_H

#include <stddef.h>

typedef struct fm_team fm_team;

/* Runs body(argument, team, thread) for thread = 0 ... threads - 1 at the same time. Returns when all have. */
void fm_team_run(size_t threads, void (*body)(void *argument, fm_team *team, size_t thread), void *argument);

/* How many threads the team really has: OpenMP may give fewer than were asked for. Constant within one run. */
size_t fm_team_size(const fm_team *team);

/* No thread returns before all have come. */
void fm_team_wait(fm_team *team);

/* Seconds that threads have waited too long for one another, added up over the threads; since the last call. */
double fm_team_lost(fm_team *team);

/* A clock that only goes forward. */
double fm_seconds(void);

#endif
