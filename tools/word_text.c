/* Words of answers, looked up. */
#include "tools/word_text.h"

#include <stdbool.h>
#include <string.h>

#include "tools/text.h"

enum { WORD_SIZE_MAX = 256 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

const char *word_of(const char *text) {
    char spaced[WORD_SIZE_MAX];
    size_t size = strlen(text);
    if (!text_is_translated() || size >= sizeof spaced) {
        return text;
    }
    for (size_t i = 0; i <= size; i++) {
        spaced[i] = text[i] == '_' || text[i] == '-' ? ' ' : text[i];
    }
    const char *known = _(text);
    if (known == text) {
        known = _(spaced);
    }
    return known == spaced ? text : known;
}

/* One of a list, with its figure. */
static const char *look_up(const char *text, struct arena *arena) {
    const char *known = word_of(text);
    const char *figure = strrchr(text, ' ');
    if (known != text || figure == NULL) {
        return known;
    }
    if (is_digit(text[0]) && strchr(text, ' ') == figure) { /* "60 days" */
        return arena_format(arena, "%.*s %s", (int)(figure - text), text, word_of(figure + 1));
    }
    if (!is_digit(figure[1])) {
        return text;
    }
    const char *name = arena_copy_text(arena, text, (size_t)(figure - text));
    const char *translated = name == NULL ? name : word_of(name);
    return translated == name ? text : arena_format(arena, "%s%s", translated, figure);
}

const char *word_text(const char *text, struct arena *arena) {
    const char *known = text_is_translated() ? look_up(text, arena) : text;
    const char *comma = strstr(text, ", ");
    if (known != text || comma == NULL || !text_is_translated()) {
        return known == NULL ? text : known;
    }
    const char *made = "";
    for (const char *at = text; made != NULL && at != NULL;) {
        comma = strstr(at, ", ");
        const char *part = arena_copy_text(arena, at, comma == NULL ? strlen(at) : (size_t)(comma - at));
        const char *shown = part == NULL ? NULL : look_up(part, arena);
        made = shown == NULL ? NULL : arena_format(arena, "%s%s%s", made, at == text ? "" : _(", "), shown);
        at = comma == NULL ? NULL : comma + 2;
    }
    return made == NULL ? text : made;
}

const char *word_heading(const char *text, struct arena *arena) {
    char *heading = arena_copy_text(arena, word_text(text, arena), strlen(word_text(text, arena)));
    for (char *c = heading; c != NULL && *c != '\0'; c++) {
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c; /* By the bytes: a locale has no say in it. */
    }
    return heading;
}
