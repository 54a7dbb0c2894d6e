/*
 * The file of the write-ahead log. A record begins at a page and fills whole pages, so none is written again while
 * another record lies in it:
 *
 *   at  bytes
 *    0      8  XXH3 of what follows, salted
 *    8      4  "DBW1"
 *   12      4  size of the frame
 *   16      8  first sequence
 *   24         a frame (codec/frame.c), then zeros
 *
 * Integers are little-endian. A segment's records follow each other by sequence from its beginning; what does not
 * continue is of an older turn, or was never whole.
 */
#include "store/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hash.h"

enum {
    PAGE_BYTES = 4096,
    SEGMENT_PAGES = WAL_SEGMENT_BYTES / PAGE_BYTES,
    AT_CHECKSUM = 0,
    AT_MAGIC = 8,
    AT_SIZE = 12,
    AT_SEQUENCE = 16,
    RECORD_HEADER = 24,
};

static const char magic[4] = {'D', 'B', 'W', '1'};

struct place {
    struct frame_header header;
    uint32_t page; /* In its segment. */
    uint32_t page_count;
    uint32_t frame_bytes;
};

struct segment {
    struct place places[SEGMENT_PAGES];
    uint32_t count;
    uint32_t page_count; /* Written, from the beginning. */
};

struct wal {
    const char *directory;
    char *path;
    int file; /* -1: not in use. */
    uint64_t salt;
    struct daybook_buffer record;    /* Being written. */
    struct daybook_buffer looked_at; /* Being looked at. */
    pthread_mutex_t mutex;           /* Between the one who changes the index and those who look. */
    struct segment segments[WAL_SEGMENTS];
    unsigned active;
};

struct wal *wal_new(const char *directory) {
    struct wal *wal = calloc(1, sizeof *wal);
    char *path = files_path(directory, "journal/wal");
    if (wal == NULL || path == NULL) {
        free(wal);
        free(path);
        return NULL;
    }
    wal->directory = directory;
    wal->path = path;
    wal->file = -1;
    pthread_mutex_init(&wal->mutex, NULL);
    return wal;
}

void wal_free(struct wal *wal) {
    if (wal == NULL) {
        return;
    }
    wal_leave(wal);
    pthread_mutex_destroy(&wal->mutex);
    daybook_buffer_release(&wal->record);
    daybook_buffer_release(&wal->looked_at);
    free(wal->path);
    free(wal);
}

static enum daybook_status failed(const struct wal *wal, int code, const char *doing, struct daybook_error *error) {
    return daybook_fail(error, files_status(code), "%s %s: %s", doing, wal->path, strerror(code));
}

/* All of `size` bytes; false leaves errno. */
static bool write_all(int file, const uint8_t *bytes, size_t size, off_t at) {
    while (size > 0) {
        const ssize_t written = pwrite(file, bytes, size, at);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            return false;
        }
        bytes += written;
        size -= (size_t)written;
        at += written;
    }
    return true;
}

/* How many of `size` bytes the file has there. */
static enum daybook_status read_some(const struct wal *wal, uint8_t *bytes, size_t size, off_t at, size_t *count,
                                     struct daybook_error *error) {
    *count = 0;
    while (*count < size) {
        const ssize_t got = pread(wal->file, bytes + *count, size - *count, at + (off_t)*count);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return failed(wal, errno, "reading", error);
        }
        if (got == 0) {
            break;
        }
        *count += (size_t)got;
    }
    return DAYBOOK_OK;
}

/* Zeros to the end, where the file is shorter: a record then never makes it longer, which would be a second wait. */
static bool fill(int file) {
    static const uint8_t zeros[1 << 16];
    off_t size = lseek(file, 0, SEEK_END);
    const off_t wanted = (off_t)WAL_SEGMENTS * WAL_SEGMENT_BYTES;
    if (size < 0) {
        return false;
    }
    const bool is_short = size < wanted;
    for (; size < wanted; size += (off_t)sizeof zeros) {
        if (!write_all(file, zeros, sizeof zeros, size)) {
            return false;
        }
    }
    return !is_short || fsync(file) == 0;
}

static bool is_beginning(const uint8_t *bytes) {
    static const char zeros[sizeof magic];
    return memcmp(bytes + AT_MAGIC, magic, sizeof magic) == 0 || memcmp(bytes + AT_MAGIC, zeros, sizeof magic) == 0;
}

/* What somebody put there while the log was not in use must not be taken for damage of what is written from now on. */
static bool mend_beginnings(int file) {
    static const uint8_t zeros[PAGE_BYTES];
    bool is_mended = false;
    for (unsigned segment = 0; segment < WAL_SEGMENTS; segment++) {
        uint8_t header[RECORD_HEADER];
        const off_t at = (off_t)segment * WAL_SEGMENT_BYTES;
        if (pread(file, header, sizeof header, at) != (ssize_t)sizeof header) {
            return false;
        }
        if (!is_beginning(header)) {
            is_mended = true;
            if (!write_all(file, zeros, sizeof zeros, at)) {
                return false;
            }
        }
    }
    return !is_mended || fsync(file) == 0;
}

enum daybook_status wal_make(const struct wal *wal, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    const int file = open(wal->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        return failed(wal, errno, "making", error);
    }
    if (!fill(file) || !mend_beginnings(file)) {
        status = failed(wal, errno, "making", error);
    }
    close(file);
    return status == DAYBOOK_OK ? files_sync_parent(wal->path, error) : status;
}

/* It got all its room, durably, before the journal said that it is in use: a shorter one was cut. */
static enum daybook_status check_length(const struct wal *wal, int file, struct daybook_error *error) {
    const off_t wanted = (off_t)WAL_SEGMENTS * WAL_SEGMENT_BYTES;
    const off_t size = lseek(file, 0, SEEK_END);
    if (size < 0) {
        return failed(wal, errno, "opening", error);
    }
    return size >= wanted
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_DAMAGED,
                              "opening %s: it was cut off, %lld bytes of %lld are left, and what was recorded "
                              "last may be gone with the rest; restore the ledger from a backup",
                              wal->path, (long long)size, (long long)wanted);
}

enum daybook_status wal_use(struct wal *wal, uint64_t salt, bool is_writer, struct daybook_error *error) {
    const int file = open(wal->path, (is_writer ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) {
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "opening %s: it is gone, and with it what was recorded last; restore the ledger from a "
                            "backup",
                            wal->path);
    }
    if (file < 0) {
        return failed(wal, errno, "opening", error);
    }
    const enum daybook_status status = check_length(wal, file, error);
    if (status != DAYBOOK_OK) {
        close(file);
        return status;
    }
    wal_leave(wal);
    pthread_mutex_lock(&wal->mutex);
    wal->file = file;
    wal->salt = salt;
    wal->active = 0;
    pthread_mutex_unlock(&wal->mutex);
    return DAYBOOK_OK;
}

void wal_leave(struct wal *wal) {
    pthread_mutex_lock(&wal->mutex);
    if (wal->file >= 0) {
        close(wal->file);
    }
    wal->file = -1;
    for (unsigned i = 0; i < WAL_SEGMENTS; i++) {
        wal->segments[i].count = 0;
        wal->segments[i].page_count = 0;
    }
    pthread_mutex_unlock(&wal->mutex);
}

bool wal_is_used(struct wal *wal) {
    pthread_mutex_lock(&wal->mutex);
    const bool is_used = wal->file >= 0;
    pthread_mutex_unlock(&wal->mutex);
    return is_used;
}

uint64_t wal_salt(const struct wal *wal) {
    return wal->salt;
}

/* ---- records ---- */

static uint64_t last_of(const struct place *place) {
    return place->header.first_sequence + place->header.event_count - 1;
}

static uint64_t first_of_segment(const struct segment *segment) {
    return segment->places[0].header.first_sequence;
}

static uint64_t last_of_segment(const struct segment *segment) {
    return last_of(&segment->places[segment->count - 1]);
}

static off_t offset_of(unsigned segment, uint32_t page) {
    return (off_t)segment * WAL_SEGMENT_BYTES + (off_t)page * PAGE_BYTES;
}

static uint32_t pages_of(size_t frame_bytes) {
    return (uint32_t)((RECORD_HEADER + frame_bytes + PAGE_BYTES - 1) / PAGE_BYTES);
}

static uint64_t checksum_of(const struct wal *wal, const uint8_t *record, size_t frame_bytes) {
    return hash64(record + AT_MAGIC, RECORD_HEADER - AT_MAGIC + frame_bytes, wal->salt);
}

/* The first sequence of what looks like a record there; 0: nothing does. */
static enum daybook_status peek(const struct wal *wal, unsigned segment, uint32_t page, uint64_t *sequence,
                                struct daybook_error *error) {
    uint8_t header[RECORD_HEADER];
    size_t count = 0;
    *sequence = 0;
    if (page < SEGMENT_PAGES) {
        DAYBOOK_TRY(read_some(wal, header, sizeof header, offset_of(segment, page), &count, error));
    }
    if (count == sizeof header && memcmp(header + AT_MAGIC, magic, sizeof magic) == 0) {
        *sequence = load_le64(header + AT_SEQUENCE);
    }
    return DAYBOOK_OK;
}

static bool record_is_whole(const struct wal *wal, const uint8_t *record, size_t frame_bytes,
                            struct frame_header *header) {
    return load_le64(record + AT_CHECKSUM) == checksum_of(wal, record, frame_bytes) &&
           frame_peek((struct daybook_bytes){record + RECORD_HEADER, frame_bytes}, header, NULL) == DAYBOOK_OK &&
           header->first_sequence == load_le64(record + AT_SEQUENCE) && header->event_count > 0;
}

/* A segment begins with a record of some time, or with the zeros that it was made of. A power cut leaves either. */
static enum daybook_status check_beginning(const struct wal *wal, unsigned segment, const uint8_t *bytes,
                                           struct daybook_error *error) {
    if (is_beginning(bytes)) {
        return DAYBOOK_OK;
    }
    return daybook_fail(error, DAYBOOK_DAMAGED,
                        "looking through %s: byte %u begins no record of it, and what was recorded last may have been "
                        "there; restore the ledger from a backup",
                        wal->path, segment * WAL_SEGMENT_BYTES);
}

/* Reads the record that begins at the page into `to`, and what it says of itself; not `is_one`: there is none. */
static enum daybook_status read_record(const struct wal *wal, unsigned segment, uint32_t page,
                                       struct daybook_buffer *to, struct place *place, bool *is_one,
                                       struct daybook_error *error) {
    size_t count = 0;
    *is_one = false;
    daybook_buffer_reset(to);
    if (page >= SEGMENT_PAGES) {
        return DAYBOOK_OK;
    }
    uint8_t *record = daybook_buffer_reserve(to, PAGE_BYTES);
    if (record == NULL) {
        return failed(wal, ENOMEM, "reading", error);
    }
    DAYBOOK_TRY(read_some(wal, record, PAGE_BYTES, offset_of(segment, page), &count, error));
    if (page == 0 && count == PAGE_BYTES) {
        DAYBOOK_TRY(check_beginning(wal, segment, record, error));
    }
    if (count < PAGE_BYTES || memcmp(record + AT_MAGIC, magic, sizeof magic) != 0) {
        return DAYBOOK_OK;
    }
    const size_t frame_bytes = load_le32(record + AT_SIZE);
    const uint32_t page_count = pages_of(frame_bytes);
    if (frame_bytes > WAL_SEGMENT_BYTES || page + page_count > SEGMENT_PAGES) {
        return DAYBOOK_OK;
    }
    to->size = PAGE_BYTES;
    const size_t rest = (size_t)(page_count - 1) * PAGE_BYTES;
    if (rest > 0) {
        uint8_t *more = daybook_buffer_reserve(to, rest);
        if (more == NULL) {
            return failed(wal, ENOMEM, "reading", error);
        }
        DAYBOOK_TRY(read_some(wal, more, rest, offset_of(segment, page + 1), &count, error));
    }
    *place = (struct place){.page = page, .page_count = page_count, .frame_bytes = (uint32_t)frame_bytes};
    *is_one = (rest == 0 || count == rest) && record_is_whole(wal, to->data, frame_bytes, &place->header);
    return DAYBOOK_OK;
}

/* ---- looking ---- */

static bool begins_at(const struct wal *wal, unsigned segment, uint32_t page, uint64_t sequence) {
    uint64_t found = 0;
    return peek(wal, segment, page, &found, NULL) == DAYBOOK_OK && found == sequence;
}

/* The records from the segment's beginning that follow each other; those that are known are not read again where it
 * begins as it did. */
static enum daybook_status look_through(struct wal *wal, unsigned number, bool is_thorough,
                                        struct daybook_error *error) {
    struct segment *segment = &wal->segments[number];
    struct place place;
    bool is_one = true;
    if (is_thorough || segment->count == 0 || !begins_at(wal, number, 0, first_of_segment(segment))) {
        segment->count = 0;
        segment->page_count = 0;
    }
    while (is_one) {
        DAYBOOK_TRY(read_record(wal, number, segment->page_count, &wal->looked_at, &place, &is_one, error));
        is_one = is_one && (segment->count == 0 || place.header.first_sequence == last_of_segment(segment) + 1);
        if (is_one) {
            segment->places[segment->count++] = place;
            segment->page_count += place.page_count;
        }
    }
    return DAYBOOK_OK;
}

/* Of two segments that both have records one was written behind the other; or it was settled before, and is waiting to
 * be written again. */
static void put_in_order(struct wal *wal) {
    struct segment *first = &wal->segments[0];
    struct segment *second = &wal->segments[1];
    if (first->count == 0 || second->count == 0) {
        wal->active = first->count == 0 && second->count > 0 ? 1 : 0;
        return;
    }
    wal->active = last_of_segment(first) < last_of_segment(second) ? 1 : 0;
    struct segment *older = &wal->segments[1 - wal->active];
    if (last_of_segment(older) + 1 != first_of_segment(&wal->segments[wal->active])) {
        older->count = 0;
    }
}

/* A record behind a place where none is, later than all that were found, says that the one there was acknowledged. */
static enum daybook_status look_for_lost(struct wal *wal, uint64_t last, struct daybook_error *error) {
    for (unsigned number = 0; number < WAL_SEGMENTS; number++) {
        for (uint32_t page = wal->segments[number].page_count; page < SEGMENT_PAGES; page++) {
            struct place place;
            uint64_t sequence = 0;
            bool is_one = false;
            DAYBOOK_TRY(peek(wal, number, page, &sequence, error));
            if (sequence > last) {
                DAYBOOK_TRY(read_record(wal, number, page, &wal->looked_at, &place, &is_one, error));
            }
            if (is_one) {
                return daybook_fail(error, DAYBOOK_DAMAGED,
                                    "looking through %s: what was written behind event %" PRIu64
                                    " is damaged; restore the ledger from a backup",
                                    wal->path, last);
            }
        }
    }
    return DAYBOOK_OK;
}

static struct wal_range range_of(const struct wal *wal) {
    const struct segment *active = &wal->segments[wal->active];
    const struct segment *older = &wal->segments[1 - wal->active];
    const struct segment *first = older->count > 0 ? older : active;
    const struct segment *last = active->count > 0 ? active : older;
    if (first->count == 0) {
        return (struct wal_range){0};
    }
    return (struct wal_range){first_of_segment(first), last_of_segment(last),
                              last->places[last->count - 1].header.last_recorded_at_us};
}

struct wal_range wal_range(struct wal *wal) {
    pthread_mutex_lock(&wal->mutex);
    const struct wal_range range = range_of(wal);
    pthread_mutex_unlock(&wal->mutex);
    return range;
}

static enum daybook_status look(struct wal *wal, uint64_t settled, bool is_thorough, struct daybook_error *error) {
    for (unsigned number = 0; number < WAL_SEGMENTS; number++) {
        DAYBOOK_TRY(look_through(wal, number, is_thorough, error));
    }
    put_in_order(wal);
    const struct wal_range range = range_of(wal);
    if (is_thorough) {
        DAYBOOK_TRY(look_for_lost(wal, range.last_sequence > settled ? range.last_sequence : settled, error));
    }
    if (range.last_sequence > settled) { /* WA1 */
        return fdatasync(wal->file) == 0 ? DAYBOOK_OK : failed(wal, errno, "syncing", error);
    }
    for (unsigned number = 0; number < WAL_SEGMENTS; number++) {
        wal->segments[number].count = 0; /* All of it was settled, and the table goes further than its last record. */
    }
    return DAYBOOK_OK;
}

enum daybook_status wal_look(struct wal *wal, uint64_t settled, bool is_thorough, struct daybook_error *error) {
    pthread_mutex_lock(&wal->mutex);
    const enum daybook_status status = look(wal, settled, is_thorough, error);
    for (unsigned number = 0; number < WAL_SEGMENTS && status != DAYBOOK_OK; number++) {
        wal->segments[number].count = 0;
    }
    pthread_mutex_unlock(&wal->mutex);
    return status;
}

bool wal_has_news(struct wal *wal, uint64_t next) {
    pthread_mutex_lock(&wal->mutex);
    const unsigned active = wal->active;
    const bool has_news = wal->file >= 0 && (begins_at(wal, active, wal->segments[active].page_count, next) ||
                                             begins_at(wal, active, 0, next) || begins_at(wal, 1 - active, 0, next));
    pthread_mutex_unlock(&wal->mutex);
    return has_news;
}

/* The last record that begins at or before: of sequences, or of instants where `by_instant`. NULL: none. */
static const struct place *place_at(const struct wal *wal, uint64_t sequence, int64_t instant_us, bool by_instant,
                                    unsigned *number) {
    const struct place *found = NULL;
    for (unsigned turn = 1; turn <= WAL_SEGMENTS && found == NULL; turn++) {
        *number = (wal->active + WAL_SEGMENTS - turn + 1) % WAL_SEGMENTS; /* The active one first: it is later. */
        const struct segment *segment = &wal->segments[*number];
        for (uint32_t i = segment->count; i > 0 && found == NULL; i--) {
            const struct frame_header *header = &segment->places[i - 1].header;
            if (by_instant ? header->first_recorded_at_us <= instant_us : header->first_sequence <= sequence) {
                found = &segment->places[i - 1];
            }
        }
    }
    return found;
}

/* Under the mutex, so that the file stays open; what is written there meanwhile has another checksum. */
static enum daybook_status find(struct wal *wal, uint64_t sequence, struct daybook_buffer *frame, bool *is_found,
                                struct daybook_error *error) {
    unsigned number = 0;
    struct place read;
    *is_found = false;
    const struct place *place = wal->file >= 0 ? place_at(wal, sequence, 0, false, &number) : NULL;
    if (place == NULL || last_of(place) < sequence) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(read_record(wal, number, place->page, frame, &read, is_found, error));
    *is_found = *is_found && read.header.first_sequence == place->header.first_sequence &&
                read.header.event_count == place->header.event_count;
    if (*is_found) {
        frame->size = read.frame_bytes;
        memmove(frame->data, frame->data + RECORD_HEADER, frame->size);
    }
    return DAYBOOK_OK;
}

enum daybook_status wal_find(struct wal *wal, uint64_t sequence, struct daybook_buffer *frame, bool *is_found,
                             struct daybook_error *error) {
    pthread_mutex_lock(&wal->mutex);
    const enum daybook_status status = find(wal, sequence, frame, is_found, error);
    pthread_mutex_unlock(&wal->mutex);
    return status;
}

uint64_t wal_find_instant(struct wal *wal, int64_t instant_us) {
    unsigned number = 0;
    pthread_mutex_lock(&wal->mutex);
    const struct place *place = place_at(wal, 0, instant_us, true, &number);
    const uint64_t first_sequence = place != NULL ? place->header.first_sequence : 0;
    pthread_mutex_unlock(&wal->mutex);
    return first_sequence;
}

/* ---- writing ---- */

bool wal_has_room(const struct wal *wal, size_t frame_bytes) {
    return wal->segments[wal->active].page_count + pages_of(frame_bytes) <= SEGMENT_PAGES;
}

enum daybook_status wal_append(struct wal *wal, struct daybook_bytes frame, const struct frame_header *header,
                               struct daybook_error *error) {
    struct segment *segment = &wal->segments[wal->active];
    const uint32_t page_count = pages_of(frame.size);
    const size_t size = (size_t)page_count * PAGE_BYTES;
    daybook_buffer_reset(&wal->record);
    uint8_t *record = daybook_buffer_reserve(&wal->record, size);
    if (record == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "writing to %s: no memory", wal->path);
    }
    memcpy(record + AT_MAGIC, magic, sizeof magic);
    store_le32(record + AT_SIZE, (uint32_t)frame.size);
    store_le64(record + AT_SEQUENCE, header->first_sequence);
    memcpy(record + RECORD_HEADER, frame.data, frame.size);
    memset(record + RECORD_HEADER + frame.size, 0, size - RECORD_HEADER - frame.size);
    store_le64(record + AT_CHECKSUM, checksum_of(wal, record, frame.size));
    if (!write_all(wal->file, record, size, offset_of(wal->active, segment->page_count)) || fdatasync(wal->file) != 0) {
        return failed(wal, errno, "writing to", error);
    }
    pthread_mutex_lock(&wal->mutex);
    segment->places[segment->count++] = (struct place){
        .header = *header, .page = segment->page_count, .page_count = page_count, .frame_bytes = (uint32_t)frame.size};
    segment->page_count += page_count;
    pthread_mutex_unlock(&wal->mutex);
    return DAYBOOK_OK;
}

unsigned wal_active(const struct wal *wal) {
    return wal->active;
}

void wal_turn(struct wal *wal) {
    pthread_mutex_lock(&wal->mutex);
    wal->active = 1 - wal->active;
    wal->segments[wal->active].count = 0;
    wal->segments[wal->active].page_count = 0;
    pthread_mutex_unlock(&wal->mutex);
}

void wal_clear(struct wal *wal, unsigned segment) {
    pthread_mutex_lock(&wal->mutex);
    wal->segments[segment].count = 0;
    wal->segments[segment].page_count = 0;
    pthread_mutex_unlock(&wal->mutex);
}
