/* Where a backup ends, told and read again; and what no backup ends like. */
#include "tools/backup_end.h"

#include <string.h>

#include "tests/rows.h"
#include "tools/text.h"

/* Its messages are nobody's here. */
const char *text_translate(const char *text) {
    return text;
}

/* Five events: two perfect subtrees, of four and of one. */
static void fill(struct backup_summary *end) {
    *end = (struct backup_summary){.last_sequence = 5, .last_recorded_at_us = 77, .edge = {.size = 5}};
    memset(end->ledger_id, 0x11, sizeof end->ledger_id);
    memset(end->edge.roots[0].bytes, 0x22, SHA256_SIZE);
    memset(end->edge.roots[1].bytes, 0x33, SHA256_SIZE);
    memset(end->leaf.bytes, 0x44, SHA256_SIZE);
}

static void what_is_told_is_read(void **state) {
    (void)state;
    struct arena arena;
    struct backup_summary end;
    struct backup_summary read;
    arena_init(&arena, 1 << 20);
    fill(&end);
    Pb__BackupEnd *told = backup_end_tell(&end, &arena);
    assert_non_null(told);
    assert_int_equal(told->n_edge, 2);
    assert_int_equal(backup_end_read(told, &read, NULL), DAYBOOK_OK);
    assert_int_equal(read.last_sequence, 5);
    assert_int_equal(read.last_recorded_at_us, 77);
    assert_memory_equal(read.ledger_id, end.ledger_id, sizeof end.ledger_id);
    assert_memory_equal(&read.edge, &end.edge, sizeof end.edge);
    assert_memory_equal(&read.leaf, &end.leaf, sizeof end.leaf);
    arena_release(&arena);
}

static void of_no_event_there_is_no_leaf(void **state) {
    (void)state;
    struct arena arena;
    struct backup_summary end = {.last_sequence = 0};
    struct backup_summary read;
    arena_init(&arena, 1 << 20);
    Pb__BackupEnd *told = backup_end_tell(&end, &arena);
    assert_non_null(told);
    assert_int_equal(told->n_edge, 0);
    assert_int_equal(told->leaf.len, 0);
    assert_int_equal(backup_end_read(told, &read, NULL), DAYBOOK_OK);
    arena_release(&arena);
}

static void no_id(Pb__BackupEnd *told) {
    told->ledger_id.len = 0;
}
static void long_id(Pb__BackupEnd *told) {
    told->ledger_id.len = 17;
}
static void no_leaf(Pb__BackupEnd *told) {
    told->leaf.len = 0;
}
static void short_leaf(Pb__BackupEnd *told) {
    told->leaf.len = 31;
}
static void a_root_too_few(Pb__BackupEnd *told) {
    told->n_edge = 1;
}
static void another_size(Pb__BackupEnd *told) {
    told->last_sequence = 7;
}
static void a_short_root(Pb__BackupEnd *told) {
    told->edge[1].len = 20;
}
static void no_event_and_a_leaf(Pb__BackupEnd *told) {
    told->last_sequence = 0;
    told->n_edge = 0;
}
static void past_every_sequence(Pb__BackupEnd *told) {
    told->last_sequence = UINT64_MAX;
}

static const struct wrong_row {
    const char *name;
    void (*spoil)(Pb__BackupEnd *told);
} wrong_rows[] = {
    {"no id", no_id},
    {"an id of 17 bytes", long_id},
    {"no leaf", no_leaf},
    {"a leaf of 31 bytes", short_leaf},
    {"a root too few", a_root_too_few},
    {"the edge of another size", another_size},
    {"a root of 20 bytes", a_short_root},
    {"no event, and its leaf", no_event_and_a_leaf},
    {"past every sequence", past_every_sequence},
};

static void nothing_ends_like_that(void **state) {
    const struct wrong_row *row = *state;
    struct arena arena;
    struct backup_summary end;
    struct backup_summary read;
    struct daybook_error error;
    arena_init(&arena, 1 << 20);
    fill(&end);
    Pb__BackupEnd *told = backup_end_tell(&end, &arena);
    assert_non_null(told);
    row->spoil(told);
    assert_int_equal(backup_end_read(told, &read, &error), DAYBOOK_INVALID);
    assert_non_null(strstr(error.message, "no backup ends like that"));
    arena_release(&arena);
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "what is told is read", what_is_told_is_read, NULL);
    rows_add(&rows, "of no event there is no leaf", of_no_event_there_is_no_leaf, NULL);
    ROWS_ADD_TABLE(&rows, wrong_rows, nothing_ends_like_that);
    return rows_run("backup_end", &rows);
}
