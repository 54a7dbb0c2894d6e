/* Statuses by name, and the writing of error messages. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *daybook_status_name(enum daybook_status status) {
    switch (status) {
#define STATUS_NAME(name, exit_code, meaning)                                                                          \
    case DAYBOOK_##name:                                                                                               \
        return #name;
        DAYBOOK_STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
    }
    return "UNKNOWN";
}

int daybook_status_exit_code(enum daybook_status status) {
    switch (status) {
#define STATUS_EXIT_CODE(name, exit_code, meaning)                                                                     \
    case DAYBOOK_##name:                                                                                               \
        return exit_code;
        DAYBOOK_STATUS_LIST(STATUS_EXIT_CODE)
#undef STATUS_EXIT_CODE
    }
    return 3;
}

/* The longest prefix of a text cut at `size` that does not end inside a UTF-8 character. */
static size_t whole_characters(const char *text, size_t size) {
    size_t start = size;
    while (start > 0 && size - start < 4) {
        start--;
        unsigned char lead = (unsigned char)text[start];
        if ((lead & 0xC0) == 0x80) {
            continue;
        }
        size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        return start + length > size ? start : size;
    }
    return size;
}

static void cut_to_fit(char message[DAYBOOK_ERROR_SIZE], int wanted_size) {
    if (wanted_size < 0) {
        message[0] = '\0';
    } else if (wanted_size >= DAYBOOK_ERROR_SIZE) {
        message[whole_characters(message, DAYBOOK_ERROR_SIZE - 1)] = '\0';
    }
}

/* What is quoted may be anything, and the message is read on a terminal: controls, those that UTF-8 writes as C2 80 to
 * C2 9F too, are shown as "?". */
static void show_controls(char *message) {
    for (char *at = message; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == 0x7F) {
            *at = '?';
        } else if (byte == 0xC2 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] <= 0x9F) {
            at[0] = at[1] = '?';
        }
    }
}

/* The one thing here that is the process's own: which language its reader has. */
static daybook_translate *translator;

void daybook_error_translate_with(daybook_translate *translate) {
    translator = translate;
}

const char *daybook_error_shown(const struct daybook_error *error) {
    return error->translated[0] != '\0' ? error->translated : error->message;
}

static void format_message(char message[DAYBOOK_ERROR_SIZE], const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void format_message(char message[DAYBOOK_ERROR_SIZE], const char *format, va_list arguments) {
    cut_to_fit(message, vsnprintf(message, DAYBOOK_ERROR_SIZE, format, arguments));
    show_controls(message);
}

static void copy_message(char message[DAYBOOK_ERROR_SIZE], const char *text) {
    cut_to_fit(message, snprintf(message, DAYBOOK_ERROR_SIZE, "%s", text));
    show_controls(message);
}

/* Both forms of a sentence; the second is "" where nobody translates. */
struct saying {
    char message[DAYBOOK_ERROR_SIZE];
    char translated[DAYBOOK_ERROR_SIZE];
};

static void say(struct saying *saying, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
static void say(struct saying *saying, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    format_message(saying->message, format, arguments);
    saying->translated[0] = '\0';
    if (translator != NULL && strcmp(format, "%s") == 0) {
        copy_message(saying->translated, translator(va_arg(again, const char *))); /* A sentence that is whole. */
    } else if (translator != NULL) {
        format_message(saying->translated, translator(format), again);
    }
    va_end(again);
}

enum daybook_status daybook_fail(struct daybook_error *error, enum daybook_status status, const char *format, ...) {
    if (error == NULL) {
        return status;
    }
    /* Written aside, so that an argument may be the message that is being replaced. */
    struct saying saying;
    va_list arguments;
    va_start(arguments, format);
    say(&saying, format, arguments);
    va_end(arguments);
    error->status = status;
    memcpy(error->message, saying.message, strlen(saying.message) + 1);
    memcpy(error->translated, saying.translated, strlen(saying.translated) + 1);
    return status;
}

/* Puts the context, and what parts them, before a text. */
static void join(char text[DAYBOOK_ERROR_SIZE], const char *context, const char *between) {
    char joined[DAYBOOK_ERROR_SIZE];
    size_t used = strlen(context);
    memcpy(joined, context, used);
    const char *const parts[] = {between, text};
    int wanted_size = (int)used;
    for (size_t i = 0; i < 2; i++) {
        size_t part_size = strlen(parts[i]);
        size_t room = DAYBOOK_ERROR_SIZE - 1 - used;
        size_t taken = part_size < room ? part_size : room;
        memcpy(joined + used, parts[i], taken);
        used += taken;
        wanted_size += (int)part_size;
    }
    joined[used] = '\0';
    cut_to_fit(joined, wanted_size);
    memcpy(text, joined, sizeof joined);
}

/* Without an error there is no status to return: STOPPED says "by an earlier failure", which is all that is known. */
enum daybook_status daybook_fail_in(struct daybook_error *error, const char *format, ...) {
    if (error == NULL) {
        return DAYBOOK_STOPPED;
    }
    struct saying context;
    va_list arguments;
    va_start(arguments, format);
    say(&context, format, arguments);
    va_end(arguments);
    if (error->translated[0] != '\0') {
        join(error->translated, context.translated, translator != NULL ? translator(": ") : ": ");
    }
    join(error->message, context.message, ": ");
    return error->status;
}

enum daybook_status daybook_fail_as(struct daybook_error *error, const struct daybook_error *cause) {
    if (error != NULL && error != cause) {
        *error = *cause;
    }
    return cause->status;
}
