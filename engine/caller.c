/* A word that one thread waits on, by futex. */
#include "caller.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(_Atomic uint32_t) == 4, "the kernel reads the word as it is");

enum caller_word caller_wait(struct caller *caller) {
    for (;;) {
        uint32_t word = atomic_load_explicit(&caller->word, memory_order_acquire);
        if (word == CALLER_LEADS || word == CALLER_DONE) {
            return (enum caller_word)word;
        }
        if (word == CALLER_WAITS && !atomic_compare_exchange_strong(&caller->word, &word, CALLER_SLEEPS)) {
            continue;
        }
        /* Returns at once when the word is another by now, and may wake for nothing. */
        (void)syscall(SYS_futex, &caller->word, FUTEX_WAIT_PRIVATE, CALLER_SLEEPS, NULL, NULL, 0);
    }
}

void caller_tell(struct caller *caller, enum caller_word word) {
    _Atomic uint32_t *address = &caller->word;
    if (atomic_exchange_explicit(address, word, memory_order_acq_rel) == CALLER_SLEEPS) {
        (void)syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

bool caller_hold(struct caller *caller) {
    size_t pending = atomic_load(&caller->pending);
    while (pending > 0 && !atomic_compare_exchange_weak(&caller->pending, &pending, pending + 1)) {
    }
    return pending > 0;
}

bool caller_let_go(struct caller *caller) {
    return atomic_fetch_sub(&caller->pending, 1) == 1;
}

void caller_rest(struct caller *caller) {
    uint32_t leads = CALLER_LEADS;
    (void)atomic_compare_exchange_strong(&caller->word, &leads, CALLER_WAITS);
}
