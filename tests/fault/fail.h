/*
 * One kind of call fails from its nth time on, once or for good.
 *
 * Functions are defined again: in fail_system.c those of the system, for the
 * program and for LMDB, and those of memory, for our own objects (the linker's
 * --wrap); in fail_part.c what hands out memory in parts (arenas, pools,
 * buffers), so that each of its uses can be refused; in fail_crypto.c and
 * its like the libraries that we stand on.
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
    X(NAME, "name")                                                                                                    \
    X(PART, "a part of memory")                                                                                        \
    X(LIBRARY, "a library")

enum fail_call {
#define FAIL_CALL_ENUM(name, text) FAIL_##name,
    FAIL_CALLS(FAIL_CALL_ENUM)
#undef FAIL_CALL_ENUM
        FAIL_CALL_COUNT
};
enum { FAIL_SYSTEM_COUNT = FAIL_PART };

/* The `nth` call of this kind from now fails, and with `is_for_good` all that follow. */
void fail_arm(enum fail_call call, uint64_t nth, bool is_for_good);
/* What a call says that fails by a code, from now on: EIO where nobody has told it. */
void fail_with(int code);
int fail_code(void);
/* From now on each call that fails says where it was made, on standard error. */
void fail_trace(void);
/* Nothing fails any more. Returns how many did. */
uint64_t fail_disarm(void);

/* Asked by the functions that are defined again: does this call fail? */
bool fail_meets(enum fail_call call);

#endif
