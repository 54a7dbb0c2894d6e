/* Notes and keys by the published vectors (Go's sumdb/note, sum.golang.org, c2sp.org/tlog-cosignature). */
#include <stdio.h>
#include <string.h>

#include "tests/rows.h"

#include "proof/note.h"

#define FOO_KEY  "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define FOO_TEXT "This is an example message.\n"
#define FOO_LINE                                                                                                       \
    "\xE2\x80\x94 example.com/foo "                                                                                    \
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
#define NEUMANN_PRIVATE "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define NEUMANN_TEXT                                                                                                   \
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define NEUMANN_LINE                                                                                                   \
    "\xE2\x80\x94 PeterNeumann "                                                                                       \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define SUM_KEY  "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
#define SUM_TEXT "go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n"
#define SUM_LINE                                                                                                       \
    "\xE2\x80\x94 sum.golang.org "                                                                                     \
    "Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n"
#define WITNESS_TEXT "example.org/log\n10\nHA5HAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define WITNESS_LINE                                                                                                   \
    "\xE2\x80\x94 example.org/witness "                                                                                \
    "ys8uUAAAAAAAAATSftMzceM8zssdZ9jin9SjwIxzx9iADMf63VqirX2hafol9RsqNqbofIz0LVRqHXI2kpEBSki5RTXFtxz1vo9+Cg==\n"

static struct note_key key_of(const char *text) {
    struct note_key key;
    assert_int_equal(note_key_parse(text, strlen(text), &key, NULL), DAYBOOK_OK);
    return key;
}

/* ---- notes that are good ---- */

struct good_row {
    const char *name;
    const char *key;
    const char *note;
};
static const struct good_row good_rows[] = {
    {"Go's example", FOO_KEY, FOO_TEXT "\n" FOO_LINE},
    {"sum.golang.org", SUM_KEY, SUM_TEXT "\n" SUM_LINE},
    {"unknown signatures around it", FOO_KEY, FOO_TEXT "\n" NEUMANN_LINE FOO_LINE WITNESS_LINE},
    {"an unknown algorithm, long", FOO_KEY,
     FOO_TEXT
     "\n\xE2\x80\x94 other "
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" FOO_LINE},
};

static void good_notes_are_verified(void **state) {
    const struct good_row *row = *state;
    static struct note note;
    struct note_verdict verdict;
    struct daybook_error error;
    struct note_key key = key_of(row->key);
    assert_int_equal(note_parse(daybook_bytes_of_text(row->note), &note, &error), DAYBOOK_OK);
    assert_int_equal(note_check(&note, &key, &verdict, &error), DAYBOOK_OK);
    assert_true(verdict.is_signed);
    assert_int_equal(verdict.time_s, 0);
    size_t text_size = (size_t)(strstr(row->note, "\n\n") - row->note) + 1;
    assert_int_equal(note.text.size, text_size);
}

static void every_altered_byte_is_refused(void **state) {
    const struct good_row *row = *state;
    static struct note note;
    static char bytes[2048];
    struct note_key key = key_of(row->key);
    size_t size = strlen(row->note);
    const char *own = strcmp(key.name, "sum.golang.org") == 0 ? SUM_LINE : FOO_LINE;
    size_t text_end = (size_t)(strstr(row->note, "\n\n") - row->note) + 2;
    size_t line_start = (size_t)(strstr(row->note, own) - row->note);
    size_t line_end = line_start + strlen(own);
    for (size_t i = 0; i < size * 8; i++) {
        struct note_verdict verdict = {0};
        memcpy(bytes, row->note, size);
        bytes[i / 8] ^= (char)(1 << (i % 8));
        enum daybook_status status = note_parse((struct daybook_bytes){(uint8_t *)bytes, size}, &note, NULL);
        if (status == DAYBOOK_OK) {
            status = note_check(&note, &key, &verdict, NULL);
        }
        /* Another key's line may change: it was not checked before, and is not now. */
        bool is_foreign = i / 8 >= text_end && (i / 8 < line_start || i / 8 >= line_end);
        assert_true(status == DAYBOOK_DAMAGED || !verdict.is_signed || is_foreign);
    }
}

/* ---- what is no note ---- */

static const struct good_row bad_rows[] = {
    {"empty", "", ""},
    {"text alone", "", FOO_TEXT},
    {"no signature", "", FOO_TEXT "\n"},
    {"no empty line", "", FOO_TEXT FOO_LINE},
    {"cut in its signature", "",
     FOO_TEXT "\n\xE2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"},
    {"a hyphen for the dash", "", FOO_TEXT "\n- example.com/foo Uw2QOkn8\n"},
    {"no name", "", FOO_TEXT "\n\xE2\x80\x94 Uw2QOkn8\n"},
    {"an empty name", "", FOO_TEXT "\n\xE2\x80\x94  Uw2QOkn8\n"},
    {"a plus in the name", "", FOO_TEXT "\n\xE2\x80\x94 a+b Uw2QOkn8\n"},
    {"a wide space in the name", "",
     FOO_TEXT "\n\xE2\x80\x94 a\xE2\x80\x83"
              "b Uw2QOkn8\n"},
    {"no base64", "", FOO_TEXT "\n\xE2\x80\x94 foo Uw2QOkn!\n"},
    {"only an id", "", FOO_TEXT "\n\xE2\x80\x94 foo Uw2QOg==\n"},
    {"a dash alone", "", FOO_TEXT "\n\xE2\x80\x94 \n"},
    {"a control character", "", "This\tis\n\n" FOO_LINE},
    {"no UTF-8", "", "This \xFF is\n\n" FOO_LINE},
};

static void bad_notes_are_refused(void **state) {
    const struct good_row *row = *state;
    static struct note note;
    struct daybook_error error;
    assert_int_equal(note_parse(daybook_bytes_of_text(row->note), &note, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "reading a signed note: "));
}

/* Signatures of other algorithms may be longer than any that is known here, and are base64 to their end. */
static void long_signatures_are_base64_as_a_whole(void **state) {
    (void)state;
    static struct note note;
    static const struct {
        size_t count; /* Of the letter A. */
        const char *end;
        enum daybook_status status;
    } ends[] = {{300, "", DAYBOOK_OK},
                {300, "AAA=", DAYBOOK_OK},
                {508, "AA==", DAYBOOK_OK},
                {300, "!!!!", DAYBOOK_DAMAGED},
                {300, "AAB=", DAYBOOK_DAMAGED},
                {301, "", DAYBOOK_DAMAGED},
                {254, "==AAAA", DAYBOOK_DAMAGED},
                {255, "=AAAA", DAYBOOK_DAMAGED},
                {508, "AA==AAAA", DAYBOOK_DAMAGED},
                {510, "==AAAA", DAYBOOK_DAMAGED}};
    for (size_t i = 0; i < ROW_COUNT(ends); i++) {
        char text[1024] = FOO_TEXT "\n\xE2\x80\x94 other ";
        size_t size = strlen(text);
        memset(text + size, 'A', ends[i].count);
        (void)snprintf(text + size + ends[i].count, sizeof text - size - ends[i].count, "%s\n" FOO_LINE, ends[i].end);
        assert_int_equal(note_parse(daybook_bytes_of_text(text), &note, NULL), ends[i].status);
    }
}

/* Witnesses may sign again, and lines come in any order: the latest instant counts. */
static void the_latest_cosignature_counts(void **state) {
    (void)state;
    static struct note note;
    const uint8_t seed[NOTE_SEED_SIZE] = {3};
    struct note_signer signer;
    struct note_verdict verdict;
    struct daybook_buffer out = {0};
    assert_int_equal(note_signer_of_seed("witness", NOTE_COSIGNATURE, seed, &signer, NULL), DAYBOOK_OK);
    assert_int_equal(daybook_buffer_append(&out, FOO_TEXT "\n", strlen(FOO_TEXT "\n")), DAYBOOK_OK);
    for (uint64_t time_s = 5; time_s > 2; time_s--) {
        assert_int_equal(note_sign_line(daybook_bytes_of_text(FOO_TEXT), &signer, time_s, &out, NULL), DAYBOOK_OK);
    }
    assert_int_equal(note_parse(daybook_buffer_view(&out), &note, NULL), DAYBOOK_OK);
    assert_int_equal(note_check(&note, &signer.key, &verdict, NULL), DAYBOOK_OK);
    assert_true(verdict.is_signed);
    assert_int_equal(verdict.time_s, 5);
    daybook_buffer_release(&out);
}

static void the_last_empty_line_divides(void **state) {
    (void)state;
    static struct note note;
    assert_int_equal(note_parse(daybook_bytes_of_text("one\n\ntwo\n\n" FOO_LINE), &note, NULL), DAYBOOK_OK);
    assert_int_equal(note.text.size, strlen("one\n\ntwo\n"));
}

static void signatures_are_counted(void **state) {
    (void)state;
    static struct note note;
    struct daybook_buffer bytes = {0};
    assert_int_equal(daybook_buffer_append(&bytes, "a\n\n", 3), DAYBOOK_OK);
    for (int i = 0; i <= NOTE_SIGNATURES_MAX; i++) {
        enum daybook_status expected = i == 0 ? DAYBOOK_DAMAGED : DAYBOOK_OK;
        assert_int_equal(note_parse(daybook_buffer_view(&bytes), &note, NULL), expected);
        assert_int_equal(note.signature_count, i);
        assert_int_equal(daybook_buffer_append(&bytes, FOO_LINE, strlen(FOO_LINE)), DAYBOOK_OK);
    }
    assert_int_equal(note_parse(daybook_buffer_view(&bytes), &note, NULL), DAYBOOK_DAMAGED);
    daybook_buffer_release(&bytes);
}

/* N1: one that fails is not made good by another. */
static void a_known_key_that_fails_refuses_the_note(void **state) {
    (void)state;
    static struct note note;
    struct note_verdict verdict;
    struct note_key key = key_of(FOO_KEY);
    const char *other = "Another text.\n\n" FOO_LINE NEUMANN_LINE;
    assert_int_equal(note_parse(daybook_bytes_of_text(other), &note, NULL), DAYBOOK_OK);
    assert_int_equal(note_check(&note, &key, &verdict, NULL), DAYBOOK_DAMAGED);
    /* A plain signature of the right key with the wrong length. */
    const char *cut = FOO_TEXT "\n\xE2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfX\n";
    assert_int_equal(note_parse(daybook_bytes_of_text(cut), &note, NULL), DAYBOOK_OK);
    assert_int_equal(note_check(&note, &key, &verdict, NULL), DAYBOOK_DAMAGED);
}

/* A cosignature begins with its instant: the 64 bytes of a plain one are none. */
static void a_plain_signature_is_no_cosignature(void **state) {
    (void)state;
    static struct note note;
    const uint8_t seed[NOTE_SEED_SIZE] = {3};
    struct note_signer plain;
    struct note_verdict verdict;
    struct daybook_buffer out = {0};
    struct daybook_error error;
    assert_int_equal(note_signer_of_seed("witness", NOTE_ED25519, seed, &plain, NULL), DAYBOOK_OK);
    assert_int_equal(note_sign(daybook_bytes_of_text(FOO_TEXT), &plain, &out, NULL), DAYBOOK_OK);
    assert_int_equal(note_parse(daybook_buffer_view(&out), &note, NULL), DAYBOOK_OK);
    struct note_key cosigning = plain.key;
    cosigning.algorithm = NOTE_COSIGNATURE;
    assert_int_equal(note_check(&note, &cosigning, &verdict, &error), DAYBOOK_DAMAGED);
    assert_int_equal(note_check(&note, &plain.key, &verdict, &error), DAYBOOK_OK);
    assert_true(verdict.is_signed);
    daybook_buffer_release(&out);
}

static void a_note_has_its_bounds(void **state) {
    (void)state;
    static struct note note;
    static char large[NOTE_SIZE_MAX + 2];
    const uint8_t seed[NOTE_SEED_SIZE] = {3};
    struct note_signer signer;
    struct daybook_buffer out = {0};
    struct daybook_error error;
    memset(large, 'a', sizeof large - 1);
    assert_int_equal(note_parse(daybook_bytes_of_text(large), &note, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, "larger than 1 MiB"));
    assert_int_equal(note_signer_of_seed("a", NOTE_ED25519, seed, &signer, NULL), DAYBOOK_OK);
    large[NOTE_SIZE_MAX / 2] = '\n';
    struct daybook_bytes text = {(const uint8_t *)large, NOTE_SIZE_MAX / 2 + 1};
    assert_int_equal(note_sign(text, &signer, &out, &error), DAYBOOK_INVALID);
    assert_int_equal(out.size, 0);
    large[NOTE_SIZE_MAX / 2 - 1] = '\n';
    text.size--;
    assert_int_equal(note_sign(text, &signer, &out, &error), DAYBOOK_OK);
    assert_int_equal(note_parse(daybook_buffer_view(&out), &note, &error), DAYBOOK_OK);
    daybook_buffer_release(&out);
}

/* ---- signing ---- */

static void signing_gives_the_published_line(void **state) {
    (void)state;
    struct note_signer signer;
    struct daybook_buffer out = {0};
    char text[NOTE_KEY_TEXT_MAX];
    assert_int_equal(note_signer_parse(NEUMANN_PRIVATE, strlen(NEUMANN_PRIVATE), &signer, NULL), DAYBOOK_OK);
    assert_int_equal(note_sign(daybook_bytes_of_text(NEUMANN_TEXT), &signer, &out, NULL), DAYBOOK_OK);
    assert_true(daybook_bytes_equal(daybook_buffer_view(&out), daybook_bytes_of_text(NEUMANN_TEXT "\n" NEUMANN_LINE)));
    note_signer_format(&signer, text);
    assert_string_equal(text, NEUMANN_PRIVATE);
    daybook_buffer_release(&out);
}

static void cosigning_gives_the_published_line(void **state) {
    (void)state;
    static struct note note;
    const uint8_t seed[NOTE_SEED_SIZE] = {0x11};
    struct note_signer signer;
    struct note_verdict verdict;
    struct daybook_buffer out = {0};
    assert_int_equal(note_signer_of_seed("example.org/witness", NOTE_COSIGNATURE, seed, &signer, NULL), DAYBOOK_OK);
    assert_int_equal(note_sign_line(daybook_bytes_of_text(WITNESS_TEXT), &signer, 1234, &out, NULL), DAYBOOK_OK);
    assert_true(daybook_bytes_equal(daybook_buffer_view(&out), daybook_bytes_of_text(WITNESS_LINE)));
    assert_int_equal(note_parse(daybook_bytes_of_text(WITNESS_TEXT "\n" WITNESS_LINE), &note, NULL), DAYBOOK_OK);
    assert_int_equal(note_check(&note, &signer.key, &verdict, NULL), DAYBOOK_OK);
    assert_true(verdict.is_signed);
    assert_int_equal(verdict.time_s, 1234);
    daybook_buffer_release(&out);
}

static void texts_that_no_note_can_have_are_not_signed(void **state) {
    (void)state;
    const char *const texts[] = {"", "no newline", "a tab\there\n", "\xFF\n", "a return\r\n"};
    struct note_signer signer;
    struct daybook_buffer out = {0};
    assert_int_equal(note_signer_parse(NEUMANN_PRIVATE, strlen(NEUMANN_PRIVATE), &signer, NULL), DAYBOOK_OK);
    for (size_t i = 0; i < ROW_COUNT(texts); i++) {
        assert_int_equal(note_sign(daybook_bytes_of_text(texts[i]), &signer, &out, NULL), DAYBOOK_INVALID);
        assert_int_equal(out.size, 0);
    }
    daybook_buffer_release(&out);
}

static void new_keys_sign_and_are_read_again(void **state) {
    (void)state;
    static struct note note;
    struct note_signer signer;
    struct note_signer other;
    struct note_signer again;
    struct note_verdict verdict;
    struct daybook_buffer out = {0};
    char text[NOTE_KEY_TEXT_MAX];
    assert_int_equal(note_signer_new("books.example", NOTE_ED25519, &signer, NULL), DAYBOOK_OK);
    assert_int_equal(note_signer_new("books.example", NOTE_ED25519, &other, NULL), DAYBOOK_OK);
    assert_int_not_equal(signer.key.id, other.key.id);
    note_key_format(&signer.key, text);
    struct note_key key = key_of(text);
    note_signer_format(&signer, text);
    assert_int_equal(note_signer_parse(text, strlen(text), &again, NULL), DAYBOOK_OK);
    assert_int_equal(note_sign(daybook_bytes_of_text("hello\n"), &again, &out, NULL), DAYBOOK_OK);
    assert_int_equal(note_parse(daybook_buffer_view(&out), &note, NULL), DAYBOOK_OK);
    assert_int_equal(note_check(&note, &key, &verdict, NULL), DAYBOOK_OK);
    assert_true(verdict.is_signed);
    /* The same name with another id is another key. */
    assert_int_equal(note_check(&note, &other.key, &verdict, NULL), DAYBOOK_OK);
    assert_false(verdict.is_signed);
    note_signer_clear(&signer);
    assert_int_equal(signer.seed[0] | signer.seed[31], 0);
    daybook_buffer_release(&out);
}

/* ---- keys that are none ---- */

static const struct good_row bad_keys[] = {
    {"an empty key", "", NULL},
    {"a name alone", "example.com/foo", NULL},
    {"no name", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", NULL},
    {"a space in the name", "example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", NULL},
    {"another name", "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", NULL},
    {"another id", "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", NULL},
    {"an id in capitals", "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", NULL},
    {"a short id", "example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", NULL},
    {"another key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2l", NULL},
    {"a cut key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv", NULL},
    {"something behind it", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n", NULL},
    {"an unknown algorithm", "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", NULL},
    {"no plus behind the id", "example.com/foo+530d903a-AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", NULL},
    {"no key", "example.com/foo+530d903a", NULL},
    {"another alphabet", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2-", NULL},
    {"32 bytes", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=", NULL},
    {"a private one of no parts", "PRIVATE+KEY+example.com", NULL},
};

static void bad_keys_are_refused(void **state) {
    const struct good_row *row = *state;
    struct note_key key;
    struct note_signer signer;
    struct daybook_error error;
    assert_int_equal(note_key_parse(row->key, strlen(row->key), &key, &error), DAYBOOK_INVALID);
    assert_non_null(strstr(error.message, "reading "));
    assert_int_equal(note_signer_parse(row->key, strlen(row->key), &signer, &error), DAYBOOK_INVALID);
}

static void keys_are_written_as_they_were_read(void **state) {
    (void)state;
    char text[NOTE_KEY_TEXT_MAX];
    struct note_key key = key_of(SUM_KEY);
    note_key_format(&key, text);
    assert_string_equal(text, SUM_KEY);
    assert_string_equal(key.name, "sum.golang.org");
    assert_int_equal(key.id, 0x033de0ae);
    struct note_signer signer;
    assert_int_equal(note_signer_new("a b", NOTE_ED25519, &signer, NULL), DAYBOOK_INVALID);
    assert_int_equal(note_signer_new("", NOTE_ED25519, &signer, NULL), DAYBOOK_INVALID);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, good_rows, good_notes_are_verified);
    ROWS_ADD_TABLE(&rows, good_rows, every_altered_byte_is_refused);
    ROWS_ADD_TABLE(&rows, bad_rows, bad_notes_are_refused);
    ROWS_ADD_TABLE(&rows, bad_keys, bad_keys_are_refused);
    rows_add(&rows, "long signatures", long_signatures_are_base64_as_a_whole, NULL);
    rows_add(&rows, "the latest cosignature", the_latest_cosignature_counts, NULL);
    rows_add(&rows, "the last empty line", the_last_empty_line_divides, NULL);
    rows_add(&rows, "many signatures", signatures_are_counted, NULL);
    rows_add(&rows, "a known key that fails", a_known_key_that_fails_refuses_the_note, NULL);
    rows_add(&rows, "a plain signature is no cosignature", a_plain_signature_is_no_cosignature, NULL);
    rows_add(&rows, "the bounds of a note", a_note_has_its_bounds, NULL);
    rows_add(&rows, "signing", signing_gives_the_published_line, NULL);
    rows_add(&rows, "cosigning", cosigning_gives_the_published_line, NULL);
    rows_add(&rows, "texts that cannot be signed", texts_that_no_note_can_have_are_not_signed, NULL);
    rows_add(&rows, "new keys", new_keys_sign_and_are_read_again, NULL);
    rows_add(&rows, "keys as text", keys_are_written_as_they_were_read, NULL);
    return rows_run("note", &rows);
}
