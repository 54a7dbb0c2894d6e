/*
 * One kind of call fails from its nth time on, once or for good.
 *
 * The functions are defined again in fail.c: those of the system for the
 * program and for LMDB, those of memory for our own objects (the linker's
 * --wrap).
 */
#ifndef DAYBOOK_TESTS_FAULT_FAIL_H
#define DAYBOOK_TESTS_FAULT_FAIL_H

#include <stdbool.h>
#include <stdint.h>

#define FAIL_CALLS(X)                                                                                                  \
    X(MEMORY, "memory")                                                                                                \
    X(OPEN, "open")                                                                                                    \
    X(WRITE, "write")                                                                                                  \
    X(SYNC, "sync")                                                                                                    \
    X(MAP, "map")                                                                                                      \
    X(SIZE, "size")                                                                                                    \
    X(NAME, "name")

enum fail_call {
#define FAIL_CALL_ENUM(name, text) FAIL_##name,
    FAIL_CALLS(FAIL_CALL_ENUM)
#undef FAIL_CALL_ENUM
        FAIL_CALL_COUNT
};

/* The `nth` call of this kind from now fails, and with `is_for_good` all that follow. */
void fail_arm(enum fail_call call, uint64_t nth, bool is_for_good);
/* From now on each call that fails says where it was made, on standard error. */
void fail_trace(void);
/* Nothing fails any more. Returns how many did. */
uint64_t fail_disarm(void);

#endif
