/* Writing a backup: the journal's events in full frames, and the tree that they grow. */
#include "backup.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backup_inside.h"
#include "codec/event_stamp.h"
#include "codec/wire.h"
#include "ledger.h"
#include "limits.h"
#include "store/journal.h"

/* Frames are filled to this, so that small frames of quiet times do not stay small. */
enum { FRAME_EVENTS = 4096, FRAME_BYTES = 1 << 20 };

_Static_assert(FRAME_EVENTS <= LIMIT_FRAME_EVENTS && FRAME_BYTES < LIMIT_FRAME_BYTES - LIMIT_EVENT_BYTES,
               "a filled frame is a frame");

struct backup_writer {
    struct daybook *ledger;
    const struct backup_sink *sink;
    const struct backup_watch *watch;
    struct sha256 *file_hash;
    struct backup_tree tree;
    struct frame_codec *codec;
    struct journal_reader *reader;
    /* The frame that is being filled. */
    struct daybook_buffer events;
    size_t offsets[FRAME_EVENTS + 1];
    uint32_t count;
    uint64_t first_sequence;
    struct daybook_buffer frame;
    struct backup_summary *summary;
};

bool backup_is_stopped(const struct backup_watch *watch, struct daybook_error *error) {
    if (watch == NULL || watch->is_stopped == NULL || !watch->is_stopped(watch->context)) {
        return false;
    }
    daybook_fail(error, DAYBOOK_STOPPED, "stopped; nothing is left behind");
    return true;
}

void backup_done(const struct backup_watch *watch, uint64_t sequence) {
    if (watch != NULL && watch->done != NULL) {
        watch->done(watch->context, sequence);
    }
}

/* ---- the tree ---- */

enum daybook_status backup_tree_add(struct backup_tree *tree, struct event_span event, struct daybook_error *error) {
    merkle_leaf(tree->sha256, (struct daybook_bytes){event.data, event.size}, &tree->leaf);
    return merkle_edge_add(&tree->edge, tree->sha256, &tree->leaf, NULL, NULL, error);
}

void backup_edge_to_message(const struct merkle_edge *edge, ProtobufCBinaryData hashes[MERKLE_LEVELS]) {
    for (unsigned i = 0; i < merkle_edge_count(edge); i++) {
        hashes[i] = (ProtobufCBinaryData){SHA256_SIZE, (uint8_t *)(uintptr_t)edge->roots[i].bytes};
    }
}

/* ---- bytes out ---- */

static enum daybook_status put(struct backup_writer *writer, const void *data, size_t size,
                               struct daybook_error *error) {
    sha256_update(writer->file_hash, data, size);
    writer->summary->size_bytes += size;
    return writer->sink->write(writer->sink->context, data, size, error);
}

static enum daybook_status encode(struct backup_writer *writer, const ProtobufCMessage *message,
                                  struct daybook_error *error) {
    daybook_buffer_reset(&writer->frame);
    if (wire_encode(message, &writer->frame) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing a backup: memory was refused");
    }
    return DAYBOOK_OK;
}

static enum daybook_status put_head(struct backup_writer *writer, struct daybook_error *error) {
    ProtobufCBinaryData edge[MERKLE_LEVELS];
    uint8_t head[BACKUP_HEAD_SIZE] = BACKUP_MAGIC;
    struct daybook_bytes config = journal_config(ledger_journal(writer->ledger));
    Pb__BackupHeader header = PB__BACKUP_HEADER__INIT;
    header.config = (ProtobufCBinaryData){config.size, (uint8_t *)(uintptr_t)config.data};
    header.first_sequence = writer->summary->first_sequence;
    header.n_edge_before = merkle_edge_count(&writer->tree.edge);
    header.edge_before = edge;
    backup_edge_to_message(&writer->tree.edge, edge);
    header.made_at_us = ledger_now_us(writer->ledger);
    header.version = (char *)(uintptr_t)DAYBOOK_PROGRAM_VERSION;
    DAYBOOK_TRY(encode(writer, &header.base, error));
    store_le32(head + BACKUP_MAGIC_SIZE, BACKUP_VERSION);
    store_le32(head + BACKUP_MAGIC_SIZE + 4, (uint32_t)writer->frame.size);
    DAYBOOK_TRY(put(writer, head, sizeof head, error));
    return put(writer, writer->frame.data, writer->frame.size, error);
}

/* The last size is 0; then the trailer, its size, and the digest of it all. */
static enum daybook_status put_foot(struct backup_writer *writer, struct daybook_error *error) {
    ProtobufCBinaryData edge[MERKLE_LEVELS];
    uint8_t number[4] = {0};
    uint8_t digest[SHA256_SIZE];
    struct backup_summary *summary = writer->summary;
    Pb__BackupTrailer trailer = PB__BACKUP_TRAILER__INIT;
    summary->edge = writer->tree.edge;
    summary->leaf = writer->tree.leaf;
    merkle_edge_root(&summary->edge, writer->tree.sha256, &summary->root);
    trailer.last_sequence = summary->last_sequence;
    trailer.last_recorded_at_us = summary->last_recorded_at_us;
    trailer.n_edge = merkle_edge_count(&summary->edge);
    trailer.edge = edge;
    backup_edge_to_message(&summary->edge, edge);
    if (summary->last_sequence > 0) {
        trailer.leaf = (ProtobufCBinaryData){SHA256_SIZE, summary->leaf.bytes};
    }
    trailer.root = (ProtobufCBinaryData){SHA256_SIZE, summary->root.bytes};
    DAYBOOK_TRY(put(writer, number, sizeof number, error));
    DAYBOOK_TRY(encode(writer, &trailer.base, error));
    DAYBOOK_TRY(put(writer, writer->frame.data, writer->frame.size, error));
    store_le32(number, (uint32_t)writer->frame.size);
    DAYBOOK_TRY(put(writer, number, sizeof number, error));
    sha256_end(writer->file_hash, digest);
    summary->size_bytes += sizeof digest;
    return writer->sink->write(writer->sink->context, digest, sizeof digest, error);
}

/* ---- frames ---- */

static enum daybook_status recorded_at(struct event_span event, int64_t *recorded_at_us, struct daybook_error *error) {
    struct event_stamp stamp;
    if (!event_stamp_read(event, &stamp)) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "writing a backup: an event does not begin with its stamp");
    }
    *recorded_at_us = stamp.recorded_at_us;
    return DAYBOOK_OK;
}

static enum daybook_status put_frame(struct backup_writer *writer, struct daybook_error *error) {
    struct event_span spans[FRAME_EVENTS];
    uint8_t size[4];
    if (writer->count == 0) {
        return DAYBOOK_OK;
    }
    for (uint32_t i = 0; i < writer->count; i++) {
        spans[i] = (struct event_span){writer->events.data + writer->offsets[i],
                                       (uint32_t)(writer->offsets[i + 1] - writer->offsets[i])};
    }
    struct frame_header header = {.first_sequence = writer->first_sequence, .event_count = writer->count};
    DAYBOOK_TRY(recorded_at(spans[0], &header.first_recorded_at_us, error));
    DAYBOOK_TRY(recorded_at(spans[writer->count - 1], &header.last_recorded_at_us, error));
    daybook_buffer_reset(&writer->frame);
    DAYBOOK_TRY(frame_pack(writer->codec, header, spans, &writer->frame, error));
    store_le32(size, (uint32_t)writer->frame.size);
    DAYBOOK_TRY(put(writer, size, sizeof size, error));
    DAYBOOK_TRY(put(writer, writer->frame.data, writer->frame.size, error));
    writer->summary->frame_count++;
    writer->summary->last_sequence = writer->first_sequence + writer->count - 1;
    writer->summary->last_recorded_at_us = header.last_recorded_at_us;
    writer->first_sequence += writer->count;
    writer->count = 0;
    daybook_buffer_reset(&writer->events);
    return DAYBOOK_OK;
}

static enum daybook_status add_event(struct backup_writer *writer, struct event_span event,
                                     struct daybook_error *error) {
    DAYBOOK_TRY(backup_tree_add(&writer->tree, event, error));
    if (daybook_buffer_append(&writer->events, event.data, event.size) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing a backup: memory was refused");
    }
    writer->offsets[writer->count++] = writer->events.size - event.size;
    writer->offsets[writer->count] = writer->events.size;
    bool is_full = writer->count == FRAME_EVENTS || writer->events.size >= FRAME_BYTES;
    return is_full ? put_frame(writer, error) : DAYBOOK_OK;
}

/* No read transaction outlives one call of the reader, so the store does not grow because of us. */
static enum daybook_status put_events(struct backup_writer *writer, uint64_t head, struct daybook_error *error) {
    uint64_t next = writer->first_sequence;
    while (next <= head) {
        struct journal_slice slice;
        DAYBOOK_TRY(journal_read(writer->reader, next, &slice, error));
        for (size_t i = 0; i < slice.count && next <= head; i++, next++) {
            DAYBOOK_TRY(add_event(writer, slice.events[i], error));
        }
        backup_done(writer->watch, next - 1);
        if (backup_is_stopped(writer->watch, error)) {
            return DAYBOOK_STOPPED;
        }
    }
    return put_frame(writer, error);
}

/* ---- going on from an earlier one ---- */

static enum daybook_status check_end(struct journal_reader *reader, struct sha256 *sha256,
                                     const struct backup_summary *since, struct daybook_error *error) {
    struct daybook_bytes event;
    struct merkle_hash leaf;
    DAYBOOK_TRY(journal_read_one(reader, since->last_sequence, &event, error));
    merkle_leaf(sha256, event, &leaf);
    return merkle_hash_equal(&leaf, &since->leaf)
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_INVALID,
                              "event %" PRIu64 " of this ledger is not the one that the earlier backup ends with: they "
                              "have different histories; make a whole backup",
                              since->last_sequence);
}

enum daybook_status backup_check_since(struct daybook *ledger, const struct backup_summary *since,
                                       struct daybook_error *error) {
    const Pb__LedgerConfig *config = ledger_config(ledger);
    uint64_t head = 0;
    DAYBOOK_TRY(daybook_head(ledger, &head, error));
    if (config->ledger_id.len != sizeof since->ledger_id ||
        memcmp(config->ledger_id.data, since->ledger_id, sizeof since->ledger_id) != 0) {
        return daybook_fail(error, DAYBOOK_INVALID, "the earlier backup is of another ledger");
    }
    if (since->last_sequence > head) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "the earlier backup ends with event %" PRIu64 " and this ledger with event %" PRIu64,
                            since->last_sequence, head);
    }
    if (since->last_sequence == 0) {
        return DAYBOOK_OK;
    }
    struct journal_reader *reader = NULL;
    struct sha256 *sha256 = sha256_open();
    enum daybook_status status = sha256 == NULL
                                     ? daybook_fail(error, DAYBOOK_NO_MEMORY, "writing a backup: memory was refused")
                                     : journal_reader_open(ledger_journal(ledger), &reader, error);
    if (status == DAYBOOK_OK) {
        status = check_end(reader, sha256, since, error);
    }
    journal_reader_close(reader);
    sha256_close(sha256);
    return status;
}

static enum daybook_status writer_open(struct backup_writer *writer, struct daybook_error *error) {
    writer->file_hash = sha256_open();
    writer->tree.sha256 = sha256_open();
    writer->codec = frame_codec_open();
    if (writer->file_hash == NULL || writer->tree.sha256 == NULL || writer->codec == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing a backup: memory was refused");
    }
    sha256_begin(writer->file_hash);
    return journal_reader_open(ledger_journal(writer->ledger), &writer->reader, error);
}

static void writer_close(struct backup_writer *writer) {
    journal_reader_close(writer->reader);
    frame_codec_close(writer->codec);
    sha256_close(writer->file_hash);
    sha256_close(writer->tree.sha256);
    daybook_buffer_release(&writer->events);
    daybook_buffer_release(&writer->frame);
    free(writer);
}

static void begin_summary(struct backup_writer *writer, const struct backup_summary *since) {
    const Pb__LedgerConfig *config = ledger_config(writer->ledger);
    struct backup_summary *summary = writer->summary;
    *summary = (struct backup_summary){.first_sequence = 1};
    memcpy(summary->ledger_id, config->ledger_id.data,
           config->ledger_id.len < sizeof summary->ledger_id ? config->ledger_id.len : sizeof summary->ledger_id);
    if (since != NULL) {
        summary->first_sequence = since->last_sequence + 1;
        summary->last_recorded_at_us = since->last_recorded_at_us;
        writer->tree.edge = since->edge;
        writer->tree.leaf = since->leaf;
    }
    summary->last_sequence = summary->first_sequence - 1;
    writer->first_sequence = summary->first_sequence;
}

enum daybook_status backup_write(struct daybook *ledger, const struct backup_summary *since,
                                 const struct backup_sink *sink, const struct backup_watch *watch,
                                 struct backup_summary *summary, struct daybook_error *error) {
    struct backup_writer *writer = calloc(1, sizeof *writer);
    uint64_t head = 0;
    if (writer == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing a backup: memory was refused");
    }
    writer->ledger = ledger;
    writer->sink = sink;
    writer->watch = watch;
    writer->summary = summary;
    enum daybook_status status = writer_open(writer, error);
    if (status == DAYBOOK_OK) {
        status = daybook_head(ledger, &head, error);
    }
    if (status == DAYBOOK_OK && since != NULL) {
        status = backup_check_since(ledger, since, error);
    }
    if (status == DAYBOOK_OK) {
        begin_summary(writer, since);
        status = put_head(writer, error);
    }
    if (status == DAYBOOK_OK) {
        status = put_events(writer, head, error);
    }
    if (status == DAYBOOK_OK) {
        status = put_foot(writer, error);
    }
    writer_close(writer);
    return status;
}
