/* The team: OpenMP starts the threads, then they meet at a barrier of our own, several times cheaper than OpenMP's. */
#define _GNU_SOURCE
#include "team.h"

#include "fm.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

/* What is written by different threads has a cache line each. */
struct fm_team {
    _Alignas(FM_CACHE_LINE) atomic_uint arrived;
    _Alignas(FM_CACHE_LINE) atomic_uint phase;
    _Alignas(FM_CACHE_LINE) atomic_ullong lost; /* nanoseconds of all threads */
    _Alignas(FM_CACHE_LINE) unsigned threads;
};

/* How often a waiting thread looks before it yields its core. While all teams together fit the cores, patience pays:
 * who yields to a process in the background comes back milliseconds later. With more threads than cores, the one that
 * is waited for must get a core soon. */
enum { SPINS = 5000, SPINS_CROWDED = 500 };

static atomic_int running; /* threads of all teams of this process */

static int spins_before_yield(void)
{
    static atomic_int cores;
    if (atomic_load_explicit(&cores, memory_order_relaxed) == 0)
        atomic_store_explicit(&cores, fm_threads_available(), memory_order_relaxed);
    return atomic_load_explicit(&running, memory_order_relaxed) <= atomic_load_explicit(&cores, memory_order_relaxed)
               ? SPINS
               : SPINS_CROWDED;
}

static inline void relax(void)
{
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Whoever is waited for has lost its core to somebody else: this one is for others, too, and its time lost. */
static void wait_long(fm_team *team, unsigned phase)
{
    const double start = fm_seconds();
    while (atomic_load_explicit(&team->phase, memory_order_acquire) == phase)
        sched_yield();
    const double lost = 1e9 * (fm_seconds() - start);
    atomic_fetch_add_explicit(&team->lost, (unsigned long long)lost, memory_order_relaxed);
}

void fm_team_wait(fm_team *team)
{
    if (team->threads == 1)
        return;
    const unsigned phase = atomic_load_explicit(&team->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) + 1 == team->threads) {
        atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&team->phase, phase + 1, memory_order_release);
        return;
    }
    for (int left = spins_before_yield(); left > 0; left--) {
        if (atomic_load_explicit(&team->phase, memory_order_acquire) != phase)
            return;
        relax();
    }
    wait_long(team, phase);
}

double fm_team_lost(fm_team *team)
{
    if (atomic_load_explicit(&team->lost, memory_order_relaxed) == 0)
        return 0; /* without a write, which the others' caches would notice */
    return 1e-9 * (double)atomic_exchange_explicit(&team->lost, 0, memory_order_relaxed);
}

size_t fm_team_size(const fm_team *team)
{
    return team->threads;
}

/* Denormal numbers in an optimizer's slots cost microcode; within the engine they count as zero. */
#if defined(__x86_64__)
typedef unsigned floating_mode;
static floating_mode flush_denormals(void)
{
    const unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040); /* FTZ, DAZ */
    return mode;
}
static void restore_floating_mode(floating_mode mode)
{
    _mm_setcsr(mode);
}
#elif defined(__aarch64__)
typedef uint64_t floating_mode;
static floating_mode flush_denormals(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" ::"r"(mode | (uint64_t)1 << 24)); /* FZ */
    return mode;
}
static void restore_floating_mode(floating_mode mode)
{
    __asm__ volatile("msr fpcr, %0" ::"r"(mode));
}
#else
typedef int floating_mode;
static floating_mode flush_denormals(void)
{
    return 0;
}
static void restore_floating_mode(floating_mode mode)
{
    (void)mode;
}
#endif

static void run_member(void (*body)(void *, fm_team *, size_t), void *argument, fm_team *team, size_t thread)
{
    const floating_mode mode = flush_denormals();
    atomic_fetch_add_explicit(&running, 1, memory_order_relaxed);
    body(argument, team, thread);
    atomic_fetch_sub_explicit(&running, 1, memory_order_relaxed);
    restore_floating_mode(mode);
}

#if defined(__SANITIZE_THREAD__)
/* ThreadSanitizer does not see how libgomp's threads synchronise; it does see pthreads. */
typedef struct {
    void (*body)(void *, fm_team *, size_t);
    void *argument;
    fm_team *team;
    size_t thread;
} member;

static void *member_start(void *p)
{
    const member *m = p;
    run_member(m->body, m->argument, m->team, m->thread);
    return NULL;
}

void fm_team_run(size_t threads, void (*body)(void *, fm_team *, size_t), void *argument)
{
    fm_team team = {.threads = (unsigned)threads};
    pthread_t ids[FM_MAX_THREADS];
    member members[FM_MAX_THREADS];
    for (size_t i = 0; i < threads; i++) {
        members[i] = (member){body, argument, &team, i};
        if (i > 0 && pthread_create(&ids[i], NULL, member_start, &members[i]) != 0)
            abort();
    }
    run_member(body, argument, &team, 0);
    for (size_t i = 1; i < threads; i++)
        pthread_join(ids[i], NULL);
}
#else
#ifdef _OPENMP
/* A forked child inherits libgomp's records of threads that it does not have. So let go of them before the fork; parent
 * and child make new ones when they need them. */
static void release_threads(void)
{
    omp_pause_resource_all(omp_pause_soft);
}

static void forget_teams(void) /* those of the parent's other threads */
{
    atomic_store(&running, 0);
}

static void watch_forks(void)
{
    pthread_atfork(release_threads, NULL, forget_teams);
}
#endif

void fm_team_run(size_t threads, void (*body)(void *, fm_team *, size_t), void *argument)
{
    fm_team team = {.threads = 1};
#ifdef _OPENMP
    if (threads > 1) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        pthread_once(&once, watch_forks);
#pragma omp parallel num_threads((int)threads)
        {
#pragma omp single
            team.threads = (unsigned)omp_get_num_threads();
            run_member(body, argument, &team, (size_t)omp_get_thread_num());
        }
        return;
    }
#else
    (void)threads;
#endif
    run_member(body, argument, &team, 0);
}
#endif

int fm_has_openmp(void)
{
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}

/* ---- how many threads ---- */

/* The CPU quota of the process's cgroup in whole CPUs, rounded up; 0 where there is none. */
static int cgroup_cpus(void)
{
    long quota = 0, period = 0;
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r"); /* version 2 */
    if (file) {
        if (fscanf(file, "%ld %ld", &quota, &period) != 2)
            quota = 0;
        fclose(file);
    } else {
        file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "r"); /* version 1 */
        if (file) {
            if (fscanf(file, "%ld", &quota) != 1)
                quota = 0;
            fclose(file);
        }
        file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "r");
        if (file) {
            if (fscanf(file, "%ld", &period) != 1)
                period = 0;
            fclose(file);
        }
    }
    return quota > 0 && period > 0 ? (int)((quota + period - 1) / period) : 0;
}

int fm_threads_available(void)
{
    int count = (int)sysconf(_SC_NPROCESSORS_ONLN);
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        count = CPU_COUNT(&set);
#endif
    const int quota = cgroup_cpus();
    if (quota > 0 && quota < count)
        count = quota;
    return count < 1 ? 1 : count > FM_MAX_THREADS ? FM_MAX_THREADS : count;
}

/* ---- the machine's peak ---- */

double fm_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
    const fm_kernels *kernels;
    size_t rounds;
    double seconds, flops;
} peak_run;

static void measure_peak(void *argument, fm_team *team, size_t thread)
{
    peak_run *run = argument;
    fm_team_wait(team);
    const double start = fm_seconds();
    const double flops = run->kernels->peak(run->rounds);
    fm_team_wait(team);
    if (thread == 0) {
        run->seconds = fm_seconds() - start;
        run->flops = flops * (double)fm_team_size(team);
    }
}

double fm_peak_measure(const fm_kernels *kernels, int threads, size_t rounds, double *flops)
{
    peak_run run = {kernels, rounds, 0, 0};
    fm_team_run((size_t)threads, measure_peak, &run);
    *flops = run.flops;
    return run.seconds;
}
