/*
 * Every part of memory, every function of LMDB and every use of a file that the store asks for fails, one after the
 * other. Each time it is said in a sentence, what was acknowledged is there, and the next one goes on.
 */
#include <errno.h>
#include <inttypes.h>

#include "tests/rows.h"

#include <sys/wait.h>

#include "store/journal_scrub.h"
#include "store/names.h"
#include "store/page_check.h"
#include "store/store.h"
#include "store/writer_lock.h"
#include "tests/engine/store/events.h"
#include "tests/engine/store/place.h"
#include "tests/fault/fail.h"

enum { SMALL_FRAMES = 63, LARGE_BATCH = 700, FAILING_MOST = 20000, MAP_BYTES = 1 << 26, PATH_SIZE = 200 };
enum { COMING = 700, NAMES_RUNS = 7, NAMES_A_RUN = 300 };

static char base[PATH_SIZE];
static const char config[] = "configuration";

static const char *under(const char *name, char path[PATH_SIZE]) {
    snprintf(path, PATH_SIZE, "%.80s/%.100s", base, name);
    return path;
}

static void copy_tree(const char *from, const char *to) {
    char command[2 * PATH_SIZE + 64];
    place_remove(to);
    snprintf(command, sizeof command, "cp -r --sparse=always %s %s", from, to);
    assert_int_equal(system(command), 0);
}

static void must(enum daybook_status status, const struct daybook_error *error) {
    if (status != DAYBOOK_OK) {
        fail_msg("%s: %s", daybook_status_name(status), error->message);
    }
}

/* ---- a journal's life ---- */

struct life {
    const char *directory;
    uint64_t acknowledged;
    struct store *store; /* Of names that were asked before. */
    struct names *names;
    struct daybook_error error;
};

/* A large batch and small ones behind it. The caller closes it, or ends without. */
static struct journal *make_prepared(const char *directory, bool without_log) {
    struct journal_options options = {
        .map_size_bytes = MAP_BYTES, .is_writer = true, .without_log = without_log, .min_free_bytes = 1};
    struct daybook_error error;
    struct journal *journal = NULL;
    must(journal_create(directory, daybook_bytes_of_text(config), &error), &error);
    must(journal_open(directory, &options, &journal, &error), &error);
    must(append_count(journal, 1, LARGE_BATCH, &error), &error);
    for (uint64_t i = 0; i < SMALL_FRAMES; i++) {
        must(append_count(journal, LARGE_BATCH + 1 + i, 1, &error), &error);
    }
    return journal;
}

/* Small frames, as single events leave them; with the end of the large batch they are 64: the next append merges them.
 */
static void prepare_journal(const char *directory) {
    journal_close(make_prepared(directory, true));
}

/* The same events, the last of them in the log. */
static void prepare_left(const char *directory) {
    const pid_t child = fork();
    int how = -1;
    assert_true(child >= 0);
    if (child == 0) {
        (void)make_prepared(directory, false);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* What lives append: made before anything fails. */
static struct events coming;

static enum daybook_status append(struct life *life, struct journal *journal, size_t count) {
    size_t from = (size_t)life->acknowledged - LARGE_BATCH - SMALL_FRAMES;
    struct journal_batch batch = {coming.batch.events + from, coming.batch.recorded_at_us + from, count};
    DAYBOOK_TRY(journal_append(journal, &batch, &life->error));
    life->acknowledged += count;
    return DAYBOOK_OK;
}

static enum daybook_status read_all(struct life *life, struct journal *journal) {
    struct journal_reader *reader = NULL;
    struct daybook_bytes event;
    struct journal_head head;
    uint64_t sequence = 0;
    DAYBOOK_TRY(journal_head(journal, &head, &life->error));
    assert_int_equal(head.sequence, life->acknowledged);
    enum daybook_status status = journal_reader_open(journal, &reader, &life->error);
    uint64_t after = status == DAYBOOK_OK ? scan(reader, 1, &status, &life->error) : 0;
    if (status == DAYBOOK_OK) {
        assert_int_equal(after, life->acknowledged + 1);
        status = journal_read_one(reader, 5, &event, &life->error);
    }
    if (status == DAYBOOK_OK) {
        assert_true(event_is(5, event.data, event.size));
        status = journal_sequence_at(reader, event_instant(600) + 3, &sequence, &life->error);
    }
    if (status == DAYBOOK_OK) {
        assert_int_equal(sequence, 600);
        status = journal_sequence_at(reader, event_instant(life->acknowledged), &sequence, &life->error);
    }
    if (status == DAYBOOK_OK) {
        assert_int_equal(sequence, life->acknowledged);
    }
    journal_reader_close(reader);
    return status;
}

static void no_wound(void *context, const struct journal_wound *wound) {
    (void)context;
    fail_msg("a wound that is none: %s", wound->reason);
}

static enum daybook_status look_through(struct life *life, struct journal *journal) {
    struct journal_scrub *scrub = NULL;
    struct journal_scrub_step step = {.is_done = false};
    enum daybook_status status = journal_scrub_open(journal, &scrub, &life->error);
    if (status == DAYBOOK_OK) {
        journal_scrub_seek(scrub, 10);
    }
    while (status == DAYBOOK_OK && !step.is_done) {
        status = journal_scrub_next(scrub, 1, no_wound, NULL, &step, &life->error);
    }
    if (status == DAYBOOK_OK) {
        assert_int_equal(step.position, life->acknowledged);
    }
    journal_scrub_close(scrub);
    return status;
}

static enum daybook_status use_journal(struct life *life, struct journal *journal) {
    struct journal_usage usage;
    DAYBOOK_TRY(append(life, journal, 1));
    DAYBOOK_TRY(append(life, journal, 3));
    DAYBOOK_TRY(read_all(life, journal));
    DAYBOOK_TRY(journal_usage(journal, &usage, &life->error));
    assert_int_equal(usage.frame_count, 4); /* The large batch's first, what was merged, the two appends. */
    enum daybook_status made = journal_create(life->directory, daybook_bytes_of_text(config), &life->error);
    if (made != DAYBOOK_EXISTS) {
        assert_int_not_equal(made, DAYBOOK_OK);
        return made;
    }
    DAYBOOK_TRY(look_through(life, journal));
    return append(life, journal, 600);
}

static enum daybook_status live_as(struct life *life, bool is_writer) {
    struct journal_options options = {
        .map_size_bytes = MAP_BYTES, .is_writer = is_writer, .without_log = true, .min_free_bytes = 1};
    struct journal *journal = NULL;
    enum daybook_status status = journal_open(life->directory, &options, &journal, &life->error);
    if (status == DAYBOOK_OK) {
        assert_int_equal(journal_config(journal).size, strlen(config));
        status = is_writer ? use_journal(life, journal) : read_all(life, journal);
    }
    journal_close(journal);
    return status;
}

static enum daybook_status live_journal(struct life *life) {
    char path[PATH_SIZE];
    struct page_report report;
    DAYBOOK_TRY(live_as(life, true));
    DAYBOOK_TRY(live_as(life, false));
    snprintf(path, sizeof path, "%.150s/journal/data.mdb", life->directory);
    DAYBOOK_TRY(page_check(path, &report, &life->error));
    snprintf(path, sizeof path, "%.150s/other", life->directory);
    return journal_create(path, daybook_bytes_of_text(config), &life->error);
}

/* With the log, whose settler the last of it waits for. */
static enum daybook_status use_log(struct life *life, struct journal *journal) {
    for (int i = 0; i < 3; i++) {
        DAYBOOK_TRY(append(life, journal, 2));
    }
    DAYBOOK_TRY(read_all(life, journal));
    DAYBOOK_TRY(append(life, journal, 300)); /* Takes along what is in the log. */
    DAYBOOK_TRY(append(life, journal, 1));
    return read_all(life, journal);
}

static enum daybook_status live_log(struct life *life) {
    struct journal_options options = {.map_size_bytes = MAP_BYTES, .is_writer = true, .min_free_bytes = 1};
    struct journal *journal = NULL;
    enum daybook_status status = journal_open(life->directory, &options, &journal, &life->error);
    if (status == DAYBOOK_OK) {
        status = use_log(life, journal);
    }
    journal_close(journal);
    return status == DAYBOOK_OK ? live_as(life, false) : status;
}

/* What another writer left in the log is there. */
static enum daybook_status live_after_kill(struct life *life) {
    DAYBOOK_TRY(live_as(life, false));
    struct journal_options options = {.map_size_bytes = MAP_BYTES, .is_writer = true, .min_free_bytes = 1};
    struct journal *journal = NULL;
    enum daybook_status status = journal_open(life->directory, &options, &journal, &life->error);
    if (status == DAYBOOK_OK) {
        status = read_all(life, journal);
    }
    journal_close(journal);
    return status;
}

static void look_after_journal(struct life *life) {
    struct journal_options options = {.map_size_bytes = MAP_BYTES, .is_writer = true, .min_free_bytes = 1};
    struct journal *journal = NULL;
    struct journal_head head;
    must(journal_open(life->directory, &options, &journal, &life->error), &life->error);
    must(journal_head(journal, &head, &life->error), &life->error);
    assert_true(head.sequence >= life->acknowledged);
    life->acknowledged = head.sequence;
    must(append(life, journal, 2), &life->error);
    must(read_all(life, journal), &life->error);
    journal_close(journal);
}

/* ---- names ---- */

static const char *const tables[] = {"names", "other"};

static enum daybook_status open_names_store(const char *directory, struct store **store, struct daybook_error *error) {
    struct store_options options = {
        .tables = tables, .table_count = 2, .map_size_bytes = MAP_BYTES, .may_create = true};
    return store_open(directory, &options, store, error);
}

/* Run `run`: hashes run + 1, run + 1 + NAMES_RUNS, ...; the number is the hash. */
static enum daybook_status flush_run(struct store *store, struct names *names, uint64_t run,
                                     struct daybook_error *error) {
    static struct names_entry entries[NAMES_A_RUN];
    struct store_txn *txn = NULL;
    for (uint64_t i = 0; i < NAMES_A_RUN; i++) {
        entries[i] = (struct names_entry){.hash = run + 1 + i * 16, .number = run + 1 + i * 16};
    }
    DAYBOOK_TRY(store_begin_write(store, &txn, error));
    names_begin_flush(names);
    enum daybook_status status = names_flush(names, txn, entries, NAMES_A_RUN, error);
    if (status != DAYBOOK_OK) {
        store_abort(txn);
        return status;
    }
    DAYBOOK_TRY(store_commit(txn, error));
    names_end_flush(names);
    return DAYBOOK_OK;
}

static enum daybook_status open_names(struct store *store, struct names **names, struct daybook_error *error) {
    struct store_txn *txn = NULL;
    DAYBOOK_TRY(store_begin_read(store, &txn, error));
    enum daybook_status status = names_open(txn, 0, names, error);
    store_abort(txn);
    return status;
}

static void prepare_names(const char *directory) {
    struct daybook_error error;
    struct store *store = NULL;
    struct names *names = NULL;
    must(open_names_store(directory, &store, &error), &error);
    must(open_names(store, &names, &error), &error);
    for (uint64_t run = 0; run < NAMES_RUNS; run++) {
        must(flush_run(store, names, run, &error), &error);
    }
    names_close(names);
    store_close(store);
}

static enum daybook_status find_all(struct store *store, struct names *names, uint64_t runs,
                                    struct daybook_error *error) {
    struct store_txn *txn = NULL;
    enum daybook_status status = store_begin_read(store, &txn, error);
    for (uint64_t hash = 1; status == DAYBOOK_OK && hash <= 18; hash++) {
        uint64_t number = 0;
        size_t count = 0;
        status = names_find(names, txn, hash, 0, &number, 1, &count, error);
        if (status == DAYBOOK_OK) {
            assert_int_equal(count, (hash - 1) % 16 < runs ? 1 : 0);
            assert_int_equal(number, count == 0 ? 0 : hash);
        }
    }
    store_abort(txn);
    return status;
}

static enum daybook_status use_tables(struct store *store, struct daybook_error *error) {
    struct store_txn *txn = NULL;
    const struct daybook_bytes key = daybook_bytes_of_text("k");
    struct table_row row;
    struct table_cursor *cursor = NULL;
    uint64_t count = 0;
    bool was_found = false;
    DAYBOOK_TRY(store_begin_write(store, &txn, error));
    enum daybook_status status = table_put(txn, 1, key, key, error);
    status = status == DAYBOOK_OK ? table_count(txn, 1, &count, error) : status;
    status = status == DAYBOOK_OK ? cursor_open(txn, 1, &cursor, error) : status;
    status = status == DAYBOOK_OK ? cursor_seek_back(cursor, daybook_bytes_of_text("z"), &row, error) : status;
    if (status == DAYBOOK_OK) {
        assert_true(row.is_valid && daybook_bytes_equal(row.key, key));
        status = cursor_next(cursor, &row, error);
    }
    cursor_close(cursor);
    status = status == DAYBOOK_OK ? table_delete(txn, 1, key, &was_found, error) : status;
    status = status == DAYBOOK_OK ? table_clear(txn, 1, error) : status;
    if (status != DAYBOOK_OK) {
        store_abort(txn);
        return status;
    }
    assert_true(was_found && count == 1);
    return store_commit(txn, error);
}

static enum daybook_status live_names(struct life *life) {
    struct store *store = NULL;
    struct names *names = NULL;
    uint64_t runs = NAMES_RUNS;
    enum daybook_status status = open_names_store(life->directory, &store, &life->error);
    status = status == DAYBOOK_OK ? open_names(store, &names, &life->error) : status;
    while (status == DAYBOOK_OK && runs < NAMES_RUNS + 2) {
        status = find_all(store, names, runs, &life->error);
        status = status == DAYBOOK_OK ? flush_run(store, names, runs++, &life->error) : status;
    }
    status = status == DAYBOOK_OK ? find_all(store, names, runs, &life->error) : status;
    status = status == DAYBOOK_OK ? use_tables(store, &life->error) : status;
    names_close(names);
    store_close(store);
    return status;
}

static void look_after_names(struct life *life) {
    struct store *store = NULL;
    struct names *names = NULL;
    must(open_names_store(life->directory, &store, &life->error), &life->error);
    must(open_names(store, &names, &life->error), &life->error);
    struct store_txn *txn = NULL;
    must(store_begin_read(store, &txn, &life->error), &life->error);
    for (uint64_t hash = 1; hash <= NAMES_RUNS; hash++) {
        uint64_t number = 0;
        size_t count = 0;
        must(names_find(names, txn, hash, 0, &number, 1, &count, &life->error), &life->error);
        assert_int_equal(number, hash);
    }
    store_abort(txn);
    names_close(names);
    store_close(store);
}

/* So many questions that the next one makes its part of the filter: here that reads all names. */
static void ask_before(struct life *life) {
    must(open_names_store(life->directory, &life->store, &life->error), &life->error);
    must(open_names(life->store, &life->names, &life->error), &life->error);
    struct store_txn *txn = NULL;
    must(store_begin_read(life->store, &txn, &life->error), &life->error);
    for (int i = 0; i < 64; i++) {
        uint64_t number = 0;
        size_t count = 0;
        must(names_find(life->names, txn, 0, 0, &number, 1, &count, &life->error), &life->error);
        assert_int_equal(count, 0);
    }
    store_abort(txn);
}

static enum daybook_status live_filter(struct life *life) {
    enum daybook_status status = find_all(life->store, life->names, NAMES_RUNS, &life->error);
    if (status == DAYBOOK_OK) {
        status = flush_run(life->store, life->names, NAMES_RUNS, &life->error);
    }
    status = status == DAYBOOK_OK ? find_all(life->store, life->names, NAMES_RUNS + 1, &life->error) : status;
    names_close(life->names);
    store_close(life->store);
    return status;
}

/* ---- a store that was cut short where all is free ---- */

static const char *const plain_tables[] = {"rows"};
static const struct store_options plain_options = {
    .tables = plain_tables, .table_count = 1, .is_durable = true, .may_create = true};

static void put_one(struct store *store, const char *key, const void *value, size_t size) {
    struct daybook_error error;
    struct store_txn *txn = NULL;
    must(store_begin_write(store, &txn, &error), &error);
    must(table_put(txn, 0, daybook_bytes_of_text(key), (struct daybook_bytes){value, size}, &error), &error);
    must(store_commit(txn, &error), &error);
}

/* What was large is gone again, and its pages at the end of the file with it. */
static void prepare_store(const char *directory) {
    static uint8_t large[100000];
    char path[PATH_SIZE];
    struct daybook_error error;
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    bool was_found = false;
    must(store_open(directory, &plain_options, &store, &error), &error);
    put_one(store, "a", "1", 1);
    put_one(store, "b", large, sizeof large);
    must(store_begin_write(store, &txn, &error), &error);
    must(table_delete(txn, 0, daybook_bytes_of_text("b"), &was_found, &error), &error);
    must(store_commit(txn, &error), &error);
    for (int i = 0; i < 8; i++) {
        put_one(store, "a", "1", 1);
    }
    const off_t size = (off_t)store_size_bytes(store);
    store_close(store);
    snprintf(path, sizeof path, "%.150s/data.mdb", directory);
    assert_int_equal(truncate(path, size - 4096), 0);
}

static enum daybook_status use_store(struct store *store, struct daybook_error *error) {
    struct store_txn *txn = NULL;
    struct daybook_bytes value;
    uint8_t *room = NULL;
    bool is_found = false;
    DAYBOOK_TRY(store_begin_write(store, &txn, error));
    enum daybook_status status = table_get(txn, 0, daybook_bytes_of_text("a"), &value, &is_found, error);
    if (status == DAYBOOK_OK) {
        assert_true(is_found && value.size == 1 && value.data[0] == '1');
        status = table_reserve(txn, 0, daybook_bytes_of_text("c"), 8, &room, error);
        assert_true((room == NULL) == (status != DAYBOOK_OK));
    }
    if (status != DAYBOOK_OK) {
        store_abort(txn);
        return status;
    }
    memcpy(room, "reserved", 8);
    DAYBOOK_TRY(store_commit(txn, error));
    return store_sync(store, error);
}

static enum daybook_status live_store(struct life *life) {
    struct store *store = NULL;
    enum daybook_status status = store_open(life->directory, &plain_options, &store, &life->error);
    status = status == DAYBOOK_OK ? use_store(store, &life->error) : status;
    store_close(store);
    return status;
}

static void look_after_store(struct life *life) {
    struct store *store = NULL;
    must(store_open(life->directory, &plain_options, &store, &life->error), &life->error);
    must(use_store(store, &life->error), &life->error);
    store_close(store);
}

/* ---- what fails ---- */

struct part {
    const char *template;
    void (*begin)(struct life *life); /* Before anything fails. */
    enum daybook_status (*live)(struct life *life);
    void (*look_after)(struct life *life);
    uint64_t acknowledged;
};
static const struct part journal_part = {"journal", NULL, live_journal, look_after_journal, LARGE_BATCH + SMALL_FRAMES};
static const struct part log_part = {"journal", NULL, live_log, look_after_journal, LARGE_BATCH + SMALL_FRAMES};
static const struct part left_part = {"left", NULL, live_after_kill, look_after_journal, LARGE_BATCH + SMALL_FRAMES};
static const struct part names_part = {"names", NULL, live_names, look_after_names, 0};
static const struct part filter_part = {"names", ask_before, live_filter, look_after_names, 0};
static const struct part store_part = {"store", NULL, live_store, look_after_store, 0};

struct call_row {
    const char *name;
    const struct part *part;
    enum fail_call call;
    int code;
    bool is_for_good;
};
static const struct call_row call_rows[] = {
    {"memory, of a journal", &journal_part, FAIL_PART, EIO, false},
    {"LMDB, of a journal", &journal_part, FAIL_LIBRARY, EIO, false},
    {"files, of a journal", &journal_part, FAIL_NAME, EIO, false},
    {"files, of a journal on a full disk", &journal_part, FAIL_NAME, ENOSPC, false},
    {"memory, of a log", &log_part, FAIL_PART, EIO, false},
    {"LMDB, of a log", &log_part, FAIL_LIBRARY, EIO, false},
    {"files, of a log", &log_part, FAIL_NAME, EIO, false},
    {"files, of a log on a full disk", &log_part, FAIL_NAME, ENOSPC, false},
    {"memory, of what a killed writer left", &left_part, FAIL_PART, EIO, false},
    {"LMDB, of what a killed writer left", &left_part, FAIL_LIBRARY, EIO, false},
    {"files, of what a killed writer left", &left_part, FAIL_NAME, EIO, false},
    {"memory, of names", &names_part, FAIL_PART, EIO, false},
    {"LMDB, of names", &names_part, FAIL_LIBRARY, EIO, false},
    {"files, of names", &names_part, FAIL_NAME, EIO, false},
    {"memory, of a filter", &filter_part, FAIL_PART, EIO, false},
    {"LMDB, of a filter", &filter_part, FAIL_LIBRARY, EIO, false},
    {"memory, of a short store", &store_part, FAIL_PART, EIO, false},
    {"LMDB, of a short store", &store_part, FAIL_LIBRARY, EIO, false},
    {"LMDB without memory, of a short store", &store_part, FAIL_LIBRARY, ENOMEM, false},
    {"LMDB without memory for good, of a short store", &store_part, FAIL_LIBRARY, ENOMEM, true},
    {"files, of a short store", &store_part, FAIL_NAME, EIO, false},
    {"files on a full disk for good, of a short store", &store_part, FAIL_NAME, ENOSPC, true},
};

static void each_failure_is_said(void **state) {
    const struct call_row *row = *state;
    char template[PATH_SIZE];
    char directory[PATH_SIZE];
    bool was_met = true;
    uint64_t nth = 1;
    fail_with(row->code);
    for (; was_met; nth++) {
        struct life life = {.directory = under("life", directory), .acknowledged = row->part->acknowledged};
        copy_tree(under(row->part->template, template), life.directory);
        if (row->part->begin != NULL) {
            row->part->begin(&life);
        }
        fail_arm(row->call, nth, row->is_for_good);
        enum daybook_status status = row->part->live(&life);
        was_met = fail_disarm() > 0;
        if (status != DAYBOOK_OK && (!was_met || life.error.message[0] == '\0')) {
            fail_msg("call %" PRIu64 " fails: %s: %s", nth, daybook_status_name(status), life.error.message);
        }
        row->part->look_after(&life);
        place_remove(life.directory);
        assert_true(nth < FAILING_MOST);
    }
    assert_true(nth > 5);
}

int main(void) {
    static struct rows rows;
    char path[PATH_SIZE];
    strcpy(base, "/dev/shm/daybook-store-XXXXXX");
    if (mkdtemp(base) == NULL) {
        strcpy(base, "/tmp/daybook-store-XXXXXX");
        assert_non_null(mkdtemp(base));
    }
    prepare_journal(under("journal", path));
    prepare_left(under("left", path));
    coming = events_make(LARGE_BATCH + SMALL_FRAMES + 1, COMING);
    assert_int_equal(mkdir(under("names", path), 0700), 0);
    prepare_names(path);
    prepare_store(under("store", path));
    ROWS_ADD_TABLE(&rows, call_rows, each_failure_is_said);
    int failed = rows_run("store_fails", &rows);
    events_release(&coming);
    place_remove(base);
    return failed;
}
