/* Amounts as files have them. */
#include "tools/import_amount.h"

#include <string.h>

#include "base/decimal.h"
#include "tools/text.h"

enum { TEXT_MAX = 64 };

/* What stands between the signs: digits, with their separators. */
struct figure {
    char text[TEXT_MAX];
    size_t size;
    bool is_negative;
    bool has_sign;
};

/* Takes `part` off the front; false: it is not there. */
static bool take(struct daybook_bytes *text, const char *part) {
    size_t size = strlen(part);
    if (size == 0 || text->size < size || memcmp(text->data, part, size) != 0) {
        return false;
    }
    text->data += size;
    text->size -= size;
    return true;
}

static bool take_behind(struct daybook_bytes *text, const char *part) {
    size_t size = strlen(part);
    if (size == 0 || text->size < size || memcmp(text->data + text->size - size, part, size) != 0) {
        return false;
    }
    text->size -= size;
    return true;
}

static void take_spaces(struct daybook_bytes *text) {
    while (take(text, " ") || take(text, "\xC2\xA0") || take(text, "\xE2\x80\xAF") || take_behind(text, " ") ||
           take_behind(text, "\xC2\xA0") || take_behind(text, "\xE2\x80\xAF")) {
    }
}

static void take_sign(struct daybook_bytes *text, struct figure *figure) {
    if (figure->has_sign) {
        return;
    }
    figure->is_negative = take(text, "-") || take(text, "\xE2\x88\x92"); /* U+2212 */
    figure->has_sign = figure->is_negative || take(text, "+");
}

/* Spaces that do not break lines group digits as spaces do. False: it has no room. */
static bool copy_figure(struct daybook_bytes text, struct figure *figure) {
    while (text.size > 0) {
        char c = ' ';
        if (!take(&text, "\xC2\xA0") && !take(&text, "\xE2\x80\xAF")) {
            c = (char)text.data[0];
            text.data++;
            text.size--;
        }
        if (figure->size == sizeof figure->text - 1) {
            return false;
        }
        figure->text[figure->size++] = c;
    }
    return figure->size > 0 && figure->text[0] != '-' && figure->text[0] != '+';
}

/* Takes the signs off. False: it is no amount. */
static bool read_figure(const struct import_map *map, struct daybook_bytes text, struct figure *figure) {
    *figure = (struct figure){0};
    if (text.size >= 2 && text.data[0] == '(' && text.data[text.size - 1] == ')') {
        text = (struct daybook_bytes){text.data + 1, text.size - 2};
        *figure = (struct figure){.is_negative = true, .has_sign = true};
    }
    take_spaces(&text);
    take_sign(&text, figure);
    bool has_currency = take(&text, map->currency_sign);
    take_spaces(&text);
    take_sign(&text, figure);
    if (!has_currency && take_behind(&text, map->currency_sign)) {
        take_spaces(&text);
    }
    if (!figure->has_sign && take_behind(&text, "-")) {
        figure->is_negative = true;
        take_spaces(&text);
    }
    return copy_figure(text, figure);
}

/* Whether `grouping` stands where thousands end: three digits after the last, two (lakhs) or three between two, one to
 * three before the first. "1,50" would else become 150 where somebody else's comma is a decimal point. */
static bool is_grouped_well(const struct figure *figure, char grouping, char decimal) {
    size_t group_count = 0;
    size_t digit_count = 0;
    bool is_whole = true;
    for (size_t i = 0; i < figure->size; i++) {
        char c = figure->text[i];
        if (c == grouping) {
            bool is_wide_enough = group_count == 0 ? digit_count >= 1 : digit_count >= 2;
            if (!is_whole || !is_wide_enough || digit_count > 3) {
                return false;
            }
            group_count++;
            digit_count = 0;
        } else if (c == decimal) {
            if (group_count > 0 && is_whole && digit_count != 3) {
                return false;
            }
            is_whole = false;
        } else if (is_whole && c >= '0' && c <= '9') {
            digit_count++;
        }
    }
    return group_count == 0 || !is_whole || digit_count == 3;
}

/* Without its grouping, in units of so many decimals. */
static enum decimal_result measure(const struct import_map *map, const struct figure *figure, int decimals,
                                   int64_t *minor) {
    char digits[TEXT_MAX + 1];
    size_t size = 0;
    if (figure->is_negative) {
        digits[size++] = '-';
    }
    for (size_t i = 0; i < figure->size; i++) {
        if (map->grouping == '\0' || figure->text[i] != map->grouping) {
            digits[size++] = figure->text[i];
        }
    }
    return decimal_parse(digits, size, decimals, map->decimal, minor);
}

static enum daybook_status parse(const struct import_map *map, struct daybook_bytes text, const char *currency,
                                 struct figure *figure, int64_t *minor, struct daybook_error *error) {
    int decimals = currency_decimals(currency);
    int shown = (int)(text.size > 60 ? 60 : text.size);
    if (decimals < 0) {
        return daybook_fail(error, DAYBOOK_INVALID, _("\"%.8s\" is no ISO 4217 currency"), currency);
    }
    enum decimal_result result =
        read_figure(map, text, figure) ? measure(map, figure, decimals, minor) : DECIMAL_NOT_A_NUMBER;
    if (result == DECIMAL_OK && map->grouping != '\0' && !is_grouped_well(figure, map->grouping, map->decimal)) {
        return daybook_fail(error, DAYBOOK_INVALID, _("\"%.*s\" has \"%c\" where no thousands end"), shown,
                            (const char *)text.data, map->grouping);
    }
    switch (result) {
    case DECIMAL_OK:
        return DAYBOOK_OK;
    case DECIMAL_TOO_MANY_DECIMALS:
        return daybook_fail(error, DAYBOOK_INVALID, _("\"%.*s\" has more decimals than %s has (%d)"), shown,
                            (const char *)text.data, currency, decimals);
    case DECIMAL_OVERFLOW:
        return daybook_fail(error, DAYBOOK_LIMIT, _("\"%.*s\" is more than an amount can hold"), shown,
                            (const char *)text.data);
    case DECIMAL_NOT_A_NUMBER:
        break;
    }
    return daybook_fail(error, DAYBOOK_INVALID, _("\"%.*s\" is no amount"), shown, (const char *)text.data);
}

enum daybook_status import_amount_parse(const struct import_map *map, struct daybook_bytes text, const char *currency,
                                        int64_t *minor, struct daybook_error *error) {
    struct figure figure;
    enum daybook_status status = parse(map, text, currency, &figure, minor, error);
    if (status == DAYBOOK_LIMIT && error != NULL) {
        error->status = DAYBOOK_INVALID;
    }
    return status == DAYBOOK_LIMIT ? DAYBOOK_INVALID : status;
}

enum daybook_status import_amount_sign(const struct import_map *map, struct daybook_bytes text, int64_t *number,
                                       struct daybook_error *error) {
    struct figure figure;
    /* Four decimals are the most that a currency has: enough to tell a sign. What is more than an amount can hold with
     * them may fit with the currency's own, and building will say. */
    enum daybook_status status = parse(map, text, "CLF", &figure, number, error);
    if (status == DAYBOOK_LIMIT) {
        *number = figure.is_negative ? -1 : 1;
        return DAYBOOK_OK;
    }
    return status;
}
