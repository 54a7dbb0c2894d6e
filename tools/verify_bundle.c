/*
 * Checking an audit bundle (tools/bundle.h): every file by its digest in the signed MANIFEST, every event by hashing it
 * up to the signed root, every older checkpoint on the way or by its proof.
 */
#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof/proof_file.h"
#include "tools/text.h"
#include "tools/verify.h"
#include "tools/verify_events.h"

enum { PATH_SIZE = 128, FILES_MAX = 4096, CHUNK_BYTES = 1 << 16 };

/* A file as MANIFEST names it, and as it was found. */
struct listed {
    char path[PATH_SIZE];
    uint64_t size;
    uint8_t sha256[SHA256_SIZE];
    bool is_found;
    struct daybook_buffer content; /* Of the small ones that are looked into. */
};

struct bundle_check {
    const struct verify_trust *trust;
    const char *path;
    struct archive *archive;
    struct sha256 *sha256;
    struct daybook_buffer manifest;
    struct listed *files;
    size_t file_count;
    uint64_t from;
    uint64_t to;
    struct tree_head head;
    struct verify_events events;
    uint8_t chunk[CHUNK_BYTES];
};

static enum daybook_status archive_failed(struct bundle_check *check, struct daybook_error *error) {
    const char *why = archive_error_string(check->archive);
    return daybook_fail(error, DAYBOOK_DAMAGED, _("%s cannot be unpacked: %s"), check->path,
                        why != NULL ? why : "it is no tar file, or was cut");
}

/* ---- the manifest ---- */

static bool take_hex(const char *text, uint8_t digest[SHA256_SIZE]) {
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        unsigned value;
        if (strspn(text + 2 * i, "0123456789abcdef") < 2 || sscanf(text + 2 * i, "%2x", &value) != 1) {
            return false;
        }
        digest[i] = (uint8_t)value;
    }
    return true;
}

/* "file: SHA-256 SIZE PATH" */
static bool take_file(struct bundle_check *check, char *line) {
    const size_t hex_at = strlen("file: ");
    struct listed *file = &check->files[check->file_count];
    if (check->file_count == FILES_MAX || strlen(line) < hex_at + 2 * SHA256_SIZE + 4 ||
        !take_hex(line + hex_at, file->sha256) || line[hex_at + 2 * SHA256_SIZE] != ' ') {
        return false;
    }
    char *size = line + hex_at + 2 * SHA256_SIZE + 1;
    char *space = strchr(size, ' ');
    if (space == NULL || !tree_size_parse(size, (size_t)(space - size), &file->size) ||
        strlen(space + 1) >= sizeof file->path || space[1] == '/' || strstr(space + 1, "..") != NULL) {
        return false;
    }
    (void)snprintf(file->path, sizeof file->path, "%s", space + 1);
    check->file_count++;
    return true;
}

/* "events: FROM to TO" */
static bool take_range(struct bundle_check *check, const char *line) {
    const size_t from_at = strlen("events: ");
    const char *between = strstr(line, " to ");
    return strncmp(line, "events: ", from_at) == 0 && between != NULL &&
           tree_size_parse(line + from_at, (size_t)(between - line) - from_at, &check->from) &&
           tree_size_parse(between + 4, strlen(between + 4), &check->to);
}

static bool take_line(struct bundle_check *check, char *line, unsigned number) {
    switch (number) {
    case 0:
        return strcmp(line, "daybook audit bundle") == 0;
    case 1:
        return strncmp(line, "log: ", 5) == 0 && strcmp(line + 5, check->trust->log.name) == 0;
    case 2:
        return take_range(check, line) && check->from > 0 && check->from <= check->to;
    default:
        return strncmp(line, "file: ", 6) == 0 && take_file(check, line);
    }
}

static enum daybook_status read_manifest(struct bundle_check *check, struct daybook_error *error) {
    struct note note;
    struct note_verdict verdict;
    DAYBOOK_TRY(note_parse(daybook_buffer_view(&check->manifest), &note, error));
    DAYBOOK_TRY(note_check(&note, &check->trust->log, &verdict, error));
    if (!verdict.is_signed) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("MANIFEST is foreign: it is not signed by %s (key %08x)"),
                            check->trust->log.name, check->trust->log.id);
    }
    char *text = (char *)check->manifest.data;
    char *end = text + note.text.size;
    for (unsigned number = 0; text < end; number++) {
        char *newline = memchr(text, '\n', (size_t)(end - text));
        *newline = '\0'; /* A note's text ends in one. */
        if (!take_line(check, text, number)) {
            return daybook_fail(error, DAYBOOK_DAMAGED, _("MANIFEST, line %u: it is not understood"), number + 1);
        }
        text = newline + 1;
    }
    return DAYBOOK_OK;
}

/* ---- files ---- */

static struct listed *find_file(struct bundle_check *check, const char *path) {
    for (size_t i = 0; i < check->file_count; i++) {
        if (strcmp(check->files[i].path, path) == 0) {
            return &check->files[i];
        }
    }
    return NULL;
}

static bool is_looked_into(const char *path) {
    return strcmp(path, "checkpoint") == 0 || strcmp(path, "edge") == 0 || strcmp(path, "certificate") == 0 ||
           strncmp(path, "checkpoints/", 12) == 0 || strncmp(path, "proofs/", 7) == 0;
}

static enum daybook_status take_chunk(struct bundle_check *check, struct listed *file, size_t size,
                                      struct daybook_error *error) {
    if (strcmp(file->path, "events.pb") == 0) {
        return verify_events_add(&check->events, (struct daybook_bytes){check->chunk, size}, error);
    }
    if (!is_looked_into(file->path)) {
        return DAYBOOK_OK;
    }
    if (file->content.size + size > VERIFY_FILE_MAX) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("%s is too large for what it should be"), file->path);
    }
    return daybook_buffer_append(&file->content, check->chunk, size) == DAYBOOK_OK
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_NO_MEMORY, _("reading %s: memory was refused"), file->path);
}

static enum daybook_status read_file(struct bundle_check *check, struct listed *file, struct daybook_error *error) {
    uint8_t digest[SHA256_SIZE];
    uint64_t total = 0;
    sha256_begin(check->sha256);
    for (;;) {
        la_ssize_t size = archive_read_data(check->archive, check->chunk, sizeof check->chunk);
        if (size < 0) {
            return archive_failed(check, error);
        }
        if (size == 0) {
            break;
        }
        total += (uint64_t)size;
        if (total > file->size) {
            break; /* Now, and not after all that a bomb holds. */
        }
        sha256_update(check->sha256, check->chunk, (size_t)size);
        DAYBOOK_TRY(take_chunk(check, file, (size_t)size, error));
    }
    sha256_end(check->sha256, digest);
    if (total != file->size || memcmp(digest, file->sha256, SHA256_SIZE) != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("%s is not the file that MANIFEST names: it was altered or cut"),
                            file->path);
    }
    file->is_found = true;
    return DAYBOOK_OK;
}

/* The first file: nothing is believed before it. */
static enum daybook_status open_manifest(struct bundle_check *check, struct archive_entry *entry,
                                         struct daybook_error *error) {
    const char *path = archive_entry_pathname(entry);
    if (path == NULL || strcmp(path, "MANIFEST") != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("%s does not begin with its MANIFEST: it is no bundle"),
                            check->path);
    }
    for (;;) {
        la_ssize_t size = archive_read_data(check->archive, check->chunk, sizeof check->chunk);
        if (size < 0) {
            return archive_failed(check, error);
        }
        if (size == 0) {
            return read_manifest(check, error);
        }
        if (check->manifest.size + (size_t)size > NOTE_SIZE_MAX ||
            daybook_buffer_append(&check->manifest, check->chunk, (size_t)size) != DAYBOOK_OK) {
            return daybook_fail(error, DAYBOOK_DAMAGED, _("MANIFEST is larger than a note can be"));
        }
    }
}

static enum daybook_status read_entry(struct bundle_check *check, struct archive_entry *entry,
                                      struct daybook_error *error) {
    const char *path = archive_entry_pathname(entry);
    bool is_plain = archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == NULL;
    struct listed *file = path == NULL || !is_plain ? NULL : find_file(check, path);
    if (file == NULL || file->is_found) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            _("%.128s is there and not in MANIFEST, or twice, or no plain file"),
                            path == NULL ? "(no name)" : path);
    }
    return read_file(check, file, error);
}

static const char *const needed[] = {"checkpoint", "edge", "certificate", "events.pb", "events.jsonl"};

static enum daybook_status read_files(struct bundle_check *check, struct daybook_error *error) {
    struct archive_entry *entry = NULL;
    int result = archive_read_next_header(check->archive, &entry);
    if (result != ARCHIVE_OK) {
        return archive_failed(check, error);
    }
    DAYBOOK_TRY(open_manifest(check, entry, error));
    for (result = archive_read_next_header(check->archive, &entry); result == ARCHIVE_OK;
         result = archive_read_next_header(check->archive, &entry)) {
        DAYBOOK_TRY(read_entry(check, entry, error));
    }
    if (result != ARCHIVE_EOF) {
        return archive_failed(check, error);
    }
    for (size_t i = 0; i < check->file_count; i++) {
        if (!check->files[i].is_found) {
            return daybook_fail(error, DAYBOOK_DAMAGED, _("%s is named by MANIFEST and missing"), check->files[i].path);
        }
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (find_file(check, needed[i]) == NULL) {
            return daybook_fail(error, DAYBOOK_DAMAGED, _("the bundle has no %s"), needed[i]);
        }
    }
    return DAYBOOK_OK;
}

/* ---- what the files say ---- */

/* What of the events came later in the file than the events themselves is checked now: from leaves that were kept. */
static enum daybook_status check_root(struct bundle_check *check, struct daybook_error *error) {
    struct proof_file edge;
    struct merkle_hash root;
    DAYBOOK_TRY(verify_checkpoint(check->trust, daybook_buffer_view(&find_file(check, "checkpoint")->content),
                                  &check->head, error));
    DAYBOOK_TRY(proof_file_parse(daybook_buffer_view(&find_file(check, "edge")->content), &edge, error));
    if (edge.kind != PROOF_FILE_CONSISTENCY || edge.number != check->from - 1 || check->head.tree.size != check->to) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("the edge, the checkpoint and MANIFEST are of different ranges"));
    }
    DAYBOOK_TRY(verify_events_end(&check->events, &edge.proof, check->from, check->to, &root, error));
    if (!merkle_hash_equal(&root, &check->head.tree.root)) {
        return daybook_fail(
            error, DAYBOOK_DAMAGED,
            _("events %" PRIu64 " to %" PRIu64 " do not lead to the root of the checkpoint: some were altered"),
            check->from, check->to);
    }
    if (memcmp(check->events.json_sha256, find_file(check, "events.jsonl")->sha256, SHA256_SIZE) != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("events.jsonl does not say what events.pb says"));
    }
    return DAYBOOK_OK;
}

/* A proof is handed on alone, too: what it ends with has to be the checkpoint of the bundle, and signed. */
static enum daybook_status check_ending(const struct bundle_check *check, const struct proof_file *proof,
                                        struct daybook_error *error) {
    struct tree_head head;
    DAYBOOK_TRY(tree_head_open(proof->checkpoint, &check->trust->log, check->trust->origin, NULL, &head, error));
    if (head.tree.size != check->head.tree.size || !merkle_hash_equal(&head.tree.root, &check->head.tree.root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "%s", _("it does not end with the checkpoint of the bundle"));
    }
    return DAYBOOK_OK;
}

/* An older checkpoint, and the proof that it continues into the one of the bundle. */
static enum daybook_status check_older(struct bundle_check *check, const struct listed *file, uint64_t *count,
                                       struct daybook_error *error) {
    struct tree_head old;
    struct proof_file proof;
    char path[PATH_SIZE];
    DAYBOOK_TRY(tree_head_open(daybook_buffer_view(&file->content), &check->trust->log, check->trust->origin, NULL,
                               &old, error));
    (*count)++;
    (void)snprintf(path, sizeof path, "checkpoints/%020" PRIu64, old.tree.size);
    if (strcmp(path, file->path) != 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("it is of %" PRIu64 " events"), old.tree.size);
    }
    if (old.tree.size == 0) {
        return DAYBOOK_OK;
    }
    (void)snprintf(path, sizeof path, "proofs/%020" PRIu64 ".consistency", old.tree.size);
    const struct listed *found = find_file(check, path);
    if (found == NULL) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("there is no %s"), path);
    }
    DAYBOOK_TRY(proof_file_parse(daybook_buffer_view(&found->content), &proof, error));
    if (proof.kind != PROOF_FILE_CONSISTENCY || proof.number != old.tree.size) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("%s is no proof from %" PRIu64 " events"), path, old.tree.size);
    }
    DAYBOOK_TRY(check_ending(check, &proof, error));
    return merkle_check_consistency(check->sha256, &old.tree, &check->head.tree, &proof.proof, error);
}

static enum daybook_status check_sample(struct bundle_check *check, const struct listed *file,
                                        struct daybook_error *error) {
    struct proof_file proof;
    struct merkle_hash leaf;
    DAYBOOK_TRY(proof_file_parse(daybook_buffer_view(&file->content), &proof, error));
    if (proof.kind != PROOF_FILE_INCLUSION || !verify_events_leaf(&check->events, check->from, proof.number, &leaf)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("it is no proof of an event of the bundle"));
    }
    DAYBOOK_TRY(check_ending(check, &proof, error));
    return merkle_check_inclusion(check->sha256, proof.number, check->head.tree.size, &leaf, &proof.proof,
                                  &check->head.tree.root, error);
}

/* What it says it replayed: "events: 1 to N" and "root: BASE64", one line after the other. */
static bool read_certified(struct daybook_bytes text, struct merkle_size *tree) {
    static const char mark[] = "\nevents: 1 to ";
    static const char root[] = "\nroot: ";
    const char *found = memmem(text.data, text.size, mark, sizeof mark - 1);
    if (found == NULL) {
        return false;
    }
    const char *end = (const char *)text.data + text.size;
    const char *size = found + sizeof mark - 1;
    const char *newline = memchr(size, '\n', (size_t)(end - size));
    return newline != NULL && tree_size_parse(size, (size_t)(newline - size), &tree->size) &&
           (size_t)(end - newline) > sizeof root - 1 + 44 && memcmp(newline, root, sizeof root - 1) == 0 &&
           merkle_hash_parse(newline + sizeof root - 1, 44, &tree->root);
}

/* A replay of more events than the bundle ends with is as good: it went through all of these. */
static enum daybook_status check_certificate(struct bundle_check *check, struct daybook_error *error) {
    static struct note note;
    struct note_verdict verdict;
    struct merkle_size replayed;
    DAYBOOK_TRY(note_parse(daybook_buffer_view(&find_file(check, "certificate")->content), &note, error));
    DAYBOOK_TRY(note_check(&note, &check->trust->log, &verdict, error));
    if (!verdict.is_signed) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("certificate is not signed by %s"), check->trust->log.name);
    }
    if (!read_certified(note.text, &replayed) || replayed.size < check->to) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("certificate is not of a replay of all %" PRIu64 " events"),
                            check->to);
    }
    if (replayed.size == check->to && !merkle_hash_equal(&replayed.root, &check->head.tree.root)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, _("certificate is of a replay that came to another root"));
    }
    return DAYBOOK_OK;
}

static enum daybook_status check_contents(struct bundle_check *check, uint64_t *older, uint64_t *samples,
                                          struct daybook_error *error) {
    DAYBOOK_TRY(check_root(check, error));
    for (size_t i = 0; i < check->file_count; i++) {
        const struct listed *file = &check->files[i];
        enum daybook_status status = DAYBOOK_OK;
        if (strncmp(file->path, "checkpoints/", 12) == 0) {
            status = check_older(check, file, older, error);
        } else if (strncmp(file->path, "proofs/", 7) == 0 && strstr(file->path, ".tlog-proof") != NULL) {
            (*samples)++;
            status = check_sample(check, file, error);
        }
        if (status != DAYBOOK_OK) {
            return daybook_fail_in(error, "%s", file->path);
        }
    }
    return check_certificate(check, error);
}

static void close_check(struct bundle_check *check) {
    for (size_t i = 0; check->files != NULL && i < check->file_count; i++) {
        daybook_buffer_release(&check->files[i].content);
    }
    free(check->files);
    verify_events_close(&check->events);
    daybook_buffer_release(&check->manifest);
    sha256_close(check->sha256);
    (void)archive_read_free(check->archive);
}

static enum daybook_status open_check(struct bundle_check *check, struct daybook_error *error) {
    check->files = calloc(FILES_MAX, sizeof *check->files);
    check->sha256 = sha256_open();
    check->archive = archive_read_new();
    if (check->files == NULL || check->sha256 == NULL || check->archive == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("reading %s: memory was refused"), check->path);
    }
    DAYBOOK_TRY(verify_events_open(&check->events, error));
    if (archive_read_support_filter_zstd(check->archive) != ARCHIVE_OK ||
        archive_read_support_format_tar(check->archive) != ARCHIVE_OK) {
        return archive_failed(check, error);
    }
    return archive_read_open_filename(check->archive, check->path, CHUNK_BYTES) == ARCHIVE_OK
               ? DAYBOOK_OK
               : archive_failed(check, error);
}

enum daybook_status verify_bundle(const struct verify_trust *trust, const char *path, struct daybook_error *error) {
    static struct bundle_check check; /* Some tens of KiB: not for the stack. */
    uint64_t older = 0;
    uint64_t samples = 0;
    check = (struct bundle_check){.trust = trust, .path = path};
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, _("%s cannot be opened"), path);
    }
    (void)fclose(stream);
    enum daybook_status status = open_check(&check, error);
    if (status == DAYBOOK_OK) {
        status = read_files(&check, error);
    }
    if (status == DAYBOOK_OK) {
        status = check_contents(&check, &older, &samples, error);
    }
    if (status == DAYBOOK_OK) {
        (void)printf(_("good: events %" PRIu64 " to %" PRIu64
                       " of %s, each hashed again to the root of the checkpoint;\n"
                       "      %" PRIu64 " older checkpoints continue into it, %" PRIu64
                       " sampled events are proved, %zu files are those of the manifest"),
                     check.from, check.to, check.head.origin, older, samples, check.file_count);
        verify_print_policy(trust);
    }
    close_check(&check);
    return status;
}
