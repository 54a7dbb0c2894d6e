/* Proof files: written as the formats say, read back, and refused when cut. */
#include <stdio.h>
#include <string.h>

#include "tests/rows.h"

#include "proof/proof_file.h"

#define HASH_1     "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"
#define HASH_2     "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=\n"
#define CHECKPOINT "any\nbytes\n\nat all"

struct file_row {
    const char *name;
    const char *text;
    enum proof_file_kind kind;
    uint64_t number;
    size_t count;
};
static const struct file_row good_rows[] = {
    {"inclusion", "c2sp.org/tlog-proof@v1\nindex 5\n" HASH_1 HASH_2 "\n" CHECKPOINT, PROOF_FILE_INCLUSION, 5, 2},
    {"inclusion in a log of one", "c2sp.org/tlog-proof@v1\nindex 0\n\n" CHECKPOINT, PROOF_FILE_INCLUSION, 0, 0},
    {"consistency", "old 6\n" HASH_1 "\n" CHECKPOINT, PROOF_FILE_CONSISTENCY, 6, 1},
    {"consistency of one size", "old 0\n\n" CHECKPOINT, PROOF_FILE_CONSISTENCY, 0, 0},
};

static void files_are_read_and_written(void **state) {
    const struct file_row *row = *state;
    struct proof_file file;
    struct daybook_buffer out = {0};
    assert_int_equal(proof_file_parse(daybook_bytes_of_text(row->text), &file, NULL), DAYBOOK_OK);
    assert_int_equal(file.kind, row->kind);
    assert_int_equal(file.number, row->number);
    assert_int_equal(file.proof.count, row->count);
    assert_true(daybook_bytes_equal(file.checkpoint, daybook_bytes_of_text(CHECKPOINT)));
    assert_int_equal(proof_file_format(&file, &out), DAYBOOK_OK);
    assert_true(daybook_bytes_equal(daybook_buffer_view(&out), daybook_bytes_of_text(row->text)));
    daybook_buffer_release(&out);
}

/* Cut before the empty line is through, it is refused; the rest is the checkpoint's to check. */
static void cut_files_are_refused(void **state) {
    const struct file_row *row = *state;
    size_t end = strlen(row->text) - strlen(CHECKPOINT);
    for (size_t size = 0; size < end; size++) {
        struct proof_file file;
        struct daybook_error error;
        struct daybook_bytes cut = {(const uint8_t *)row->text, size};
        assert_int_equal(proof_file_parse(cut, &file, &error), DAYBOOK_DAMAGED);
        assert_non_null(strstr(error.message, "reading a proof: "));
    }
}

static const struct file_row bad_rows[] = {
    {"another version", "c2sp.org/tlog-proof@v2\nindex 5\n\n" CHECKPOINT, PROOF_FILE_INCLUSION, 0, 0},
    {"no index", "c2sp.org/tlog-proof@v1\n\n" CHECKPOINT, PROOF_FILE_INCLUSION, 0, 0},
    {"a leading zero", "c2sp.org/tlog-proof@v1\nindex 05\n\n" CHECKPOINT, PROOF_FILE_INCLUSION, 0, 0},
    {"a negative index", "c2sp.org/tlog-proof@v1\nindex -5\n\n" CHECKPOINT, PROOF_FILE_INCLUSION, 0, 0},
    {"a short hash", "old 6\nvBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZ\n\n" CHECKPOINT, PROOF_FILE_INCLUSION, 0, 0},
    {"carriage returns", "old 6\r\n\r\n" CHECKPOINT, PROOF_FILE_INCLUSION, 0, 0},
};

static void bad_files_are_refused(void **state) {
    const struct file_row *row = *state;
    struct proof_file file;
    assert_int_equal(proof_file_parse(daybook_bytes_of_text(row->text), &file, NULL), DAYBOOK_DAMAGED);
}

static void hashes_are_counted(void **state) {
    (void)state;
    struct proof_file file;
    struct daybook_buffer text = {0};
    assert_int_equal(daybook_buffer_append(&text, "old 6\n", 6), DAYBOOK_OK);
    for (int i = 0; i <= MERKLE_PROOF_MAX; i++) {
        assert_int_equal(daybook_buffer_append(&text, HASH_1, strlen(HASH_1)), DAYBOOK_OK);
    }
    assert_int_equal(daybook_buffer_append(&text, "\n", 1), DAYBOOK_OK);
    assert_int_equal(proof_file_parse(daybook_buffer_view(&text), &file, NULL), DAYBOOK_DAMAGED);
    daybook_buffer_release(&text);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, good_rows, files_are_read_and_written);
    ROWS_ADD_TABLE(&rows, good_rows, cut_files_are_refused);
    ROWS_ADD_TABLE(&rows, bad_rows, bad_files_are_refused);
    rows_add(&rows, "too many hashes", hashes_are_counted, NULL);
    return rows_run("proof_file", &rows);
}
