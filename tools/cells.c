/* Widths of characters, and line breaks between them. */
#include "tools/cells.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

/* The character that a text begins with, and its bytes. What is none is shown in some way, byte by byte. */
static size_t next_character(const char *text, size_t size, wchar_t *character) {
    mbstate_t state = {0};
    size_t taken = mbrtowc(character, text, size, &state);
    if (taken == 0 || taken > size) {
        *character = L'?';
        return 1;
    }
    return taken;
}

static size_t width_of(wchar_t character) {
    int width = wcwidth(character);
    return width < 0 ? 1 : (size_t)width;
}

size_t cells_of_bytes(const char *text, size_t size) {
    size_t cells = 0;
    while (size > 0) {
        wchar_t character;
        size_t taken = next_character(text, size, &character);
        cells += width_of(character);
        text += taken;
        size -= taken;
    }
    return cells;
}

size_t cells_of(const char *text) {
    return cells_of_bytes(text, strlen(text));
}

size_t cells_fit(const char *text, size_t cells) {
    size_t size = strlen(text);
    size_t used = 0;
    while (used < size) {
        wchar_t character;
        size_t taken = next_character(text + used, size - used, &character);
        if (width_of(character) > cells) {
            break;
        }
        cells -= width_of(character);
        used += taken;
    }
    return used;
}

/* No line begins with what closes, and none ends with what opens. */
static bool may_part(wchar_t before, wchar_t after) {
    static const wchar_t closing[] = L"\uFF0C\u3002\u3001\uFF1B\uFF1A\uFF01\uFF1F\uFF09\u300D\u300F\u300B\u3011"
                                     L",.;:!?)]}%\"'";
    static const wchar_t opening[] = L"\uFF08\u300C\u300E\u300A\u3010([{\"'";
    return (width_of(before) == 2 || width_of(after) == 2) && wcschr(closing, after) == NULL &&
           wcschr(opening, before) == NULL;
}

size_t cells_piece(const char *text) {
    size_t size = strcspn(text, " ");
    size_t used = 0;
    wchar_t before = L'\0';
    while (used < size) {
        wchar_t character;
        size_t taken = next_character(text + used, size - used, &character);
        if (used > 0 && may_part(before, character)) {
            break;
        }
        before = character;
        used += taken;
    }
    return used;
}
