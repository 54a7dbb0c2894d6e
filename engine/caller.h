/*
 * Somebody who waits to be told one thing: lead, or done.
 *
 *   CA1  What was said before the wait began is not lost.
 *   CA2  Whoever hears "done" may go away at once: nobody touches its memory
 *        afterwards (a wake-up names its address, and no more).
 *   CA3  What is held is not done before it was let go.
 *
 * A word and the kernel's queue on it instead of a mutex and a condition: who
 * is woken needs no lock to find out, and 64 who are woken do not queue for one.
 */
#ifndef DAYBOOK_CALLER_H
#define DAYBOOK_CALLER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum caller_word { CALLER_WAITS, CALLER_SLEEPS, CALLER_LEADS, CALLER_DONE };

struct caller {
    _Atomic uint32_t word;  /* enum caller_word */
    _Atomic size_t pending; /* Of what it came with; 0: done. */
};

/* Until it was told, and what. */
enum caller_word caller_wait(struct caller *caller);
void caller_tell(struct caller *caller, enum caller_word word);
/* One more that is pending; false: nothing is any more, and the caller is done or will be told so (CA3). */
bool caller_hold(struct caller *caller);
/* One less; true: it was the last, so the caller is to be told. */
bool caller_let_go(struct caller *caller);
/* Takes back a "lead" that somebody else has answered meanwhile. */
void caller_rest(struct caller *caller);

#endif
