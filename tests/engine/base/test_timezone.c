/* Time zones against the C library's, rules of every form, and files that are damaged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/calendar.h"
#include "tests/rows.h"

#define US_PER_SECOND INT64_C(1000000)

/* ---- the system's zones ---- */

struct zone_row {
    const char *name;
};

/* One of each kind: hours, half and quarter hours, both hemispheres, negative
 * summer time, rules that were suspended, days that never were. */
static const struct zone_row zone_rows[] = {
    {"UTC"},
    {"Etc/GMT+12"},
    {"Europe/Berlin"},
    {"Europe/London"},
    {"Europe/Dublin"},
    {"Europe/Istanbul"},
    {"Europe/Moscow"},
    {"America/New_York"},
    {"America/Sao_Paulo"},
    {"America/St_Johns"},
    {"America/Nuuk"},
    {"America/Santiago"},
    {"America/Havana"},
    {"Africa/Casablanca"},
    {"Africa/Cairo"},
    {"Asia/Kolkata"},
    {"Asia/Kathmandu"},
    {"Asia/Tehran"},
    {"Asia/Gaza"},
    {"Asia/Jerusalem"},
    {"Asia/Tokyo"},
    {"Australia/Lord_Howe"},
    {"Australia/Sydney"},
    {"Pacific/Apia"},
    {"Pacific/Chatham"},
    {"Pacific/Kiritimati"},
    {"Antarctica/Troll"},
};

static struct timezone_rules *open_zone(const char *name) {
    struct timezone_rules *rules = NULL;
    struct daybook_error error = {0};
    if (timezone_open(name, &rules, &error) != DAYBOOK_OK) {
        fail_msg("%s", error.message);
    }
    return rules;
}

static void set_c_library_zone(const char *tz) {
    assert_int_equal(setenv("TZ", tz, 1), 0);
    tzset();
}

static void assert_agrees(const struct timezone_rules *rules, const char *name, int64_t at_s) {
    time_t seconds = (time_t)at_s;
    struct tm tm;
    assert_non_null(localtime_r(&seconds, &tm));
    int32_t offset_s = timezone_offset_s(rules, at_s * US_PER_SECOND);
    struct civil civil = date_to_civil(timezone_date(rules, at_s * US_PER_SECOND + 999999));
    if (offset_s != tm.tm_gmtoff || civil.year != tm.tm_year + 1900 || civil.month != tm.tm_mon + 1 ||
        civil.day != tm.tm_mday) {
        fail_msg("%s at %lld: %d, not %ld", name, (long long)at_s, offset_s, tm.tm_gmtoff);
    }
}

#define YEAR_1900_S INT64_C(-2208988800)
#define YEAR_2150_S INT64_C(5680281600)

/* Twice a day or so; then, where the offset changed, the very second before and after. */
static void assert_agrees_always(const struct timezone_rules *rules, const char *name, int64_t from_s, int64_t to_s) {
    const int64_t step_s = 11 * 3600 + 17;
    int32_t last_s = timezone_offset_s(rules, from_s * US_PER_SECOND);
    for (int64_t at_s = from_s; at_s < to_s; at_s += step_s) {
        assert_agrees(rules, name, at_s);
        int32_t offset_s = timezone_offset_s(rules, at_s * US_PER_SECOND);
        if (offset_s != last_s) {
            int64_t low = at_s - step_s;
            int64_t high = at_s;
            while (high - low > 1) {
                int64_t middle = low + (high - low) / 2;
                if (timezone_offset_s(rules, middle * US_PER_SECOND) == offset_s) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            assert_agrees(rules, name, low);
            assert_agrees(rules, name, high);
            assert_int_equal(timezone_offset_s(rules, high * US_PER_SECOND - 1),
                             timezone_offset_s(rules, low * US_PER_SECOND));
        }
        last_s = offset_s;
    }
}

static void zone_agrees_with_the_c_library(void **state) {
    const struct zone_row *row = *state;
    struct timezone_rules *rules = open_zone(row->name);
    set_c_library_zone(row->name);
    assert_agrees_always(rules, row->name, YEAR_1900_S, YEAR_2150_S);
    timezone_close(rules);
}

/* Every instant of a day that timezone_day tells has its date; the next one begins where it ends. */
static void days_follow_each_other(void **state) {
    const struct zone_row *row = *state;
    struct timezone_rules *rules = open_zone(row->name);
    int64_t at_us = YEAR_1900_S * US_PER_SECOND;
    while (at_us < YEAR_2150_S * US_PER_SECOND) {
        struct timezone_day day = timezone_day(rules, at_us);
        assert_true(day.from_us <= at_us && day.until_us > at_us);
        int32_t offset_s = timezone_offset_s(rules, at_us);
        int64_t instants_us[] = {day.from_us, at_us + (day.until_us - at_us) / 2, day.until_us - 1};
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(timezone_date(rules, instants_us[i]), day.date);
            assert_int_equal(timezone_offset_s(rules, instants_us[i]), offset_s);
        }
        at_us = day.until_us;
    }
    timezone_close(rules);
}

struct instant_row {
    const char *name;
    const char *zone;
    const char *instant;
    int32_t offset_s;
    const char *date;
};

static const struct instant_row instant_rows[] = {
    {"Berlin, before summer time", "Europe/Berlin", "2024-03-31T00:59:59.999999Z", 3600, "2024-03-31"},
    {"Berlin, summer time", "Europe/Berlin", "2024-03-31T01:00:00Z", 7200, "2024-03-31"},
    {"Berlin, after midnight", "Europe/Berlin", "2024-06-30T22:00:00Z", 7200, "2024-07-01"},
    {"New York, still yesterday", "America/New_York", "2024-01-01T04:59:59Z", -18000, "2023-12-31"},
    {"Apia, the day that never was", "Pacific/Apia", "2011-12-30T10:00:00Z", 50400, "2011-12-31"},
    {"Berlin in the year 2400", "Europe/Berlin", "2400-07-01T00:00:00Z", 7200, "2400-07-01"},
    {"Berlin in the year 9999", "Europe/Berlin", "9999-12-31T22:59:59Z", 3600, "9999-12-31"},
    {"Berlin before time zones", "Europe/Berlin", "1850-01-01T00:00:00Z", 3208, "1850-01-01"},
};

static void instant_has_its_date(void **state) {
    const struct instant_row *row = *state;
    int64_t instant_us;
    assert_true(instant_parse(row->instant, strlen(row->instant), &instant_us));
    struct timezone_rules *rules = open_zone(row->zone);
    assert_int_equal(timezone_offset_s(rules, instant_us), row->offset_s);
    char text[DATE_TEXT_SIZE];
    assert_string_equal(date_format(timezone_date(rules, instant_us), text), row->date);
    timezone_close(rules);
}

static void the_ends_of_time_have_an_offset(void **state) {
    (void)state;
    struct timezone_rules *rules = open_zone("America/New_York");
    assert_int_equal(timezone_offset_s(rules, INT64_MIN), -17762);
    int32_t offset_s = timezone_offset_s(rules, INT64_MAX);
    assert_int_equal(offset_s, -18000); /* January. */
    timezone_close(rules);
}

/* ---- names ---- */

static const struct zone_row refused_name_rows[] = {
    {""},     {"/etc/passwd"}, {"../../etc/passwd"}, {"Europe/../UTC"},  {"Europe/Atlantis"}, {"Europe"},
    {"UTC "}, {"UTC\n"},       {"Europe/Berl*n"},    {"Europe\\Berlin"}, {"%s%s%s%n"},        {"."},
};

static void name_is_refused(void **state) {
    const struct zone_row *row = *state;
    struct timezone_rules *rules;
    struct daybook_error error = {0};
    assert_int_equal(timezone_open(row->name, &rules, &error), DAYBOOK_NOT_FOUND);
    assert_null(rules);
    assert_non_null(strstr(error.message, "time zone"));
    timezone_close(NULL);
}

static void a_very_long_name_is_refused(void **state) {
    (void)state;
    char name[5000];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct timezone_rules *rules;
    assert_int_equal(timezone_open(name, &rules, NULL), DAYBOOK_NOT_FOUND);
}

/* ---- files made by hand ---- */

static char directory[] = "/tmp/daybook-zones-XXXXXX";

static void write_zone(const uint8_t *data, size_t size) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s/Zone", directory);
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static enum daybook_status open_written(struct timezone_rules **rules) {
    assert_int_equal(setenv("TZDIR", directory, 1), 0);
    enum daybook_status status = timezone_open("Zone", rules, NULL);
    assert_int_equal(unsetenv("TZDIR"), 0);
    return status;
}

static size_t put_header(uint8_t *to, char version, uint32_t time_count, uint32_t char_count) {
    memset(to, 0, 44);
    memcpy(to, "TZif", 4);
    to[4] = (uint8_t)version;
    store_be32(to + 32, time_count);
    store_be32(to + 36, 1); /* Types. */
    store_be32(to + 40, char_count);
    return 44;
}

/* A version 2 file without transitions, whose footer is `rule`. */
static size_t make_file(uint8_t *to, const char *rule) {
    size_t size = 0;
    for (int i = 0; i < 2; i++) {
        size += put_header(to + size, '2', 0, 4);
        memset(to + size, 0, 10); /* One type of UTC, one name of four bytes. */
        size += 10;
    }
    to[size++] = '\n';
    memcpy(to + size, rule, strlen(rule));
    size += strlen(rule);
    to[size++] = '\n';
    return size;
}

struct rule_row {
    const char *name; /* The rule, as POSIX has it in TZ. */
};

static const struct rule_row rule_rows[] = {
    {"EST5"},
    {"<+0330>-3:30"},
    {"<-01>+1"},
    {"ZZZ-14:30:15"},
    {"EST5EDT,M3.2.0,M11.1.0"},
    {"EST5EDT4,M3.2.0/2,M11.1.0/2:30:10"},
    {"CET-1CEST,M3.5.0,M10.5.0/3"},
    {"AEST-10AEDT,M10.1.0,M4.1.0/3"},
    {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"},
    {"IST-1GMT0,M10.5.0,M3.5.0/1"},
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0"},
    {"IST-2IDT,M3.4.4/26,M10.5.0"},
    {"AAA3BBB,J60,J300"},
    {"AAA3BBB,J59/23,J365/1"},
    {"AAA3BBB,59,300/5"},
    {"AAA-13BBB,M12.1.6/24,M1.3.0/0"},
};

static void rule_agrees_with_the_c_library(void **state) {
    const struct rule_row *row = *state;
    uint8_t file[256];
    write_zone(file, make_file(file, row->name));
    struct timezone_rules *rules;
    enum daybook_status status = open_written(&rules);
    assert_int_equal(status, DAYBOOK_OK);
    set_c_library_zone(row->name);
    assert_agrees_always(rules, row->name, 0, YEAR_2150_S);
    timezone_close(rules);
}

/* RFC 8536's way to say "summer time all year"; the C library does not follow it over New Year. */
static void summer_time_can_last_all_year(void **state) {
    (void)state;
    uint8_t file[256];
    write_zone(file, make_file(file, "EST5EDT,0/0,J365/25"));
    struct timezone_rules *rules;
    assert_int_equal(open_written(&rules), DAYBOOK_OK);
    for (int64_t at_s = YEAR_1900_S; at_s < YEAR_2150_S; at_s += 3 * 3600) {
        if (timezone_offset_s(rules, at_s * US_PER_SECOND) != -4 * 3600) {
            fail_msg("standard time at %lld", (long long)at_s);
        }
    }
    timezone_close(rules);
}

static const struct rule_row refused_rule_rows[] = {
    {"5"},
    {"ES5"},
    {"<+03-3"},
    {"EST"},
    {"EST5EDT"},
    {"EST26"},
    {"EST5EDT,M3.2.0"},
    {"EST5EDT,M3.2.0,"},
    {"EST5EDT,M13.2.0,M11.1.0"},
    {"EST5EDT,M3.6.0,M11.1.0"},
    {"EST5EDT,M3.0.0,M11.1.0"},
    {"EST5EDT,M3.2.7,M11.1.0"},
    {"EST5EDT,M3.2,M11.1.0"},
    {"EST5EDT,J0,J10"},
    {"EST5EDT,J1,J366"}, /* J counts no leap days: there is no 366th. */
    {"EST5EDT,366,10"},
    {"EST5EDT,M3.2.0/168,M11.1.0"},
    {"EST5EDT,M3.2.0/2:60,M11.1.0"},
    {"EST5EDT,M3.2.0,M11.1.0x"},
    {"EST5:99"},
};

static void rule_is_refused(void **state) {
    const struct rule_row *row = *state;
    uint8_t file[256];
    write_zone(file, make_file(file, row->name));
    struct timezone_rules *rules;
    assert_int_equal(open_written(&rules), DAYBOOK_DAMAGED);
    assert_null(rules);
}

/* Version 1: four-byte times, no rule. At 1000 the only type, one hour east. */
static void version_1_is_read(void **state) {
    (void)state;
    uint8_t file[128];
    size_t size = put_header(file, '\0', 1, 4);
    store_be32(file + size, 1000);
    file[size + 4] = 0;
    store_be32(file + size + 5, 3600);
    memset(file + size + 9, 0, 6);
    write_zone(file, size + 15);
    struct timezone_rules *rules;
    assert_int_equal(open_written(&rules), DAYBOOK_OK);
    assert_int_equal(timezone_offset_s(rules, 0), 3600);
    assert_int_equal(timezone_offset_s(rules, INT64_C(2000) * US_PER_SECOND), 3600);
    timezone_close(rules);
    write_zone(file, size + 14);
    assert_int_equal(open_written(&rules), DAYBOOK_DAMAGED);
}

static size_t read_system_zone(const char *name, uint8_t *data, size_t capacity) {
    char path[128];
    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t size = fread(data, 1, capacity, file);
    (void)fclose(file);
    assert_in_range(size, 100, capacity - 1);
    return size;
}

static void every_cut_is_damage(void **state) {
    (void)state;
    static uint8_t data[8192];
    size_t size = read_system_zone("Europe/Berlin", data, sizeof data);
    struct timezone_rules *rules;
    for (size_t cut = 0; cut < size; cut++) {
        write_zone(data, cut);
        assert_int_equal(open_written(&rules), DAYBOOK_DAMAGED);
    }
    write_zone(data, size);
    assert_int_equal(open_written(&rules), DAYBOOK_OK);
    timezone_close(rules);
}

static void a_changed_byte_never_crashes(void **state) {
    (void)state;
    static uint8_t data[8192];
    size_t size = read_system_zone("Africa/Cairo", data, sizeof data);
    unsigned opened = 0;
    unsigned refused = 0;
    for (size_t at = 0; at < size; at++) {
        for (int change = 0; change < 3; change++) {
            uint8_t original = data[at];
            data[at] = (uint8_t)(change == 0 ? original ^ 0x80 : change == 1 ? original ^ 0x01 : 0xFF);
            write_zone(data, size);
            data[at] = original;
            struct timezone_rules *rules;
            if (open_written(&rules) == DAYBOOK_OK) {
                opened++;
                for (int64_t year = -400; year < 8000; year += 397) {
                    int32_t offset_s = timezone_offset_s(rules, year * 31556952 * US_PER_SECOND);
                    assert_in_range(offset_s + 100000, 1, 200000);
                }
                timezone_close(rules);
            } else {
                refused++;
            }
        }
    }
    assert_true(opened > 0 && refused > 0);
}

int main(void) {
    if (mkdtemp(directory) == NULL) {
        return 1;
    }
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, zone_rows, zone_agrees_with_the_c_library);
    ROWS_ADD_TABLE(&rows, zone_rows, days_follow_each_other);
    ROWS_ADD_TABLE(&rows, instant_rows, instant_has_its_date);
    rows_add(&rows, "the ends of time", the_ends_of_time_have_an_offset, NULL);
    ROWS_ADD_TABLE(&rows, refused_name_rows, name_is_refused);
    rows_add(&rows, "a very long name", a_very_long_name_is_refused, NULL);
    ROWS_ADD_TABLE(&rows, rule_rows, rule_agrees_with_the_c_library);
    rows_add(&rows, "summer time all year", summer_time_can_last_all_year, NULL);
    ROWS_ADD_TABLE(&rows, refused_rule_rows, rule_is_refused);
    rows_add(&rows, "version 1", version_1_is_read, NULL);
    rows_add(&rows, "every cut", every_cut_is_damage, NULL);
    rows_add(&rows, "a changed byte", a_changed_byte_never_crashes, NULL);
    int failed = rows_run("timezone", &rows);
    char path[64];
    (void)snprintf(path, sizeof path, "%s/Zone", directory);
    (void)unlink(path);
    (void)rmdir(directory);
    return failed;
}
