/* A function that is defined again for our own objects (the linker's --wrap), and fails when it is told to. */
#ifndef DAYBOOK_TESTS_FAULT_FAIL_WRAP_H
#define DAYBOOK_TESTS_FAULT_FAIL_WRAP_H

#include "tests/fault/fail.h"

/* `failed` is what the function says when it fails. */
#define FAIL_WRAP(call, type, name, parameters, arguments, failed)                                                     \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters {                                                                                    \
        return fail_meets(call) ? (failed) : __real_##name arguments;                                                  \
    }

#endif
