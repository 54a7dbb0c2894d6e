/* Tests bench/compare.c: what is worse, what is not, and what is not compared. */
#include "tests/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare.h"

#define RUN(facts, figures) "{" facts ",\"figures\":[" figures "]}"
#define SAME                "\"machine\":\"m\",\"asked_events\":\"1000\",\"customers\":\"10\",\"seed\":\"1\",\"spread\":\"zipf\""
#define OTHER_SPREAD                                                                                                   \
    "\"machine\":\"m\",\"asked_events\":\"1000\",\"customers\":\"10\",\"seed\":\"1\",\"spread\":\"hot\""
#define OTHER_MACHINE                                                                                                  \
    "\"machine\":\"n\",\"asked_events\":\"1000\",\"customers\":\"10\",\"seed\":\"1\",\"spread\":\"zipf\""
#define FIGURE(name, value, unit) "{\"name\":\"" name "\",\"value\":" value ",\"unit\":\"" unit "\"}"
#define OF_LIMIT(name, value, unit, limit)                                                                             \
    "{\"name\":\"" name "\",\"value\":" value ",\"unit\":\"" unit "\",\"limit\":{\"name\":\"raw\",\"value\":" limit "}}"

struct comparing {
    const char *name;
    const char *before, *after;
    enum compare_result wanted;
    const char *says; /* Somewhere in what is printed. */
};

static const struct comparing comparings[] = {
    {"the same is fine", RUN(SAME, FIGURE("a", "100.0", "events/s")), RUN(SAME, FIGURE("a", "100.0", "events/s")),
     COMPARE_FINE, "0 of 1 figures are worse by more than 25 %"},
    {"a rate that lost a quarter is within the tolerance", RUN(SAME, FIGURE("a", "100.0", "events/s")),
     RUN(SAME, FIGURE("a", "75.0", "events/s")), COMPARE_FINE, "0.75"},
    {"a rate that lost more is worse", RUN(SAME, FIGURE("a", "100.0", "events/s")),
     RUN(SAME, FIGURE("a", "74.0", "events/s")), COMPARE_WORSE, "0.74  WORSE"},
    {"a rate that grew is better", RUN(SAME, FIGURE("a", "100.0", "events/s")),
     RUN(SAME, FIGURE("a", "140.0", "events/s")), COMPARE_FINE, "1.40  better"},
    {"a time that grew by a half is worse", RUN(SAME, FIGURE("a", "10.0", "ms")), RUN(SAME, FIGURE("a", "15.0", "ms")),
     COMPARE_WORSE, "1.50  WORSE"},
    {"a time that fell is better", RUN(SAME, FIGURE("a", "10.0", "us (p50)")),
     RUN(SAME, FIGURE("a", "5.0", "us (p50)")), COMPARE_FINE, "0.50  better"},
    {"sizes are better when they are less", RUN(SAME, FIGURE("a", "30.0", "bytes")),
     RUN(SAME, FIGURE("a", "45.0", "bytes")), COMPARE_WORSE, "WORSE"},
    {"a ratio to a peer is better when it is more", RUN(SAME, FIGURE("a", "30.0", "x")),
     RUN(SAME, FIGURE("a", "10.0", "x")), COMPARE_WORSE, "WORSE"},
    {"a slower machine is no regression where the limit fell too",
     RUN(SAME, OF_LIMIT("a", "100.0", "events/s", "400.0")), RUN(SAME, OF_LIMIT("a", "50.0", "events/s", "200.0")),
     COMPARE_FINE, "1.00  of its limit"},
    {"the same rate beside twice the limit is worse", RUN(SAME, OF_LIMIT("a", "100.0", "events/s", "400.0")),
     RUN(SAME, OF_LIMIT("a", "100.0", "events/s", "800.0")), COMPARE_WORSE, "0.50  of its limit  WORSE"},
    {"a limit that one run lacks is not used", RUN(SAME, OF_LIMIT("a", "100.0", "events/s", "400.0")),
     RUN(SAME, FIGURE("a", "100.0", "events/s")), COMPARE_FINE, "1.00\n"},
    {"parts are shown, not judged", RUN(SAME, FIGURE("part: b", "100.0", "events/s") "," FIGURE("a", "1.0", "ms")),
     RUN(SAME, FIGURE("part: b", "10.0", "events/s") "," FIGURE("a", "1.0", "ms")), COMPARE_FINE, "0.10  shown only"},
    {"counts are neither better nor worse",
     RUN(SAME, FIGURE("refused", "1.0", "requests") "," FIGURE("a", "1.0", "ms")),
     RUN(SAME, FIGURE("refused", "9.0", "requests") "," FIGURE("a", "1.0", "ms")), COMPARE_FINE, "0 of 1 figures"},
    {"a figure that is gone is said", RUN(SAME, FIGURE("a", "1.0", "ms") "," FIGURE("gone", "1.0", "ms")),
     RUN(SAME, FIGURE("a", "1.0", "ms")), COMPARE_FINE, "no longer measured"},
    {"another machine is said", RUN(SAME, FIGURE("a", "1.0", "ms")), RUN(OTHER_MACHINE, FIGURE("a", "1.0", "ms")),
     COMPARE_FINE, "machine differs: \"m\", then \"n\""},
    {"another workload is refused", RUN(SAME, FIGURE("a", "1.0", "ms")), RUN(OTHER_SPREAD, FIGURE("a", "1.0", "ms")),
     COMPARE_REFUSED, "the workloads differ"},
    {"nothing in common is refused", RUN(SAME, FIGURE("a", "1.0", "ms")), RUN(SAME, FIGURE("b", "1.0", "ms")),
     COMPARE_REFUSED, "no figure in common"},
    {"sets are compared run by run, in any order",
     "{\"runs\":[" RUN(SAME, FIGURE("a", "100.0", "ms")) "," RUN(OTHER_SPREAD, FIGURE("a", "10.0", "ms")) "]}",
     "{\"runs\":[" RUN(OTHER_SPREAD, FIGURE("a", "10.0", "ms")) "," RUN(SAME, FIGURE("a", "100.0", "ms")) "]}",
     COMPARE_FINE, "0 of 2 figures"},
    {"one run of a set that is worse makes it worse",
     "{\"runs\":[" RUN(SAME, FIGURE("a", "100.0", "ms")) "," RUN(OTHER_SPREAD, FIGURE("a", "10.0", "ms")) "]}",
     "{\"runs\":[" RUN(SAME, FIGURE("a", "100.0", "ms")) "," RUN(OTHER_SPREAD, FIGURE("a", "20.0", "ms")) "]}",
     COMPARE_WORSE, "1 of 2 figures"},
    {"a set and a single run are refused",
     "{\"runs\":[" RUN(SAME, FIGURE("a", "1.0", "ms")) "," RUN(OTHER_SPREAD, "") "]}",
     RUN(SAME, FIGURE("a", "1.0", "ms")), COMPARE_REFUSED, "2 runs and 1"},
    {"what is no benchmark is refused", "{}", "[1]", COMPARE_REFUSED, "0 runs"},
};

static void test_compare(void **state) {
    const struct comparing *row = *state;
    json_t *before = json_loads(row->before, 0, NULL);
    json_t *after = json_loads(row->after, 0, NULL);
    assert_non_null(before);
    assert_non_null(after);
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    enum compare_result result = compare_files(before, after, 25, out);
    assert_int_equal(fclose(out), 0);
    if (result != row->wanted || strstr(printed, row->says) == NULL) {
        print_message("%s", printed);
    }
    assert_int_equal(result, row->wanted);
    assert_non_null(strstr(printed, row->says));
    free(printed);
    json_decref(before);
    json_decref(after);
}

int main(void) {
    struct rows rows = {.count = 0};
    ROWS_ADD_TABLE(&rows, comparings, test_compare);
    return rows_run("bench/compare", &rows);
}
