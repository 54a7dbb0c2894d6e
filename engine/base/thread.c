/* The priority of a thread among others. */
#include "base/thread.h"

#include <sys/resource.h>
#include <unistd.h>

void thread_stand_back(int nice) {
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), nice); /* The calling thread alone, on Linux. */
}
