/* Serial stand-ins for what ngspice calls of GNU OpenMP, and a clock() that asks the kernel rarely.
 *
 * A library of ngspice that was built with OpenMP opens a parallel region with tasks and barriers at each evaluation of
 * its devices, also where it has one thread, and asks for CPU time at each time point. In a small circuit that takes
 * as long as the devices do. With one thread all of it has the same result as calling the function.
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags)
{
    (void)threads, (void)flags;
    body(data);
}

/* Run a task at once, with its own copy of the data where the compiler gives a function that makes one. */
void GOMP_task(void (*body)(void *), void *data, void (*copy)(void *, void *), long size, long align, bool deferred,
               unsigned flags, void **depend, int priority)
{
    (void)deferred, (void)flags, (void)depend, (void)priority;
    if (copy) {
        uintptr_t place = (uintptr_t)alloca(size + align - 1);
        void *own = (void *)((place + align - 1) & ~(uintptr_t)(align - 1));
        copy(own, data);
        data = own;
    }
    body(data);
}

bool GOMP_single_start(void) { return true; }
void GOMP_barrier(void) {}
void GOMP_taskwait(void) {}
int omp_get_thread_num(void) { return 0; }
int omp_get_num_threads(void) { return 1; }
int omp_get_max_threads(void) { return 1; }
void omp_set_num_threads(int threads) { (void)threads; }

static double seconds(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

double omp_get_wtime(void) { return seconds(CLOCK_MONOTONIC); }

/* The CPU time of the process, asked of the kernel anew at each of its ticks alone: some milliseconds. */
clock_t clock(void)
{
    static _Thread_local double tick = -1;
    static _Thread_local clock_t spent;
    double now = seconds(CLOCK_MONOTONIC_COARSE);
    if (now != tick) {
        tick = now;
        spent = (clock_t)(seconds(CLOCK_PROCESS_CPUTIME_ID) * CLOCKS_PER_SEC);
    }
    return spent;
}
