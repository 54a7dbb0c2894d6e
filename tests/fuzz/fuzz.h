/*
 * A fuzz target: one function that takes any bytes, and aborts when something
 * that must hold does not.
 *
 * Built by clang (preset `fuzz`) a target is a libFuzzer program; in every
 * other build replay.c runs it over the kept corpus and over changed copies of
 * it, so that what was once found stays found.
 */
#ifndef DAYBOOK_TESTS_FUZZ_H
#define DAYBOOK_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold, in every build. */
#define FUZZ_CHECK(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The input as a file, for code that reads files; removed with the program. NULL = the system refused. */
const char *fuzz_file(const uint8_t *data, size_t size);

#endif
