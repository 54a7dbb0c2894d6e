/* A cell of a row. */
#include "tools/import_cell.h"

#include <string.h>

/* Most cells begin and end with a letter or a digit: one look tells. */
static inline bool may_be_space(char c) {
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x80;
}

/* How many bytes of space the text begins with; 0 = none. */
static size_t space_at(const char *text, size_t size) {
    static const char *const wide[] = {"\xE3\x80\x80", "\xE2\x80\xAF", "\xE2\x80\x8B", "\xC2\xA0", "\xEF\xBB\xBF"};
    if (text[0] == ' ' || text[0] == '\t') {
        return 1;
    }
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        size_t length = strlen(wide[i]);
        if (size >= length && memcmp(text, wide[i], length) == 0) {
            return length;
        }
    }
    return 0;
}

static size_t space_before(const char *text, size_t size) {
    for (size_t length = 1; length <= 3 && length <= size; length++) {
        if (space_at(text + size - length, length) == length) {
            return length;
        }
    }
    return 0;
}

static struct daybook_bytes trim(const char *text, size_t size) {
    size_t space;
    while (size > 0 && may_be_space(text[0]) && (space = space_at(text, size)) > 0) {
        text += space;
        size -= space;
    }
    while (size > 0 && may_be_space(text[size - 1]) && (space = space_before(text, size)) > 0) {
        size -= space;
    }
    return (struct daybook_bytes){(const uint8_t *)text, size};
}

struct daybook_bytes cell_trim(const char *text) {
    struct daybook_bytes trimmed = trim(text, strlen(text));
    const char *inner = (const char *)trimmed.data;
    if (trimmed.size >= 3 && inner[0] == '=' && inner[1] == '"' && inner[trimmed.size - 1] == '"' &&
        memchr(inner + 2, '"', trimmed.size - 3) == NULL) {
        return trim(inner + 2, trimmed.size - 3);
    }
    return trimmed;
}

static size_t count_digits(struct daybook_bytes text, size_t from) {
    size_t at = from;
    while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9') {
        at++;
    }
    return at - from;
}

/* "1.23457E+11", "1E+11" */
static bool is_cut_number(struct daybook_bytes text) {
    size_t at = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    if (count_digits(text, at) != 1) {
        return false;
    }
    at++;
    if (at < text.size && (text.data[at] == '.' || text.data[at] == ',')) {
        size_t digits = count_digits(text, at + 1);
        if (digits == 0) {
            return false;
        }
        at += 1 + digits;
    }
    return text.size >= at + 4 && (text.data[at] == 'E' || text.data[at] == 'e') && text.data[at + 1] == '+' &&
           count_digits(text, at + 2) == text.size - at - 2;
}

bool cell_is_wreck(struct daybook_bytes text) {
    static const char *const errors[] = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"};
    size_t hashes = 0;
    if (text.size < 4 || text.data[0] > '9') {
        return text.size == 3 && memcmp(text.data, "###", 3) == 0;
    }
    if (text.data[0] != '#') {
        return is_cut_number(text);
    }
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (daybook_bytes_equal(text, daybook_bytes_of_text(errors[i]))) {
            return true;
        }
    }
    while (hashes < text.size && text.data[hashes] == '#') {
        hashes++;
    }
    return hashes >= 3 && hashes == text.size;
}

/* Of two or three bytes; 0 = another one. */
static uint32_t character_at(const uint8_t *at, size_t size) {
    if (size >= 2 && at[0] == 0xC2) {
        return at[1];
    }
    return size >= 3 && (at[0] & 0xF0) == 0xE0
               ? (uint32_t)(at[0] & 0x0F) << 12 | (uint32_t)(at[1] & 0x3F) << 6 | (at[2] & 0x3F)
               : 0;
}

uint32_t cell_find_unseen(struct daybook_bytes text) {
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {{0xA0, 0xA0},     {0xAD, 0xAD},     {0x200B, 0x200B}, {0x200E, 0x200F},
                  {0x202A, 0x202F}, {0x2060, 0x2069}, {0xFEFF, 0xFEFF}};
    for (size_t at = 0; at < text.size; at++) {
        uint32_t character = text.data[at] < 0x80 ? 0 : character_at(text.data + at, text.size - at);
        for (size_t i = 0; character != 0 && i < sizeof ranges / sizeof *ranges; i++) {
            if (character >= ranges[i].first && character <= ranges[i].last) {
                return character;
            }
        }
    }
    return 0;
}
