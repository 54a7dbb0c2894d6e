/* A line of text cut into its date, words and options, for script.h. */
#ifndef DAYBOOK_TESTS_DOMAIN_SCRIPT_LINE_H
#define DAYBOOK_TESTS_DOMAIN_SCRIPT_LINE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "daybook/v1/request.pb-c.h"
#include "tests/rows.h"

enum { LINE_WORDS = 48 };

struct line {
    struct arena *arena;
    char *words[LINE_WORDS]; /* The verb first. */
    size_t count;
    char *date; /* "" = none. */
};

#define SCRIPT_NEW(line, type, name, init)                                                                             \
    type *name = arena_alloc((line)->arena, sizeof(type));                                                             \
    assert_non_null(name);                                                                                             \
    *name = (type)init

/* "x*65" spelled out. */
static inline char *script_word(struct arena *arena, const char *text) {
    const char *star = strchr(text, '*');
    size_t times = star == NULL ? 0 : strtoul(star + 1, NULL, 10);
    if (times == 0) {
        return arena_copy_text(arena, text, strlen(text));
    }
    size_t head = (size_t)(star - text) - 1;
    char *word = arena_alloc(arena, head + times + 1);
    assert_non_null(word);
    memcpy(word, text, head);
    memset(word + head, star[-1], times);
    word[head + times] = '\0';
    return word;
}

static inline bool script_is_date(const char *word) {
    return strspn(word, "0123456789") == 4 && word[4] == '-';
}

static inline struct line line_split(struct arena *arena, const char *text) {
    struct line line = {.arena = arena, .date = (char *)(uintptr_t) ""};
    char *copy = arena_copy_text(arena, text, strlen(text));
    assert_non_null(copy);
    char *rest = NULL;
    for (char *word = strtok_r(copy, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest)) {
        assert_true(line.count < LINE_WORDS);
        if (line.count == 0 && line.date[0] == '\0' && script_is_date(word)) {
            line.date = word;
        } else {
            line.words[line.count++] = script_word(arena, word);
        }
    }
    assert_true(line.count > 0);
    return line;
}

/* The value of "name=value"; NULL when the line has none. */
static inline char *option(const struct line *line, const char *name) {
    size_t size = strlen(name);
    for (size_t i = 1; i < line->count; i++) {
        if (strncmp(line->words[i], name, size) == 0 && line->words[i][size] == '=') {
            return line->words[i] + size + 1;
        }
    }
    return NULL;
}

static inline char *option_or(const struct line *line, const char *name, const char *fallback) {
    char *value = option(line, name);
    return value != NULL ? value : (char *)(uintptr_t)fallback;
}

static inline bool flag(const struct line *line, const char *word) {
    for (size_t i = 1; i < line->count; i++) {
        if (strcmp(line->words[i], word) == 0) {
            return true;
        }
    }
    return false;
}

/* The word at `index` (1: behind the verb); "" where the line has an option or nothing there. */
static inline char *word_at(const struct line *line, size_t index) {
    bool is_word = index < line->count && strchr(line->words[index], '=') == NULL;
    return is_word ? line->words[index] : (char *)(uintptr_t) "";
}

static inline int64_t amount_of(const char *text) {
    return strcmp(text, "max") == 0 ? INT64_MAX : strtoll(text, NULL, 10);
}

static inline uint32_t number_of(const char *text) {
    return (uint32_t)strtoul(text, NULL, 10);
}

static inline int64_t script_instant(const char *text) {
    int64_t instant_us = 0;
    if (!instant_parse(text, strlen(text), &instant_us)) {
        fail_msg("no instant: %s", text);
    }
    return instant_us;
}

/* The index of `word` among "a|b|c", from 1; 0 for none. So lists are in the order of the schema's numbers. */
static inline int choice(const char *word, const char *among) {
    size_t size = strlen(word);
    int index = 1;
    for (const char *at = among; size > 0; index++) {
        size_t length = strcspn(at, "|");
        if (length == size && strncmp(at, word, size) == 0) {
            return index;
        }
        if (at[length] == '\0') {
            break;
        }
        at += length + 1;
    }
    return 0;
}

#endif
