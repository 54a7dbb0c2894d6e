/* What was printed into a temporary stream. */
#ifndef DAYBOOK_TESTS_TOOLS_STREAM_H
#define DAYBOOK_TESTS_TOOLS_STREAM_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/rows.h"

static inline FILE *stream_begin(void) {
    FILE *stream = tmpfile();
    assert_non_null(stream);
    return stream;
}

/* Closes it. */
static inline void stream_is(FILE *stream, const char *expected) {
    size_t size = (size_t)ftell(stream);
    rewind(stream);
    char *text = calloc(size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, size, stream), size);
    assert_string_equal(text, expected);
    free(text);
    (void)fclose(stream);
}

#endif
