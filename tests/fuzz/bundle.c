/*
 * Bytes as an audit bundle. The first byte says how the others are read:
 *
 *   0  as the file itself
 *   1  as files (number, length of two bytes, content) that take the place of good ones, or come on top of them; the
 *      MANIFEST names what is there and is signed: a ledger that lies about itself. What is good holds every event
 *   2  as the text of a MANIFEST, signed, before good files
 *   3  as edits (place of three bytes, value) of a good archive
 */
#include "tests/fuzz/fuzz.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>

#include "codec/wire.h"
#include "daybook/v1/event.pb-c.h"
#include "proof/proof_file.h"
#include "tests/fuzz/small_log.h"
#include "tools/json_message.h"

enum { EVENTS = 5, OLDER = 2, SAMPLE = 3, FILE_COUNT = 11, GOOD_COUNT = 8 };

/* Those past GOOD_COUNT are there only when an input has them. */
static const char *const paths[FILE_COUNT] = {
    "events.pb",
    "events.jsonl",
    "checkpoint",
    "edge",
    "certificate",
    "checkpoints/00000000000000000002",
    "proofs/00000000000000000002.consistency",
    "proofs/00000000000000000004.tlog-proof",
    "checkpoints/00000000000000000003",
    "proofs/00000000000000000001.tlog-proof",
    "README.txt",
};
static struct small_log events_log;
static struct daybook_buffer good[FILE_COUNT];
static struct daybook_buffer good_archive;

static void append(struct daybook_buffer *buffer, const void *data, size_t size) {
    FUZZ_CHECK(daybook_buffer_append(buffer, data, size) == DAYBOOK_OK);
}

static void append_text(struct daybook_buffer *buffer, const char *text) {
    append(buffer, text, strlen(text));
}

/* ---- the good one ---- */

static enum daybook_status leaf_node(void *context, unsigned level, uint64_t index, struct merkle_hash *hash,
                                     struct daybook_error *error) {
    (void)error;
    struct sha256 *sha256 = context;
    if (level == 0) {
        merkle_leaf(sha256, daybook_buffer_view(&events_log.events[index]), hash);
        return DAYBOOK_OK;
    }
    struct merkle_hash left;
    struct merkle_hash right;
    (void)leaf_node(context, level - 1, 2 * index, &left, NULL);
    (void)leaf_node(context, level - 1, 2 * index + 1, &right, NULL);
    merkle_node(sha256, &left, &right, hash);
    return DAYBOOK_OK;
}

static void make_proofs(void) {
    struct sha256 *sha256 = sha256_open();
    const struct merkle_source source = {leaf_node, sha256};
    struct proof_file consistency = {.kind = PROOF_FILE_CONSISTENCY, .number = OLDER};
    struct proof_file inclusion = {.kind = PROOF_FILE_INCLUSION, .number = SAMPLE};
    struct proof_file edge = {.kind = PROOF_FILE_CONSISTENCY};
    FUZZ_CHECK(sha256 != NULL);
    FUZZ_CHECK(merkle_prove_consistency(&source, sha256, OLDER, EVENTS, &consistency.proof, NULL) == DAYBOOK_OK);
    FUZZ_CHECK(merkle_prove_inclusion(&source, sha256, SAMPLE, EVENTS, &inclusion.proof, NULL) == DAYBOOK_OK);
    consistency.checkpoint = inclusion.checkpoint = edge.checkpoint = daybook_buffer_view(&good[2]);
    FUZZ_CHECK(proof_file_format(&edge, &good[3]) == DAYBOOK_OK);
    FUZZ_CHECK(proof_file_format(&consistency, &good[6]) == DAYBOOK_OK);
    FUZZ_CHECK(proof_file_format(&inclusion, &good[7]) == DAYBOOK_OK);
    sha256_close(sha256);
}

static void make_certificate(const struct merkle_hash *root) {
    struct daybook_buffer text = {0};
    char lines[64];
    (void)snprintf(lines, sizeof lines, "replay\nevents: 1 to %d\nroot: ", EVENTS);
    append_text(&text, lines);
    FUZZ_CHECK(merkle_hash_format(root, &text) == DAYBOOK_OK);
    FUZZ_CHECK(text.data[text.size - 1] == '\n');
    FUZZ_CHECK(small_log_sign(&events_log, daybook_buffer_view(&text), &good[4]));
    daybook_buffer_release(&text);
}

static void make_events(void) {
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < EVENTS; i++) {
        struct daybook_bytes bytes = daybook_buffer_view(&events_log.events[i]);
        const uint8_t head[] = {0x0A, (uint8_t)bytes.size};
        ProtobufCMessage *event = NULL;
        FUZZ_CHECK(bytes.size < 128);
        append(&good[0], head, sizeof head);
        append(&good[0], bytes.data, bytes.size);
        FUZZ_CHECK(wire_decode(&pb__event__descriptor, bytes, &arena, &event, NULL) == DAYBOOK_OK);
        FUZZ_CHECK(json_write_message(event, &good[1]) == DAYBOOK_OK);
        append_text(&good[1], "\n");
    }
    arena_release(&arena);
}

/* ---- archives ---- */

static void manifest_text(const struct daybook_buffer *files, size_t count, struct daybook_buffer *text) {
    struct sha256 *sha256 = sha256_open();
    char line[512];
    FUZZ_CHECK(sha256 != NULL);
    (void)snprintf(line, sizeof line, "daybook audit bundle\nlog: %s\nevents: 1 to %d\n", events_log.signer.key.name,
                   EVENTS);
    append_text(text, line);
    for (size_t i = 0; i < count; i++) {
        uint8_t digest[SHA256_SIZE];
        sha256_begin(sha256);
        sha256_update(sha256, files[i].data, files[i].size);
        sha256_end(sha256, digest);
        append_text(text, "file: ");
        for (size_t k = 0; k < SHA256_SIZE; k++) {
            (void)snprintf(line, sizeof line, "%02x", digest[k]);
            append_text(text, line);
        }
        (void)snprintf(line, sizeof line, " %zu %s\n", files[i].size, paths[i]);
        append_text(text, line);
    }
    sha256_close(sha256);
}

static la_ssize_t write_part(struct archive *archive, void *context, const void *data, size_t size) {
    (void)archive;
    append(context, data, size);
    return (la_ssize_t)size;
}

static void add_file(struct archive *archive, const char *path, struct daybook_bytes content) {
    struct archive_entry *entry = archive_entry_new();
    FUZZ_CHECK(entry != NULL);
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)content.size);
    FUZZ_CHECK(archive_write_header(archive, entry) == ARCHIVE_OK);
    FUZZ_CHECK(archive_write_data(archive, content.data, content.size) == (la_ssize_t)content.size);
    archive_entry_free(entry);
}

/* A tar file, not compressed: a fuzzer sees through it. False: no MANIFEST can have this text. */
static bool pack(struct daybook_bytes text, const struct daybook_buffer *files, size_t count,
                 struct daybook_buffer *out) {
    struct daybook_buffer manifest = {0};
    bool is_signed = small_log_sign(&events_log, text, &manifest);
    struct archive *archive = archive_write_new();
    FUZZ_CHECK(archive != NULL && archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK);
    FUZZ_CHECK(archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK);
    FUZZ_CHECK(archive_write_open(archive, out, NULL, write_part, NULL) == ARCHIVE_OK);
    add_file(archive, "MANIFEST", daybook_buffer_view(&manifest));
    for (size_t i = 0; i < count; i++) {
        add_file(archive, paths[i], daybook_buffer_view(&files[i]));
    }
    FUZZ_CHECK(archive_write_close(archive) == ARCHIVE_OK);
    (void)archive_write_free(archive);
    daybook_buffer_release(&manifest);
    return is_signed;
}

static enum daybook_status check(struct daybook_bytes bytes) {
    struct daybook_error error = {0};
    const char *path = fuzz_file(bytes.data, bytes.size);
    FUZZ_CHECK(path != NULL);
    enum daybook_status status = verify_bundle(&events_log.trust, path, &error);
    FUZZ_CHECK(status == DAYBOOK_OK || (status == DAYBOOK_DAMAGED && error.message[0] != '\0'));
    return status;
}

static void make_good(void) {
    struct daybook_buffer text = {0};
    small_log_make(&events_log, EVENTS);
    struct merkle_hash root = small_log_root(&events_log, EVENTS);
    struct merkle_hash old_root = small_log_root(&events_log, OLDER);
    make_events();
    small_log_checkpoint(&events_log, EVENTS, &root, &good[2]);
    small_log_checkpoint(&events_log, OLDER, &old_root, &good[5]);
    make_proofs();
    make_certificate(&root);
    manifest_text(good, GOOD_COUNT, &text);
    FUZZ_CHECK(pack(daybook_buffer_view(&text), good, GOOD_COUNT, &good_archive));
    FUZZ_CHECK(check(daybook_buffer_view(&good_archive)) == DAYBOOK_OK);
    daybook_buffer_release(&text);
}

/* ---- inputs ---- */

static void check_holds_events(struct daybook_bytes bytes) {
    const uint8_t *at = bytes.data;
    const uint8_t *end = bytes.data + bytes.size;
    for (size_t i = 0; i < EVENTS; i++) {
        const struct daybook_buffer *event = &events_log.events[i];
        const uint8_t *found = memmem(at, (size_t)(end - at), event->data, event->size);
        FUZZ_CHECK(found != NULL);
        at = found + event->size;
    }
}

static void as_files(const uint8_t *data, size_t size) {
    static struct daybook_buffer files[FILE_COUNT];
    struct daybook_buffer text = {0};
    struct daybook_buffer archive = {0};
    size_t count = GOOD_COUNT;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        daybook_buffer_reset(&files[i]);
        append(&files[i], good[i].data, good[i].size);
    }
    while (size >= 3) {
        size_t number = data[0] % FILE_COUNT;
        size_t length = (size_t)data[1] << 8 | data[2];
        length = length < size - 3 ? length : size - 3;
        daybook_buffer_reset(&files[number]);
        append(&files[number], data + 3, length);
        count = number < count ? count : number + 1;
        data += 3 + length;
        size -= 3 + length;
    }
    manifest_text(files, count, &text);
    FUZZ_CHECK(pack(daybook_buffer_view(&text), files, count, &archive));
    if (check(daybook_buffer_view(&archive)) == DAYBOOK_OK) {
        check_holds_events(daybook_buffer_view(&files[0]));
        FUZZ_CHECK(files[1].size == good[1].size && memcmp(files[1].data, good[1].data, good[1].size) == 0);
    }
    daybook_buffer_release(&text);
    daybook_buffer_release(&archive);
}

static void as_manifest(const uint8_t *data, size_t size) {
    struct daybook_buffer archive = {0};
    if (pack((struct daybook_bytes){data, size}, good, GOOD_COUNT, &archive)) {
        (void)check(daybook_buffer_view(&archive));
    }
    daybook_buffer_release(&archive);
}

static void as_edits(const uint8_t *data, size_t size) {
    struct daybook_buffer archive = {0};
    append(&archive, good_archive.data, good_archive.size);
    for (; size >= 4; data += 4, size -= 4) {
        size_t place = (size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2];
        archive.data[place % archive.size] = data[3];
    }
    (void)check(daybook_buffer_view(&archive));
    daybook_buffer_release(&archive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (events_log.count == 0) {
        FUZZ_CHECK(freopen("/dev/null", "w", stdout) != NULL);
        make_good();
    }
    if (size == 0) {
        return 0;
    }
    switch (data[0] % 4) {
    case 0:
        (void)check((struct daybook_bytes){data + 1, size - 1});
        break;
    case 1:
        as_files(data + 1, size - 1);
        break;
    case 2:
        as_manifest(data + 1, size - 1);
        break;
    default:
        as_edits(data + 1, size - 1);
    }
    return 0;
}
