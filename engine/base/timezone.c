/*
 * IANA time zones from the system's TZif files (RFC 8536, versions 1 to 4).
 *
 *   header   "TZif" version(1) reserved(15) isut isstd leap time type char (be32 each)
 *   block    time * at(4 or 8), time * type(1), type * {offset(be32) is_dst(1) name(1)},
 *            char bytes, leap * (at + 4), isstd bytes, isut bytes
 *   v2+      a second header and block with 8-byte times, then "\n" POSIX TZ rule "\n"
 *
 * Before the first transition the first type holds; after the last one the
 * rule of the footer, where there is one, for ever.
 */
#include "base/calendar.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define ZONE_DIRECTORY      "/usr/share/zoneinfo"
#define ZONE_NAME_BYTES     128
#define ZONE_PATH_BYTES     4096
#define ZONE_FILE_BYTES     (1 << 16) /* Real ones have at most 4 KB. */
#define ZONE_HEADER_BYTES   44
#define ZONE_OFFSET_LIMIT_S (26 * 3600) /* RFC 8536: from -25:59:59 to +25:59:59. */
#define US_PER_SECOND       INT64_C(1000000)
#define SECONDS_A_DAY       INT64_C(86400)
#define DAYS_A_CYCLE        146097 /* The Gregorian calendar repeats every 400 years. */

enum day_kind { DAY_OF_YEAR, DAY_OF_YEAR_WITHOUT_LEAP, DAY_OF_WEEK };

/* "M3.2.0/2": when in a year the clocks change. */
struct change_rule {
    enum day_kind kind;
    int32_t month;
    int32_t week;
    int32_t day;
    int32_t time_s; /* Of local time before the change; -167 to 167 hours. */
};

/* "EST5EDT,M3.2.0,M11.1.0"; offsets are kept east of UTC, the text has them west. */
struct footer_rule {
    bool is_present;
    bool has_summer;
    int32_t standard_s;
    int32_t summer_s;
    struct change_rule to_summer;
    struct change_rule to_standard;
};

struct transition {
    int64_t at_s;
    int32_t offset_s; /* From here on. */
};

struct timezone_rules {
    struct footer_rule footer;
    int32_t first_offset_s;
    size_t transition_count;
    struct transition transitions[];
};

static int64_t floor_divide(int64_t value, int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

/* ---- the rule of the footer ---- */

struct cursor {
    const char *at;
    const char *end;
};

static bool take_char(struct cursor *cursor, char wanted) {
    if (cursor->at < cursor->end && *cursor->at == wanted) {
        cursor->at++;
        return true;
    }
    return false;
}

static bool take_number(struct cursor *cursor, int32_t min, int32_t max, int32_t *value) {
    const char *first = cursor->at;
    int32_t result = 0;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9' && cursor->at - first < 4) {
        result = result * 10 + (*cursor->at++ - '0');
    }
    *value = result;
    return cursor->at > first && result >= min && result <= max;
}

/* "EST" or "<+03>" */
static bool take_name(struct cursor *cursor) {
    bool is_quoted = take_char(cursor, '<');
    const char *first = cursor->at;
    while (cursor->at < cursor->end) {
        char c = *cursor->at;
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool is_sign_or_digit = c == '+' || c == '-' || (c >= '0' && c <= '9');
        if (!is_letter && !(is_quoted && is_sign_or_digit)) {
            break;
        }
        cursor->at++;
    }
    return cursor->at - first >= 3 && (!is_quoted || take_char(cursor, '>'));
}

/* "[+-]hh[:mm[:ss]]" in seconds. */
static bool take_time(struct cursor *cursor, int32_t max_hours, int32_t *seconds) {
    bool is_negative = take_char(cursor, '-');
    if (!is_negative) {
        (void)take_char(cursor, '+');
    }
    int32_t hour;
    int32_t minute = 0;
    int32_t second = 0;
    if (!take_number(cursor, 0, max_hours, &hour)) {
        return false;
    }
    if (take_char(cursor, ':')) {
        if (!take_number(cursor, 0, 59, &minute)) {
            return false;
        }
        if (take_char(cursor, ':') && !take_number(cursor, 0, 59, &second)) {
            return false;
        }
    }
    int32_t total = hour * 3600 + minute * 60 + second;
    *seconds = is_negative ? -total : total;
    return true;
}

static bool take_change(struct cursor *cursor, struct change_rule *rule) {
    *rule = (struct change_rule){.time_s = 2 * 3600};
    if (take_char(cursor, 'M')) {
        rule->kind = DAY_OF_WEEK;
        if (!take_number(cursor, 1, 12, &rule->month) || !take_char(cursor, '.') ||
            !take_number(cursor, 1, 5, &rule->week) || !take_char(cursor, '.') ||
            !take_number(cursor, 0, 6, &rule->day)) {
            return false;
        }
    } else if (take_char(cursor, 'J')) {
        rule->kind = DAY_OF_YEAR_WITHOUT_LEAP;
        if (!take_number(cursor, 1, 365, &rule->day)) {
            return false;
        }
    } else {
        rule->kind = DAY_OF_YEAR;
        if (!take_number(cursor, 0, 365, &rule->day)) {
            return false;
        }
    }
    return !take_char(cursor, '/') || take_time(cursor, 167, &rule->time_s);
}

static bool parse_footer(const char *text, size_t size, struct footer_rule *footer) {
    *footer = (struct footer_rule){0};
    if (size == 0) {
        return true; /* The last transition's offset holds. */
    }
    struct cursor cursor = {text, text + size};
    int32_t west_s;
    if (!take_name(&cursor) || !take_time(&cursor, 25, &west_s)) {
        return false;
    }
    footer->is_present = true;
    footer->standard_s = -west_s;
    if (cursor.at == cursor.end) {
        return true;
    }
    footer->has_summer = true;
    footer->summer_s = footer->standard_s + 3600;
    if (!take_name(&cursor)) {
        return false;
    }
    if (cursor.at < cursor.end && *cursor.at != ',') {
        if (!take_time(&cursor, 25, &west_s)) {
            return false;
        }
        footer->summer_s = -west_s;
    }
    return take_char(&cursor, ',') && take_change(&cursor, &footer->to_summer) && take_char(&cursor, ',') &&
           take_change(&cursor, &footer->to_standard) && cursor.at == cursor.end;
}

/* The day of `rule` in `year`, as a date. */
static int32_t change_date(const struct change_rule *rule, int32_t year) {
    int32_t new_year = date_from_civil((struct civil){year, 1, 1});
    if (rule->kind == DAY_OF_YEAR) {
        return new_year + rule->day;
    }
    if (rule->kind == DAY_OF_YEAR_WITHOUT_LEAP) {
        bool has_leap_day = civil_exists((struct civil){year, 2, 29});
        return new_year + rule->day - 1 + (has_leap_day && rule->day >= 60 ? 1 : 0);
    }
    int32_t first = date_from_civil((struct civil){year, rule->month, 1});
    int32_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday. */
    int32_t date = first + (rule->day - weekday + 7) % 7 + (rule->week - 1) * 7;
    while (date > date_end_of_month(first)) {
        date -= 7; /* Week 5 means the last one. */
    }
    return date;
}

/* An offset that holds from one second to before another, and perhaps beyond both. */
struct stretch {
    int64_t from_s;
    int64_t until_s;
    int32_t offset_s;
};

/* Takes a change into account: the last one that was at `at_s` decides, and the next one ends that. */
static void see_change(struct stretch *stretch, int64_t at_s, int64_t change_s, int32_t offset_s) {
    if (change_s > at_s) {
        stretch->until_s = change_s < stretch->until_s ? change_s : stretch->until_s;
    } else if (change_s > stretch->from_s) {
        stretch->from_s = change_s;
        stretch->offset_s = offset_s;
    }
}

static int64_t new_year_s(int32_t year) {
    return date_from_civil((struct civil){year, 1, 1}) * SECONDS_A_DAY;
}

/* The years beside are looked at too, since a rule may reach over New Year; so what is said is of one year. */
static struct stretch footer_stretch(const struct footer_rule *footer, int64_t at_s) {
    struct stretch stretch = {INT64_MIN, INT64_MAX, footer->standard_s};
    if (!footer->has_summer) {
        return stretch;
    }
    int64_t day = floor_divide(at_s, SECONDS_A_DAY);
    /* Calendar and weekdays repeat every 400 years: far instants are judged by their like from 1970 to 2369. */
    int64_t cycle = floor_divide(day, DAYS_A_CYCLE);
    day -= cycle * DAYS_A_CYCLE;
    int64_t cycles_s = cycle * DAYS_A_CYCLE * SECONDS_A_DAY;
    at_s -= cycles_s;
    int32_t year = date_to_civil((int32_t)day).year;
    for (int32_t y = year - 1; y <= year + 1; y++) {
        int64_t summer_s = change_date(&footer->to_summer, y) * SECONDS_A_DAY + footer->to_summer.time_s;
        see_change(&stretch, at_s, summer_s - footer->standard_s, footer->summer_s);
    }
    /* Behind all summers: at the same second summer goes on, which is how a rule says "all year". */
    for (int32_t y = year - 1; y <= year + 1; y++) {
        int64_t standard_s = change_date(&footer->to_standard, y) * SECONDS_A_DAY + footer->to_standard.time_s;
        see_change(&stretch, at_s, standard_s - footer->summer_s, footer->standard_s);
    }
    stretch.from_s = stretch.from_s > new_year_s(year) ? stretch.from_s : new_year_s(year);
    stretch.until_s = stretch.until_s < new_year_s(year + 1) ? stretch.until_s : new_year_s(year + 1);
    stretch.from_s += cycles_s;
    stretch.until_s += cycles_s;
    return stretch;
}

/* ---- the file ---- */

struct header {
    uint8_t version;
    size_t isut_count;
    size_t isstd_count;
    size_t leap_count;
    size_t time_count;
    size_t type_count;
    size_t char_count;
};

static bool read_header(struct daybook_bytes file, size_t at, struct header *header) {
    if (at > file.size || file.size - at < ZONE_HEADER_BYTES || memcmp(file.data + at, "TZif", 4) != 0) {
        return false;
    }
    const uint8_t *from = file.data + at;
    *header = (struct header){
        .version = from[4],
        .isut_count = load_be32(from + 20),
        .isstd_count = load_be32(from + 24),
        .leap_count = load_be32(from + 28),
        .time_count = load_be32(from + 32),
        .type_count = load_be32(from + 36),
        .char_count = load_be32(from + 40),
    };
    return header->type_count >= 1 && header->type_count <= 256;
}

/* Counts are 32 bits each, so the sum cannot overflow 64. */
static size_t block_size(const struct header *header, size_t time_size) {
    return header->time_count * (time_size + 1) + header->type_count * 6 + header->char_count +
           header->leap_count * (time_size + 4) + header->isstd_count + header->isut_count;
}

static bool read_block(struct daybook_bytes block, const struct header *header, size_t time_size,
                       struct timezone_rules *rules) {
    const uint8_t *times = block.data;
    const uint8_t *indices = times + header->time_count * time_size;
    const uint8_t *types = indices + header->time_count;
    rules->transition_count = header->time_count;
    for (size_t i = 0; i < header->type_count; i++) {
        int32_t offset_s = (int32_t)load_be32(types + i * 6);
        if (offset_s <= -ZONE_OFFSET_LIMIT_S || offset_s >= ZONE_OFFSET_LIMIT_S) {
            return false;
        }
    }
    rules->first_offset_s = (int32_t)load_be32(types);
    for (size_t i = 0; i < header->time_count; i++) {
        struct transition *transition = &rules->transitions[i];
        transition->at_s = time_size == 8 ? (int64_t)load_be64(times + i * 8) : (int32_t)load_be32(times + i * 4);
        if (indices[i] >= header->type_count || (i > 0 && transition->at_s <= transition[-1].at_s)) {
            return false;
        }
        transition->offset_s = (int32_t)load_be32(types + indices[i] * 6);
    }
    return true;
}

static bool read_footer(struct daybook_bytes rest, struct footer_rule *footer) {
    if (rest.size < 2 || rest.data[0] != '\n') {
        return false;
    }
    const uint8_t *end = memchr(rest.data + 1, '\n', rest.size - 1);
    return end != NULL && parse_footer((const char *)rest.data + 1, (size_t)(end - rest.data - 1), footer);
}

/* NULL with *is_damaged false means that memory was refused. */
static struct timezone_rules *parse_file(struct daybook_bytes file, bool *is_damaged) {
    struct header header;
    *is_damaged = true;
    if (!read_header(file, 0, &header)) {
        return NULL;
    }
    size_t at = ZONE_HEADER_BYTES;
    size_t time_size = 4;
    if (header.version != 0) { /* Version 2 and later repeat everything in 8 bytes. */
        at += block_size(&header, 4);
        if (!read_header(file, at, &header)) {
            return NULL;
        }
        at += ZONE_HEADER_BYTES;
        time_size = 8;
    }
    /* Zones that count leap seconds ("right/...") count instants unlike this engine. */
    size_t size = block_size(&header, time_size);
    if (size > file.size - at || header.leap_count != 0) {
        return NULL;
    }
    struct timezone_rules *rules = calloc(1, sizeof *rules + header.time_count * sizeof rules->transitions[0]);
    if (rules == NULL) {
        *is_damaged = false;
        return NULL;
    }
    struct daybook_bytes block = {file.data + at, size};
    struct daybook_bytes rest = {file.data + at + size, file.size - at - size};
    if (!read_block(block, &header, time_size, rules) || (time_size == 8 && !read_footer(rest, &rules->footer))) {
        timezone_close(rules);
        return NULL;
    }
    return rules;
}

static bool is_zone_name(const char *name) {
    size_t size = strlen(name);
    if (size == 0 || size > ZONE_NAME_BYTES || name[0] == '/' || strstr(name, "..") != NULL) {
        return false;
    }
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    return strspn(name, allowed) == size;
}

static enum daybook_status read_file(const char *name, uint8_t *data, size_t *size, struct daybook_error *error) {
    const char *directory = getenv("TZDIR");
    if (directory == NULL || directory[0] == '\0') {
        directory = ZONE_DIRECTORY;
    }
    char path[ZONE_PATH_BYTES];
    int path_size = snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = path_size > 0 && path_size < ZONE_PATH_BYTES ? fopen(path, "rbe") : NULL;
    if (file == NULL) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND,
                            "time zone %s: not found in %s; use an IANA name such as Europe/Berlin, or install tzdata",
                            name, directory);
    }
    *size = fread(data, 1, ZONE_FILE_BYTES, file);
    bool has_failed = ferror(file) != 0; /* A directory, such as "Europe", opens and cannot be read. */
    int reason = errno;
    (void)fclose(file);
    if (has_failed) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "time zone %s: cannot read %s: %s; use an IANA name", name, path,
                            strerror(reason));
    }
    return DAYBOOK_OK;
}

enum daybook_status timezone_open(const char *name, struct timezone_rules **rules, struct daybook_error *error) {
    *rules = NULL;
    if (!is_zone_name(name)) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND,
                            "time zone \"%.128s\": not a zone's name; use an IANA name such as Europe/Berlin", name);
    }
    uint8_t *data = malloc(ZONE_FILE_BYTES);
    if (data == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "time zone %s: no memory to read its file", name);
    }
    size_t size;
    enum daybook_status status = read_file(name, data, &size, error);
    if (status != DAYBOOK_OK) {
        goto out;
    }
    bool is_damaged;
    *rules = parse_file((struct daybook_bytes){data, size}, &is_damaged);
    if (*rules == NULL) {
        status = is_damaged
                     ? daybook_fail(error, DAYBOOK_DAMAGED,
                                    "time zone %s: its file is no TZif without leap seconds; reinstall tzdata", name)
                     : daybook_fail(error, DAYBOOK_NO_MEMORY, "time zone %s: no memory for its transitions", name);
    }
out:
    free(data);
    return status;
}

void timezone_close(struct timezone_rules *rules) {
    free(rules);
}

static struct stretch stretch_of(const struct timezone_rules *rules, int64_t at_s) {
    size_t count = rules->transition_count;
    if (count == 0 || at_s >= rules->transitions[count - 1].at_s) {
        int64_t from_s = count == 0 ? INT64_MIN : rules->transitions[count - 1].at_s;
        int32_t offset_s = count == 0 ? rules->first_offset_s : rules->transitions[count - 1].offset_s;
        struct stretch stretch = {from_s, INT64_MAX, offset_s};
        if (rules->footer.is_present) {
            stretch = footer_stretch(&rules->footer, at_s);
            stretch.from_s = stretch.from_s > from_s ? stretch.from_s : from_s;
        }
        return stretch;
    }
    size_t low = 0; /* The first transition after at_s. */
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rules->transitions[middle].at_s <= at_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? (struct stretch){INT64_MIN, rules->transitions[0].at_s, rules->first_offset_s}
                    : (struct stretch){rules->transitions[low - 1].at_s, rules->transitions[low].at_s,
                                       rules->transitions[low - 1].offset_s};
}

int32_t timezone_offset_s(const struct timezone_rules *rules, int64_t instant_us) {
    return stretch_of(rules, floor_divide(instant_us, US_PER_SECOND)).offset_s;
}

int32_t timezone_date(const struct timezone_rules *rules, int64_t instant_us) {
    int64_t local_s = floor_divide(instant_us, US_PER_SECOND) + timezone_offset_s(rules, instant_us);
    return (int32_t)floor_divide(local_s, SECONDS_A_DAY);
}

static int64_t to_us(int64_t at_s) {
    int64_t at_us;
    return __builtin_mul_overflow(at_s, US_PER_SECOND, &at_us) ? (at_s < 0 ? INT64_MIN : INT64_MAX) : at_us;
}

struct timezone_day timezone_day(const struct timezone_rules *rules, int64_t instant_us) {
    int64_t at_s = floor_divide(instant_us, US_PER_SECOND);
    struct stretch stretch = stretch_of(rules, at_s);
    int64_t date = floor_divide(at_s + stretch.offset_s, SECONDS_A_DAY);
    int64_t midnight_s = date * SECONDS_A_DAY - stretch.offset_s;
    int64_t next_s = midnight_s + SECONDS_A_DAY;
    return (struct timezone_day){.from_us = to_us(stretch.from_s > midnight_s ? stretch.from_s : midnight_s),
                                 .until_us = to_us(stretch.until_s < next_s ? stretch.until_s : next_s),
                                 .date = (int32_t)date};
}
