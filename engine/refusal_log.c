/*
 * The ring of refused requests.
 *
 *     file     REFUSAL_LOG_RECORDS records of REFUSAL_RECORD_BYTES; that of number n is at place n modulo their count
 *     record   u64 LE checksum of what follows
 *              u64 LE number, from 1
 *              u16 LE size, then as many bytes: a RefusedRequest; the rest is zero
 *
 * The newest is found by looking at every number: before the first refusal of this opening.
 */
#include "refusal_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/small_file.h"
#include "base/text.h"
#include "codec/wire.h"

enum { HEAD_BYTES = 18, MESSAGE_BYTES = 200, BODY_BYTES = REFUSAL_RECORD_BYTES - HEAD_BYTES, PLACES_AT_ONCE = 64 };

struct refusal_log {
    char *directory;
    int file;        /* -1: not opened yet. */
    uint64_t newest; /* 0: none yet. */
    struct daybook_buffer body;
};

static off_t place_of(uint64_t number) {
    return (off_t)(number % REFUSAL_LOG_RECORDS) * REFUSAL_RECORD_BYTES;
}

/* The number of a whole record; 0: it is none. */
static uint64_t record_number(const uint8_t *record) {
    uint64_t number = load_le64(record + 8);
    bool is_whole = load_le64(record) == hash64(record + 8, REFUSAL_RECORD_BYTES - 8, 0);
    return is_whole && load_le16(record + 16) <= BODY_BYTES ? number : 0;
}

static int open_file(const char *directory, int flags) {
    char *path = NULL;
    if (asprintf(&path, "%s/refusals", directory) < 0) {
        return -1;
    }
    int file = open(path, flags | O_CLOEXEC, 0600);
    free(path);
    return file;
}

static uint64_t find_newest(int file) {
    uint8_t records[PLACES_AT_ONCE][REFUSAL_RECORD_BYTES];
    uint64_t newest = 0;
    for (off_t at = 0;; at += (off_t)sizeof records) {
        ssize_t size = pread(file, records, sizeof records, at);
        for (ssize_t i = 0; (i + 1) * REFUSAL_RECORD_BYTES <= size; i++) {
            uint64_t number = record_number(records[i]);
            newest = number > newest ? number : newest;
        }
        if (size < (ssize_t)sizeof records) {
            return newest;
        }
    }
}

struct refusal_log *refusal_log_open(const char *directory) {
    struct refusal_log *log = calloc(1, sizeof *log);
    char *copy = strdup(directory);
    if (log == NULL || copy == NULL) {
        free(log);
        free(copy);
        return NULL;
    }
    *log = (struct refusal_log){.directory = copy, .file = -1};
    return log;
}

void refusal_log_close(struct refusal_log *log) {
    if (log == NULL) {
        return;
    }
    if (log->file >= 0) {
        (void)close(log->file);
    }
    daybook_buffer_release(&log->body);
    free(log->directory);
    free(log);
}

static bool is_ready(struct refusal_log *log) {
    if (log->file < 0) {
        log->file = open_file(log->directory, O_RDWR | O_CREAT);
        log->newest = log->file < 0 ? 0 : find_newest(log->file);
    }
    return log->file >= 0;
}

static const char *command_name(const Pb__Request *request) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&pb__request__descriptor, (unsigned)request->command_case);
    return field == NULL ? "" : field->name;
}

/* Text from outside, cut to `most` bytes between two characters; "" where it is not UTF-8. */
static char *cut(const char *text, size_t most, char *room) {
    size_t size = strnlen(text, most);
    while (size > 0 && text[size] != '\0' && ((unsigned char)text[size] & 0xC0) == 0x80) {
        size--;
    }
    if (!text_is_line(text, size, most)) {
        size = 0;
    }
    memcpy(room, text, size);
    room[size] = '\0';
    return room;
}

static bool encode_body(struct refusal_log *log, int64_t now_us, const Pb__Request *request,
                        const Pb__Refusal *refusal) {
    char actor[65];
    char customer[65];
    char document[65];
    char message[MESSAGE_BYTES + 1];
    Pb__RefusedRequest row = PB__REFUSED_REQUEST__INIT;
    Pb__Refusal kept = *refusal;
    row.refused_at_us = now_us;
    row.actor = cut(request->actor, sizeof actor - 1, actor);
    row.role = request->role;
    row.command = (char *)(uintptr_t)command_name(request);
    row.customer = cut(request->customer, sizeof customer - 1, customer);
    row.refusal = &kept;
    kept.document = cut(refusal->document, sizeof document - 1, document);
    kept.message = cut(refusal->message, sizeof message - 1, message);
    daybook_buffer_reset(&log->body);
    return wire_encode(&row.base, &log->body) == DAYBOOK_OK && log->body.size <= BODY_BYTES;
}

void refusal_log_add(struct refusal_log *log, int64_t now_us, const Pb__Request *request, const Pb__Refusal *refusal) {
    uint8_t record[REFUSAL_RECORD_BYTES] = {0};
    if (!is_ready(log) || !encode_body(log, now_us, request, refusal)) {
        return;
    }
    log->newest++;
    store_le64(record + 8, log->newest);
    store_le16(record + 16, (uint16_t)log->body.size);
    memcpy(record + HEAD_BYTES, log->body.data, log->body.size);
    store_le64(record, hash64(record + 8, sizeof record - 8, 0));
    ssize_t written = pwrite(log->file, record, sizeof record, place_of(log->newest));
    (void)written; /* A short one is no whole record, and is left out when it is read. */
}

/* ---- reading ---- */

static enum daybook_status read_record(const uint8_t *record, struct arena *arena, Pb__RefusedRequest **row,
                                       struct daybook_error *error) {
    ProtobufCMessage *message = NULL;
    struct daybook_bytes body = {record + HEAD_BYTES, load_le16(record + 16)};
    DAYBOOK_TRY(wire_decode(&pb__refused_request__descriptor, body, arena, &message, error));
    *row = (Pb__RefusedRequest *)message;
    return DAYBOOK_OK;
}

static enum daybook_status read_newest(int file, const char *actor, size_t limit, struct arena *arena,
                                       Pb__RefusalsAnswer *answer, struct daybook_error *error) {
    uint64_t newest = find_newest(file);
    uint64_t oldest = newest > REFUSAL_LOG_RECORDS ? newest - REFUSAL_LOG_RECORDS + 1 : 1;
    answer->refused = newest;
    limit = limit < REFUSAL_LOG_RECORDS ? limit : REFUSAL_LOG_RECORDS;
    answer->rows = arena_alloc(arena, limit * sizeof(Pb__RefusedRequest *) + 1);
    if (answer->rows == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    for (uint64_t number = newest; number >= oldest && answer->n_rows < limit; number--) {
        uint8_t record[REFUSAL_RECORD_BYTES];
        Pb__RefusedRequest *row = NULL;
        if (pread(file, record, sizeof record, place_of(number)) != (ssize_t)sizeof record ||
            record_number(record) != number) {
            continue; /* It was written over by a newer one, or never whole. */
        }
        DAYBOOK_TRY(read_record(record, arena, &row, error));
        if (actor[0] == '\0' || strcmp(actor, row->actor) == 0) {
            answer->rows[answer->n_rows++] = row;
        }
    }
    return DAYBOOK_OK;
}

enum daybook_status refusal_log_read(const char *directory, const char *actor, size_t limit, struct arena *arena,
                                     Pb__RefusalsAnswer *answer, struct daybook_error *error) {
    int file = open_file(directory, O_RDONLY);
    if (file < 0 && errno == ENOENT) {
        return DAYBOOK_OK;
    }
    if (file < 0) {
        return daybook_fail(error, files_status(errno), "reading the log of refusals in %s: %s", directory,
                            strerror(errno));
    }
    enum daybook_status status = read_newest(file, actor, limit, arena, answer, error);
    (void)close(file);
    return status;
}
