/* The plan of what fails. */
#include "tests/fault/fail.h"

#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <unistd.h>

static struct {
    atomic_bool is_armed;
    enum fail_call call;
    bool is_for_good;
    bool is_traced;
    atomic_uint_fast64_t left; /* Calls until it fails. */
    atomic_uint_fast64_t failed;
} plan;

void fail_arm(enum fail_call call, uint64_t nth, bool is_for_good) {
    plan.call = call;
    plan.is_for_good = is_for_good;
    atomic_store(&plan.left, nth);
    atomic_store(&plan.failed, 0);
    atomic_store(&plan.is_armed, true);
}

static atomic_int code_of_failures = EIO;

void fail_with(int code) {
    atomic_store(&code_of_failures, code);
}

int fail_code(void) {
    return atomic_load(&code_of_failures);
}

void fail_trace(void) {
    plan.is_traced = true;
}

uint64_t fail_disarm(void) {
    atomic_store(&plan.is_armed, false);
    return atomic_load(&plan.failed);
}

bool fail_meets(enum fail_call call) {
    if (!atomic_load(&plan.is_armed) || plan.call != call) {
        return false;
    }
    uint64_t left = atomic_load(&plan.left);
    while (left > 0 && !atomic_compare_exchange_weak(&plan.left, &left, left - 1)) {
    }
    bool does = left == 1 || (left == 0 && plan.is_for_good);
    if (does) {
        if (atomic_fetch_add(&plan.failed, 1) == 0 && plan.is_traced) {
            void *frames[32];
            backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
        }
    }
    return does;
}
