/* Reading backups: every byte hashed, every frame checked, every root recomputed, and files that must join. */
#include "backup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup_inside.h"
#include "codec/wire.h"
#include "limits.h"

/* One file while it is read from its first byte to its last. */
struct backup_file {
    const char *path;
    FILE *stream;
    struct sha256 *hash;
    uint64_t size_bytes; /* Read so far. */
    struct arena arena;  /* Of the header and the trailer. */
    const Pb__BackupHeader *header;
    const Pb__BackupTrailer *trailer;
};

struct backup_reader {
    struct backup_tree tree;
    struct frame_codec *codec;
    struct daybook_buffer bytes;
    struct daybook_buffer raw;
    struct event_span *events; /* LIMIT_FRAME_EVENTS of them. */
    struct daybook_buffer *config;
    struct backup_summary *summary;
    const struct backup_watch *watch;
    backup_visit *visit;
    void *context;
};

static enum daybook_status damaged(const struct backup_file *file, const char *what, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_DAMAGED, "%s: %s near byte %" PRIu64 "; use another copy of this file",
                        file->path, what, file->size_bytes);
}

static enum daybook_status read_raw(struct backup_file *file, void *to, size_t size, struct daybook_error *error) {
    if (fread(to, 1, size, file->stream) != size) {
        if (ferror(file->stream) != 0) {
            return daybook_fail(error, DAYBOOK_IO, "reading %s: %s", file->path, strerror(errno));
        }
        return damaged(file, "the file ends too early", error);
    }
    file->size_bytes += size;
    return DAYBOOK_OK;
}

static enum daybook_status read_hashed(struct backup_file *file, void *to, size_t size, struct daybook_error *error) {
    DAYBOOK_TRY(read_raw(file, to, size, error));
    sha256_update(file->hash, to, size);
    return DAYBOOK_OK;
}

static enum daybook_status read_buffer(struct backup_file *file, size_t size, struct daybook_buffer *to,
                                       struct daybook_error *error) {
    daybook_buffer_reset(to);
    if (daybook_buffer_reserve(to, size) == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading %s: memory was refused", file->path);
    }
    DAYBOOK_TRY(read_raw(file, to->data, size, error));
    to->size = size;
    return DAYBOOK_OK;
}

static enum daybook_status read_buffer_hashed(struct backup_file *file, size_t size, struct daybook_buffer *to,
                                              struct daybook_error *error) {
    DAYBOOK_TRY(read_buffer(file, size, to, error));
    sha256_update(file->hash, to->data, size);
    return DAYBOOK_OK;
}

enum daybook_status backup_edge_from_message(uint64_t size, const ProtobufCBinaryData *hashes, size_t count,
                                             struct merkle_edge *edge, struct daybook_error *error) {
    *edge = (struct merkle_edge){.size = size};
    if (count != merkle_edge_count(edge)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "a tree of %" PRIu64 " events has no edge of %zu hashes", size,
                            count);
    }
    for (size_t i = 0; i < count; i++) {
        if (hashes[i].len != SHA256_SIZE) {
            return daybook_fail(error, DAYBOOK_DAMAGED, "a hash of the tree's edge has %zu bytes", hashes[i].len);
        }
        memcpy(edge->roots[i].bytes, hashes[i].data, SHA256_SIZE);
    }
    return DAYBOOK_OK;
}

/* ---- the head ---- */

static enum daybook_status read_header(struct backup_file *file, struct daybook_buffer *bytes,
                                       struct daybook_error *error) {
    uint8_t head[BACKUP_HEAD_SIZE];
    ProtobufCMessage *message = NULL;
    DAYBOOK_TRY(read_hashed(file, head, sizeof head, error));
    if (memcmp(head, BACKUP_MAGIC, BACKUP_MAGIC_SIZE) != 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s is no backup of a ledger", file->path);
    }
    uint32_t version = load_le32(head + BACKUP_MAGIC_SIZE);
    if (version != BACKUP_VERSION) {
        return daybook_fail(error, DAYBOOK_VERSION, "%s has format %" PRIu32 " and this program knows %d", file->path,
                            version, BACKUP_VERSION);
    }
    uint32_t size = load_le32(head + BACKUP_MAGIC_SIZE + 4);
    if (size > BACKUP_MESSAGE_MAX) {
        return damaged(file, "the header has an impossible size", error);
    }
    DAYBOOK_TRY(read_buffer_hashed(file, size, bytes, error));
    if (wire_decode(&pb__backup_header__descriptor, daybook_buffer_view(bytes), &file->arena, &message, NULL) !=
        DAYBOOK_OK) {
        return damaged(file, "the header cannot be read", error);
    }
    file->header = (const Pb__BackupHeader *)message;
    return file->header->first_sequence > 0 ? DAYBOOK_OK : damaged(file, "the header has no first sequence", error);
}

static enum daybook_status file_open(struct backup_file *file, const char *path, struct daybook_buffer *bytes,
                                     struct daybook_error *error) {
    *file = (struct backup_file){.path = path};
    arena_init(&file->arena, 4 * BACKUP_MESSAGE_MAX);
    file->hash = sha256_open();
    if (file->hash == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading %s: memory was refused", path);
    }
    sha256_begin(file->hash);
    file->stream = fopen(path, "rbe");
    if (file->stream == NULL) {
        return daybook_fail(error, errno == ENOENT ? DAYBOOK_NOT_FOUND : DAYBOOK_IO, "opening the backup %s: %s", path,
                            strerror(errno));
    }
    return read_header(file, bytes, error);
}

static void file_close(struct backup_file *file) {
    if (file->stream != NULL) {
        (void)fclose(file->stream);
    }
    sha256_close(file->hash);
    arena_release(&file->arena);
}

/* ---- the foot ---- */

static enum daybook_status parse_trailer(struct backup_file *file, struct daybook_bytes bytes,
                                         struct backup_summary *end, struct daybook_error *error) {
    ProtobufCMessage *message = NULL;
    if (wire_decode(&pb__backup_trailer__descriptor, bytes, &file->arena, &message, NULL) != DAYBOOK_OK) {
        return damaged(file, "the trailer cannot be read", error);
    }
    const Pb__BackupTrailer *trailer = (const Pb__BackupTrailer *)message;
    file->trailer = trailer;
    size_t leaf_size = trailer->last_sequence > 0 ? SHA256_SIZE : 0;
    if (trailer->root.len != SHA256_SIZE || trailer->leaf.len != leaf_size ||
        trailer->last_sequence + 1 < file->header->first_sequence ||
        backup_edge_from_message(trailer->last_sequence, trailer->edge, trailer->n_edge, &end->edge, NULL) !=
            DAYBOOK_OK) {
        return damaged(file, "the trailer is none of such a file", error);
    }
    end->first_sequence = file->header->first_sequence;
    end->last_sequence = trailer->last_sequence;
    end->last_recorded_at_us = trailer->last_recorded_at_us;
    memcpy(end->root.bytes, trailer->root.data, SHA256_SIZE);
    if (leaf_size > 0) {
        memcpy(end->leaf.bytes, trailer->leaf.data, leaf_size);
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_ledger_id(const struct backup_file *file, struct backup_summary *summary,
                                          struct daybook_error *error) {
    struct arena arena;
    ProtobufCMessage *message = NULL;
    struct daybook_bytes config = {file->header->config.data, file->header->config.len};
    arena_init(&arena, BACKUP_MESSAGE_MAX);
    enum daybook_status status = wire_decode(&pb__ledger_config__descriptor, config, &arena, &message, error);
    if (status == DAYBOOK_OK) {
        const Pb__LedgerConfig *read = (const Pb__LedgerConfig *)message;
        if (read->ledger_id.len == sizeof summary->ledger_id) {
            memcpy(summary->ledger_id, read->ledger_id.data, sizeof summary->ledger_id);
        }
    } else {
        status = daybook_fail_in(error, "%s: the ledger's configuration", file->path);
    }
    arena_release(&arena);
    return status;
}

/* Everything before it has been read, and hashed. */
static enum daybook_status check_digest(struct backup_file *file, struct daybook_error *error) {
    uint8_t stated[SHA256_SIZE];
    uint8_t computed[SHA256_SIZE];
    sha256_end(file->hash, computed);
    DAYBOOK_TRY(read_raw(file, stated, sizeof stated, error));
    return memcmp(stated, computed, sizeof stated) == 0
               ? DAYBOOK_OK
               : damaged(file, "the digest of the whole file is another one; something is damaged before it,", error);
}

/* The last frame's size was 0: the rest must be what the events gave, and then the file must end. */
static enum daybook_status check_foot(struct backup_file *file, struct backup_reader *reader,
                                      struct daybook_error *error) {
    uint8_t number[4];
    struct backup_summary end = {0};
    struct backup_summary *summary = reader->summary;
    long at = ftell(file->stream);
    if (at < 0 || fseek(file->stream, 0, SEEK_END) != 0) {
        return daybook_fail(error, DAYBOOK_IO, "reading %s: %s", file->path, strerror(errno));
    }
    long size = ftell(file->stream);
    if (size - at < BACKUP_FOOT_SIZE || size - at - BACKUP_FOOT_SIZE > BACKUP_MESSAGE_MAX ||
        fseek(file->stream, at, SEEK_SET) != 0) {
        return damaged(file, "the end of the file is missing, or something stands behind it", error);
    }
    size_t trailer_size = (size_t)(size - at) - BACKUP_FOOT_SIZE;
    DAYBOOK_TRY(read_buffer_hashed(file, trailer_size, &reader->bytes, error));
    DAYBOOK_TRY(read_hashed(file, number, sizeof number, error));
    DAYBOOK_TRY(check_digest(file, error));
    if (load_le32(number) != trailer_size) {
        return damaged(file, "the trailer has another size than it states", error);
    }
    DAYBOOK_TRY(parse_trailer(file, daybook_buffer_view(&reader->bytes), &end, error));
    merkle_edge_root(&reader->tree.edge, reader->tree.sha256, &summary->root);
    if (end.last_sequence != summary->last_sequence || !merkle_hash_equal(&end.root, &summary->root) ||
        end.last_recorded_at_us != summary->last_recorded_at_us || !merkle_hash_equal(&end.leaf, &reader->tree.leaf)) {
        return damaged(file, "the events do not give the root that the trailer states", error);
    }
    summary->edge = reader->tree.edge;
    summary->leaf = reader->tree.leaf;
    summary->size_bytes += file->size_bytes;
    return DAYBOOK_OK;
}

/* The rest of the file, whatever it says, but for the digest at its end. */
static enum daybook_status hash_rest(struct backup_file *file, uint64_t left, struct daybook_buffer *bytes,
                                     const struct backup_watch *watch, struct daybook_error *error) {
    while (left > 0) {
        size_t size = left < BACKUP_MESSAGE_MAX ? (size_t)left : BACKUP_MESSAGE_MAX;
        DAYBOOK_TRY(read_buffer_hashed(file, size, bytes, error));
        left -= size;
        if (backup_is_stopped(watch, error)) {
            return DAYBOOK_STOPPED;
        }
    }
    return DAYBOOK_OK;
}

/* The trailer ends at `end`, where its own size stands. */
static enum daybook_status read_trailer(struct backup_file *file, long end, struct daybook_buffer *bytes,
                                        struct backup_summary *summary, struct daybook_error *error) {
    uint8_t number[4];
    if (fseek(file->stream, end, SEEK_SET) != 0) {
        return damaged(file, "the end of the file is missing", error);
    }
    DAYBOOK_TRY(read_raw(file, number, sizeof number, error));
    if (load_le32(number) > BACKUP_MESSAGE_MAX || fseek(file->stream, end - (long)load_le32(number), SEEK_SET) != 0) {
        return damaged(file, "the trailer has an impossible size", error);
    }
    DAYBOOK_TRY(read_buffer(file, load_le32(number), bytes, error));
    return parse_trailer(file, daybook_buffer_view(bytes), summary, error);
}

enum daybook_status backup_read_end(const char *path, const struct backup_watch *watch, struct backup_summary *summary,
                                    struct daybook_error *error) {
    struct backup_file file;
    struct daybook_buffer bytes = {0};
    long begin = 0;
    long foot = -1;
    *summary = (struct backup_summary){0};
    enum daybook_status status = file_open(&file, path, &bytes, error);
    if (status == DAYBOOK_OK) {
        status = read_ledger_id(&file, summary, error);
    }
    if (status == DAYBOOK_OK) {
        begin = ftell(file.stream);
        foot = fseek(file.stream, -(long)BACKUP_FOOT_SIZE, SEEK_END) == 0 ? ftell(file.stream) : -1;
        if (begin < 0 || foot < begin || fseek(file.stream, begin, SEEK_SET) != 0) {
            status = damaged(&file, "the end of the file is missing", error);
        }
    }
    if (status == DAYBOOK_OK) {
        status = hash_rest(&file, (uint64_t)(foot - begin) + BACKUP_FOOT_SIZE - SHA256_SIZE, &bytes, watch, error);
    }
    if (status == DAYBOOK_OK) {
        status = check_digest(&file, error);
    }
    if (status == DAYBOOK_OK) {
        status = read_trailer(&file, foot, &bytes, summary, error);
    }
    daybook_buffer_release(&bytes);
    file_close(&file);
    return status;
}

/* ---- events ---- */

static enum daybook_status take_frame(struct backup_file *file, struct backup_reader *reader, uint32_t size,
                                      struct daybook_error *error) {
    struct frame_header header;
    struct backup_summary *summary = reader->summary;
    if (size > BACKUP_FRAME_MAX) {
        return damaged(file, "a frame has an impossible size", error);
    }
    DAYBOOK_TRY(read_buffer_hashed(file, size, &reader->bytes, error));
    enum daybook_status status =
        frame_unpack(reader->codec, daybook_buffer_view(&reader->bytes), &header, &reader->raw, reader->events, error);
    if (status == DAYBOOK_DAMAGED) { /* What a frame of the journal would ask for, a backup, is what this is. */
        return damaged(file, "a frame is not what its checksum says,", error);
    }
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, "%s, before byte %" PRIu64, file->path, file->size_bytes);
    }
    if (header.first_sequence != summary->last_sequence + 1 ||
        header.first_recorded_at_us <= summary->last_recorded_at_us) {
        return damaged(file, "a frame does not follow the one before", error);
    }
    for (uint32_t i = 0; i < header.event_count; i++) {
        DAYBOOK_TRY(backup_tree_add(&reader->tree, reader->events[i], error));
    }
    summary->last_sequence += header.event_count;
    summary->last_recorded_at_us = header.last_recorded_at_us;
    summary->frame_count++;
    backup_done(reader->watch, summary->last_sequence);
    return reader->visit == NULL
               ? DAYBOOK_OK
               : reader->visit(reader->context, header.first_sequence, reader->events, header.event_count, error);
}

static bool is_same_edge(const struct merkle_edge *a, const struct merkle_edge *b) {
    unsigned count = merkle_edge_count(a);
    bool is_same = a->size == b->size;
    for (unsigned i = 0; i < count && is_same; i++) {
        is_same = merkle_hash_equal(&a->roots[i], &b->roots[i]);
    }
    return is_same;
}

/* BK2: this file goes on where the one before ended, of the same ledger. */
static enum daybook_status check_join(const struct backup_file *file, struct backup_reader *reader, size_t index,
                                      struct daybook_error *error) {
    const Pb__BackupHeader *header = file->header;
    struct merkle_edge before;
    struct daybook_bytes config = {header->config.data, header->config.len};
    if (index == 0) {
        DAYBOOK_TRY(read_ledger_id(file, reader->summary, error));
        if (daybook_buffer_append(reader->config, config.data, config.size) != DAYBOOK_OK) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading %s: memory was refused", file->path);
        }
    } else if (daybook_bytes_compare(config, daybook_buffer_view(reader->config)) != 0) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "%s is a backup of another ledger than the file before it, or its head was damaged",
                            file->path);
    }
    if (header->first_sequence != reader->summary->last_sequence + 1) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "%s begins with event %" PRIu64 ", and event %" PRIu64
                            " is the next one; name the files in their order, the whole backup first",
                            file->path, header->first_sequence, reader->summary->last_sequence + 1);
    }
    DAYBOOK_TRY(backup_edge_from_message(header->first_sequence - 1, header->edge_before, header->n_edge_before,
                                         &before, error));
    if (!is_same_edge(&before, &reader->tree.edge)) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "%s goes on from other events than those of the file before it, or its head was damaged",
                            file->path);
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_file(struct backup_reader *reader, const char *path, size_t index,
                                     struct daybook_error *error) {
    struct backup_file file;
    uint8_t number[4];
    bool is_end = false;
    enum daybook_status status = file_open(&file, path, &reader->bytes, error);
    if (status == DAYBOOK_OK) {
        status = check_join(&file, reader, index, error);
    }
    while (status == DAYBOOK_OK && !is_end) {
        status = read_hashed(&file, number, sizeof number, error);
        is_end = status == DAYBOOK_OK && load_le32(number) == 0;
        if (status == DAYBOOK_OK && !is_end) {
            status = take_frame(&file, reader, load_le32(number), error);
        }
        if (status == DAYBOOK_OK && backup_is_stopped(reader->watch, error)) {
            status = DAYBOOK_STOPPED;
        }
    }
    if (status == DAYBOOK_OK) {
        status = check_foot(&file, reader, error);
    }
    file_close(&file);
    return status;
}

enum daybook_status backup_read_all(const char *const *paths, size_t count, const struct backup_watch *watch,
                                    backup_visit *visit, void *context, struct daybook_buffer *config,
                                    struct backup_summary *summary, struct daybook_error *error) {
    struct backup_reader reader = {.config = config,
                                   .summary = summary,
                                   .watch = watch,
                                   .visit = visit,
                                   .context = context,
                                   .codec = frame_codec_open(),
                                   .events = calloc(LIMIT_FRAME_EVENTS, sizeof(struct event_span))};
    *summary = (struct backup_summary){.first_sequence = 1};
    daybook_buffer_reset(config);
    reader.tree.sha256 = sha256_open();
    enum daybook_status status = DAYBOOK_OK;
    if (reader.codec == NULL || reader.events == NULL || reader.tree.sha256 == NULL) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "reading backups: memory was refused");
    }
    for (size_t i = 0; status == DAYBOOK_OK && i < count; i++) {
        status = read_file(&reader, paths[i], i, error);
    }
    frame_codec_close(reader.codec);
    sha256_close(reader.tree.sha256);
    free(reader.events);
    daybook_buffer_release(&reader.bytes);
    daybook_buffer_release(&reader.raw);
    return status;
}

enum daybook_status backup_verify(const char *const *paths, size_t count, const struct backup_watch *watch,
                                  struct backup_summary *summary, struct daybook_error *error) {
    struct daybook_buffer config = {0};
    enum daybook_status status = backup_read_all(paths, count, watch, NULL, NULL, &config, summary, error);
    daybook_buffer_release(&config);
    return status;
}
