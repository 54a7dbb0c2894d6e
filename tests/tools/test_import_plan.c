/* What a file will be submitted as: order, keys, bad rows. */
#include <stdio.h>
#include <string.h>

#include "tests/rows.h"

#include "codec/wire.h"
#include "tools/import_plan.h"

#define ARENA_BYTES ((size_t)4 << 20)

/* Opens each customer, charges every row, pays those that have a day of payment. */
static const char map_text[] =
    "{\"version\":1,\"requests\":["
    "{\"command\":\"post_charge\",\"customer\":{\"column\":\"who\"},\"effective_on\":{\"column\":\"on\"},"
    "\"fields\":{\"charge\":{\"column\":\"id\"},\"amount_minor\":{\"amount\":\"sum\"}}},"
    "{\"command\":\"receive_payment\",\"when\":[{\"column\":\"paid\",\"is\":\"present\"}],"
    "\"customer\":{\"column\":\"who\"},\"effective_on\":{\"column\":\"paid\"},"
    "\"fields\":{\"payment\":{\"column\":\"id\"},\"amount_minor\":{\"amount\":\"sum\"}}},"
    "{\"command\":\"open_customer\",\"once\":true,\"customer\":{\"column\":\"who\"},"
    "\"effective_on\":{\"column\":\"on\"}}]}";

struct planned {
    struct arena arena;
    struct import_map map;
    struct plan plan;
    char complaints[1024];
};

static void note_complaint(void *context, uint64_t line, const char *sentence) {
    struct planned *planned = context;
    size_t used = strlen(planned->complaints);
    (void)snprintf(planned->complaints + used, sizeof planned->complaints - used, "%d: %s;", (int)line, sentence);
}

static void note_note(void *context, enum plan_note note, uint64_t line, const char *sentence) {
    struct planned *planned = context;
    size_t used = strlen(planned->complaints);
    (void)snprintf(planned->complaints + used, sizeof planned->complaints - used, "%d%s: %s;", (int)line,
                   note == NOTE_NO_LINE_END ? " end" : " idle", sentence);
}

static enum daybook_status make_with(struct planned *planned, const char *map, bool is_strict, const char *text,
                                     struct daybook_error *error) {
    *planned = (struct planned){.plan = {.name = "file.csv", .currency = "CNY", .actor = "importer"}};
    arena_init(&planned->arena, ARENA_BYTES);
    planned->plan.text = daybook_bytes_of_text(text);
    planned->plan.complain = note_complaint;
    planned->plan.note = note_note;
    planned->plan.is_strict = is_strict;
    planned->plan.context = planned;
    assert_int_equal(import_map_read("map.json", daybook_bytes_of_text(map), &planned->arena, &planned->map, error),
                     DAYBOOK_OK);
    return plan_make(&planned->plan, &planned->map, error);
}

static enum daybook_status make(struct planned *planned, const char *text, struct daybook_error *error) {
    return make_with(planned, map_text, false, text, error);
}

static void release(struct planned *planned) {
    plan_release(&planned->plan);
    arena_release(&planned->arena);
}

static Pb__Request *request_at(struct planned *planned, size_t index) {
    struct daybook_buffer encoded = {0};
    struct daybook_error error;
    ProtobufCMessage *message;
    uint64_t line;
    assert_int_equal(plan_encode(&planned->plan, index, &encoded, &line, &error), DAYBOOK_OK);
    assert_int_equal(
        wire_decode(&pb__request__descriptor, daybook_buffer_view(&encoded), &planned->arena, &message, &error),
        DAYBOOK_OK);
    daybook_buffer_release(&encoded);
    return (Pb__Request *)message;
}

/* "DATE CUSTOMER command id;" of every request, in order. */
static void describe(struct planned *planned, char *text, size_t size) {
    text[0] = '\0';
    for (size_t i = 0; i < planned->plan.entry_count; i++) {
        const Pb__Request *request = request_at(planned, i);
        const char *id = request->command_case == PB__REQUEST__COMMAND_POST_CHARGE ? request->post_charge->charge
                         : request->command_case == PB__REQUEST__COMMAND_RECEIVE_PAYMENT
                             ? request->receive_payment->payment
                             : "-";
        size_t used = strlen(text);
        (void)snprintf(text + used, size - used, "%s %s %s %s;", request->effective_on, request->customer,
                       plan_command(&planned->plan, i), id);
        assert_string_equal(request->actor, "importer");
        assert_int_equal(request->key.len, IMPORT_KEY_BYTES);
    }
}

struct order {
    const char *name;
    const char *text;
    const char *requests;
    const char *complaints;
    size_t row_count;
};

static const struct order orders[] = {
    {"a header alone", "who,on,id,sum,paid\n", "", "", 0},
    {"opened first, then by date, then in the order of the file and the map",
     "who,on,id,sum,paid\n"
     "A,2024-03-01,1,10,2024-03-05\n"
     "B,2024-02-01,2,20,2024-02-01\n"
     "A,2024-01-15,3,30,\n"
     "B,2024-03-01,4,40,2024-03-01\n",
     "2024-01-15 A open_customer -;2024-02-01 B open_customer -;"
     "2024-01-15 A post_charge 3;2024-02-01 B post_charge 2;2024-02-01 B receive_payment 2;"
     "2024-03-01 A post_charge 1;2024-03-01 B post_charge 4;2024-03-01 B receive_payment 4;"
     "2024-03-05 A receive_payment 1;",
     "", 4},
    {"bad rows are left out whole",
     "who,on,id,sum,paid\n"
     "A,2024-03-01,1,10,never\n"
     "B,2024-02-01,2\n"
     "C,2024-02-01,3,1\"0,\n"
     "D,2024-02-01,4,10,\n",
     "2024-02-01 D open_customer -;2024-02-01 D post_charge 4;",
     "2: column \"paid\": \"never\" is no date of the form YYYY-MM-DD;3: it has 3 fields and the header has 5;"
     "4: a quote is in the middle of a field that does not begin with one;",
     4},
};

static void orders_requests(void **state) {
    const struct order *row = *state;
    struct planned planned;
    struct daybook_error error;
    char text[2048];
    assert_int_equal(make(&planned, row->text, &error), DAYBOOK_OK);
    describe(&planned, text, sizeof text);
    assert_string_equal(text, row->requests);
    assert_string_equal(planned.complaints, row->complaints);
    assert_int_equal(planned.plan.data_rows, row->row_count);
    release(&planned);
}

/* ---- keys ---- */

enum { KEYS_MAX = 16 };

static size_t keys_of(const char *text, uint8_t keys[KEYS_MAX][IMPORT_KEY_BYTES]) {
    struct planned planned;
    struct daybook_error error;
    assert_int_equal(make(&planned, text, &error), DAYBOOK_OK);
    size_t count = planned.plan.entry_count;
    assert_true(count <= KEYS_MAX);
    for (size_t i = 0; i < count; i++) {
        memcpy(keys[i], request_at(&planned, i)->key.data, IMPORT_KEY_BYTES);
    }
    release(&planned);
    return count;
}

static void keys_are_unique_and_lasting(void **state) {
    (void)state;
    /* Rows 1 and 2 are identical: two requests, not one. */
    static const char text[] = "who,on,id,sum,paid\nA,2024-03-01,1,10,\nA,2024-03-01,1,10,\nA,2024-03-01,2,10,\n";
    static const char reordered[] = "sum,paid,id,who,on\n10,,1,A,2024-03-01\n10,,1,A,2024-03-01\n10,,2,A,2024-03-01\n";
    uint8_t keys[KEYS_MAX][IMPORT_KEY_BYTES];
    uint8_t again[KEYS_MAX][IMPORT_KEY_BYTES];
    assert_int_equal(keys_of(text, keys), 4);
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(keys[i], keys[j], IMPORT_KEY_BYTES);
        }
    }
    assert_int_equal(keys_of(text, again), 4);
    assert_memory_equal(keys, again, sizeof keys[0] * 4);
    assert_int_equal(keys_of(reordered, again), 4);
    assert_memory_equal(keys, again, sizeof keys[0] * 4);
}

static void a_longer_file_keeps_the_keys(void **state) {
    (void)state;
    static const char shorter[] = "who,on,id,sum,paid\nA,2024-03-01,1,10,\n";
    static const char longer[] = "who,on,id,sum,paid\nA,2024-03-01,1,10,\nA,2024-03-02,2,10,\n";
    uint8_t keys[KEYS_MAX][IMPORT_KEY_BYTES];
    uint8_t more[KEYS_MAX][IMPORT_KEY_BYTES];
    assert_int_equal(keys_of(shorter, keys), 2);
    assert_int_equal(keys_of(longer, more), 3);
    assert_memory_equal(keys, more, sizeof keys[0] * 2);
}

/* ---- what the map says of the file ---- */

/* A charge for each row with an amount; `more` of the map, and of the value of the date. */
#define DATED(more, format)                                                                                            \
    "{\"version\":1," more "\"requests\":[{\"command\":\"post_charge\",\"when\":[{\"column\":\"sum\","                 \
    "\"is\":\"present\"}],\"customer\":{\"column\":\"who\"},\"effective_on\":{\"date\":\"on\"" format "},"             \
    "\"fields\":{\"amount_minor\":{\"amount\":\"sum\"}}}]}"
#define DAYS_AND_MONTHS "\"date_formats\":[\"D/M/YYYY\",\"M/D/YYYY\"],"

struct told {
    const char *name;
    const char *map;
    bool is_strict;
    const char *text;
    const char *requests;   /* NULL: it is refused, */
    const char *complaints; /* and this is why. */
};

static const struct told tolds[] = {
    {"a later row says that days come first", DATED(DAYS_AND_MONTHS, ""), false,
     "who,on,sum\nA,01/02/2026,1\nA,13/02/2026,2\n", "2026-02-01 A post_charge ;2026-02-13 A post_charge ;", ""},
    {"an earlier row says that months come first", DATED(DAYS_AND_MONTHS, ""), false,
     "who,on,sum\nA,02/13/2026,2\nA,01/02/2026,1\n", "2026-01-02 A post_charge ;2026-02-13 A post_charge ;", ""},
    {"no row says", DATED(DAYS_AND_MONTHS, ""), false, "who,on,sum\nA,01/01/2026,1\nA,01/02/2026,1\n", NULL,
     "file.csv: column \"on\": \"01/02/2026\" in line 3 is 2026-02-01 by D/M/YYYY and 2026-01-02 by M/D/YYYY, and no "
     "line of the column tells which; name the form: {\"date\": \"on\", \"format\": \"D/M/YYYY\" or \"M/D/YYYY\"}"},
    {"all rows are the same day in both", DATED(DAYS_AND_MONTHS, ""), false, "who,on,sum\nA,02/02/2026,1\n",
     "2026-02-02 A post_charge ;", ""},
    {"rows say both", DATED(DAYS_AND_MONTHS, ""), false, "who,on,sum\nA,01/02/2026,1\nA,13/02/2026,1\nA,02/13/2026,1\n",
     NULL,
     "file.csv: column \"on\": a column has one form of dates; those before line 4 have D/M/YYYY, and \"02/13/2026\" "
     "there has not; mend the file"},
    {"forms that cannot be mistaken are not mixed either", DATED("\"date_formats\":[\"YYYY-MM-DD\",\"M/D/YYYY\"],", ""),
     false, "who,on,sum\nA,2026-02-01,1\nA,2/2/2026,1\n", NULL, "a column has one form of dates"},
    {"what is no date says nothing", DATED(DAYS_AND_MONTHS, ""), false,
     "who,on,sum\nA,never,1\nA,13/02/2026,1\nA,31/02/2026,1\n,,\nA,13/02\n", "2026-02-13 A post_charge ;",
     "2: column \"on\": \"never\" is no date of the form D/M/YYYY;"
     "4: column \"on\": \"31/02/2026\" is no date of the form D/M/YYYY;"
     "5 idle: no request of the map is for this row;6: it has 2 fields and the header has 3;"},
    {"a form of its own", DATED(DAYS_AND_MONTHS, ",\"format\":\"D/M/YYYY\""), false, "who,on,sum\nA,01/02/2026,1\n",
     "2026-02-01 A post_charge ;", ""},
    {"a form of its own is not settled by others", DATED(DAYS_AND_MONTHS, ",\"format\":\"D/M/YYYY\""), false,
     "who,on,sum\nA,02/13/2026,1\n", "", "2: column \"on\": \"02/13/2026\" is no date of the form D/M/YYYY;"},
    {"a line that may have been cut off", DATED("", ""), false, "who,on,sum\nA,2026-02-01,10\nA,2026-02-02,20",
     "2026-02-01 A post_charge ;2026-02-02 A post_charge ;",
     "3 end: the file ends within this line: if it was cut off, \"20\" is not the whole of its last cell;"},
    {"the same, strictly", DATED("", ""), true, "who,on,sum\nA,2026-02-01,10\nA,2026-02-02,20",
     "2026-02-01 A post_charge ;",
     "3: the file ends within this line: if it was cut off, \"20\" is not the whole of its last cell;"},
    {"a last cell in quotes is whole", DATED("", ""), true, "who,on,sum\nA,2026-02-01,\"10\"",
     "2026-02-01 A post_charge ;", ""},
    {"an empty last cell may have been cut off", DATED("", ""), true, "who,on,sum\nA,2026-02-01,", "",
     "2: the file ends within this line: if it was cut off, \"\" is not the whole of its last cell;"},
    {"a bad last row is bad once", DATED("", ""), false, "who,on,sum\nA,2026-02-01", "",
     "2: it has 2 fields and the header has 3;"},
    {"lines before the header", DATED("\"skip_lines\":2,", ""), false,
     "Bill of A\n\"not closed\nwho,on,sum\nA,2026-02-01,x\n", "", "4: column \"sum\": \"x\" is no amount;"},
    {"more lines than there are", DATED("\"skip_lines\":9,", ""), false, "who,on,sum\n", NULL,
     "no header of columns: it is empty"},
    {"what parts the fields, for spreadsheets", DATED("\"delimiter\":\";\",", ""), false,
     "sep=;\r\nwho;on;sum\r\nA;2026-02-01;x\r\n", "", "3: column \"sum\": \"x\" is no amount;"},
    {"and the map says another", DATED("", ""), false, "sep=;\nwho;on;sum\n", NULL,
     "file.csv: its first line says that \";\" parts the fields, and the map says \",\""},
};

static void tells(void **state) {
    const struct told *row = *state;
    struct planned planned;
    struct daybook_error error;
    char text[2048];
    enum daybook_status status = make_with(&planned, row->map, row->is_strict, row->text, &error);
    if (row->requests == NULL) {
        assert_int_equal(status, DAYBOOK_INVALID);
        if (strstr(error.message, row->complaints) == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", error.message, row->complaints);
        }
    } else {
        assert_int_equal(status, DAYBOOK_OK);
        describe(&planned, text, sizeof text);
        assert_string_equal(text, row->requests);
        assert_string_equal(planned.complaints, row->complaints);
    }
    release(&planned);
}

/* ---- files that cannot be planned ---- */

struct refused {
    const char *name;
    const char *text;
    const char *reason;
};

static const struct refused refused_rows[] = {
    {"an empty file", "", "no header of columns"},
    {"a broken header", "who,\"on", "file.csv, line 1: no header of columns: a quote is never closed"},
    {"a missing column", "who,on,id,sum\n", "file.csv: the file has no column \"paid\""},
};

static void refuses(void **state) {
    const struct refused *row = *state;
    struct planned planned;
    struct daybook_error error;
    assert_int_equal(make(&planned, row->text, &error), DAYBOOK_INVALID);
    if (strstr(error.message, row->reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, row->reason);
    }
    release(&planned);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, orders, orders_requests);
    ROWS_ADD_TABLE(&rows, tolds, tells);
    ROWS_ADD_TABLE(&rows, refused_rows, refuses);
    rows_add(&rows, "keys are unique and lasting", keys_are_unique_and_lasting, NULL);
    rows_add(&rows, "a longer file keeps the keys", a_longer_file_keeps_the_keys, NULL);
    return rows_run("import_plan", &rows);
}
