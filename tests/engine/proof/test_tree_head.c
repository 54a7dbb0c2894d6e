/* Checkpoints: a real one, and what is none. */
#include <string.h>

#include "tests/rows.h"

#include "proof/tree_head.h"

#define SUM_KEY  "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
#define SUM_TEXT "go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n"
#define SUM_LINE                                                                                                       \
    "\xE2\x80\x94 sum.golang.org "                                                                                     \
    "Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n"
#define ROOT "vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ="

static void a_real_checkpoint_is_opened(void **state) {
    (void)state;
    struct note_key key;
    struct tree_head head;
    struct daybook_error error;
    struct daybook_buffer out = {0};
    struct daybook_bytes bytes = daybook_bytes_of_text(SUM_TEXT "\n" SUM_LINE);
    assert_int_equal(note_key_parse(SUM_KEY, strlen(SUM_KEY), &key, NULL), DAYBOOK_OK);
    assert_int_equal(tree_head_open(bytes, &key, "go.sum database tree", NULL, &head, &error), DAYBOOK_OK);
    assert_string_equal(head.origin, "go.sum database tree");
    assert_int_equal(head.tree.size, 35225469);
    assert_int_equal(tree_head_format(&head, &out), DAYBOOK_OK);
    assert_true(daybook_bytes_equal(daybook_buffer_view(&out), daybook_bytes_of_text(SUM_TEXT)));
    daybook_buffer_release(&out);
    /* Its key's name is not its origin. */
    assert_int_equal(tree_head_open(bytes, &key, NULL, NULL, &head, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "it is of the log go.sum database tree, not of sum.golang.org"));
    /* Another key. */
    const char *foo = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    assert_int_equal(note_key_parse(foo, strlen(foo), &key, NULL), DAYBOOK_OK);
    assert_int_equal(tree_head_open(bytes, &key, "go.sum database tree", NULL, &head, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "foreign"));
}

struct text_row {
    const char *name;
    const char *text;
    bool is_good;
};
static const struct text_row text_rows[] = {
    {"three lines", "a\n10\n" ROOT "\n", true},
    {"an empty log", "a\n0\n" ROOT "\n", true},
    {"lines of others", "a\n10\n" ROOT "\nmore\nand more\n", true},
    {"nothing", "", false},
    {"an empty origin", "\n10\n" ROOT "\n", false},
    {"no size", "a\n", false},
    {"a leading zero", "a\n010\n" ROOT "\n", false},
    {"a sign", "a\n+10\n" ROOT "\n", false},
    {"hexadecimal", "a\n0x10\n" ROOT "\n", false},
    {"an empty size", "a\n\n" ROOT "\n", false},
    {"past 63 bits", "a\n9223372036854775808\n" ROOT "\n", false},
    {"past 64 bits", "a\n18446744073709551617\n" ROOT "\n", false},
    {"no root", "a\n10\n", false},
    {"a short root", "a\n10\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3e\n", false},
    {"a long root", "a\n10\n" ROOT "AAAA\n", false},
    {"a root of another alphabet", "a\n10\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3-JCQ=\n", false},
    {"no last newline", "a\n10\n" ROOT, false},
    {"an empty line", "a\n10\n" ROOT "\n\n", false},
    {"a letter in the size", "a\n1x\n" ROOT "\n", false},
    {"a root of 33 bytes", "a\n10\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3IJCQA\n", false},
    {"lines of others, cut", "a\n10\n" ROOT "\nmore", false},
};

static void texts_are_read_strictly(void **state) {
    const struct text_row *row = *state;
    struct tree_head head;
    struct daybook_error error;
    enum daybook_status status = tree_head_parse(daybook_bytes_of_text(row->text), &head, &error);
    assert_int_equal(status, row->is_good ? DAYBOOK_OK : DAYBOOK_DAMAGED);
}

static void a_name_of_any_other_form_is_none(void **state) {
    (void)state;
    static struct tree_head head;
    char text[NOTE_NAME_MAX + 128];
    struct daybook_error error;
    memset(text, 'n', NOTE_NAME_MAX + 1);
    strcpy(text + NOTE_NAME_MAX + 1, "\n10\n" ROOT "\n");
    assert_int_equal(tree_head_parse(daybook_bytes_of_text(text), &head, &error), DAYBOOK_DAMAGED);
    assert_string_equal(error.message, "reading a checkpoint: its first line names no log");
    assert_int_equal(tree_head_parse(daybook_bytes_of_text(text + 1), &head, &error), DAYBOOK_OK);
    assert_int_equal(strlen(head.origin), NOTE_NAME_MAX);
    struct daybook_bytes with_nul = {(const uint8_t *)"a\0b\n10\n" ROOT "\n", strlen("a.b\n10\n" ROOT "\n")};
    assert_int_equal(tree_head_parse(with_nul, &head, &error), DAYBOOK_DAMAGED);
    assert_string_equal(error.message, "reading a checkpoint: its first line names no log");
}

/* Rightly signed, and no checkpoint. */
static void a_signed_note_of_something_else_is_no_checkpoint(void **state) {
    (void)state;
    static struct tree_head head;
    const uint8_t seed[NOTE_SEED_SIZE] = {7};
    struct note_signer signer;
    struct daybook_buffer out = {0};
    struct daybook_error error;
    assert_int_equal(note_signer_of_seed("a", NOTE_ED25519, seed, &signer, &error), DAYBOOK_OK);
    assert_int_equal(note_sign(daybook_bytes_of_text("a\nten\n"), &signer, &out, &error), DAYBOOK_OK);
    assert_int_equal(tree_head_open(daybook_buffer_view(&out), &signer.key, NULL, NULL, &head, &error),
                     DAYBOOK_DAMAGED);
    assert_string_equal(error.message, "reading a checkpoint of a: its second line is no size");
    daybook_buffer_release(&out);
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "sum.golang.org", a_real_checkpoint_is_opened, NULL);
    ROWS_ADD_TABLE(&rows, text_rows, texts_are_read_strictly);
    rows_add(&rows, "names", a_name_of_any_other_form_is_none, NULL);
    rows_add(&rows, "another note", a_signed_note_of_something_else_is_no_checkpoint, NULL);
    return rows_run("tree_head", &rows);
}
