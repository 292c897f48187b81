/* Stands in for src_c/pace.c: the number of threads changes as often as it may, whatever the clock says. */
#include "pace.h"

size_t fm_pace_threads(const fm_pace *pace, size_t wanted)
{
    return wanted > 2 ? 2 + pace->halvings % (wanted - 1) : wanted;
}

int fm_pace_note(fm_pace *pace, size_t threads, double seconds, double flops, double lost)
{
    (void)threads, (void)seconds, (void)flops, (void)lost;
    pace->halvings++;
    return 1;
}
