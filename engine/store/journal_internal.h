/* What the files of the journal share; for engine/store alone. */
#ifndef DAYBOOK_STORE_JOURNAL_INTERNAL_H
#define DAYBOOK_STORE_JOURNAL_INTERNAL_H

#include <pthread.h>

#include "codec/event_stamp.h"
#include "limits.h"
#include "store/journal.h"
#include "store/store.h"
#include "store/underway.h"
#include "store/wal.h"

enum { TABLE_FRAMES, TABLE_META, JOURNAL_TABLES };

/* In the row "format" of the table meta. */
enum { FORMAT_WITHOUT_LOG = 1, FORMAT_WITH_LOG = 2 };

/* A full frame, chosen by measurement: README.md. */
enum { FRAME_TARGET_EVENTS = 512, FRAME_TARGET_BYTES = 1 << 18 };
_Static_assert(FRAME_TARGET_EVENTS <= LIMIT_FRAME_EVENTS, "a full frame is a frame");
_Static_assert(FRAME_TARGET_BYTES + LIMIT_EVENT_BYTES <= LIMIT_FRAME_BYTES, "a full frame is a frame");

/* A frame of as many events is young no more: no merge takes it but the one that makes a full frame. */
enum { YOUNG_LESS_EVENTS = 64 };

/* Frames that follow each other. */
struct frame_run {
    uint64_t first_sequence;
    uint32_t frame_count;
    uint32_t event_count;
    uint32_t raw_bytes;
};

/* The newest frames that together still fit one full frame, and those of them behind the last that many events share:
 * what a merge replaces is either. */
struct journal_tail {
    struct frame_run all;
    struct frame_run young;
};

struct journal_piece {
    size_t offset; /* In `packed`. */
    size_t size;
    struct frame_header header;
};

/* What a segment of the log has, as it is to be settled. */
struct gathered {
    uint8_t *bytes;
    size_t size;
    struct event_span *events;
    int64_t *recorded_at_us;
    size_t count;
};

/* The log in front of the table of frames, of the writer: journal_settle.c. */
struct journal_log {
    struct frame_codec *codec; /* The appender's, for records. */
    struct daybook_buffer frame;
    unsigned small_appends; /* Small batches that went to the table, until the log is taken into use. */
    uint64_t settle_after_ns;
    bool is_off;         /* It is not wanted, or cannot be made. */
    bool is_declared;    /* The table says that there may be more in the log. */
    struct gathered all; /* Of both segments and a batch behind them; no bytes of its own. */

    pthread_mutex_t mutex;  /* Guards what follows; behind `frames_mutex`. */
    pthread_cond_t called;  /* The settler has something to do, or shall end. */
    pthread_cond_t settled; /* A segment has room, or could not be settled. */
    struct gathered gathered[WAL_SEGMENTS];
    uint64_t oldest_ns;          /* Of what is in the segment that is being written. */
    enum daybook_status failure; /* Not OK: the settler could not; the next append tries, and tells. */
    struct daybook_error why;    /* Then; nobody else knows it where nothing may be tried any more. */
    bool is_closing;
    bool is_started;
    pthread_t thread;
};

struct journal {
    struct store *store;
    struct wal *wal; /* Not in use where the table of frames has everything. */
    struct underway *underway;
    char *directory;
    struct daybook_buffer config;
    bool is_writer;
    int lock; /* The writer's, else -1. */
    uint64_t min_free_bytes;
    _Atomic uint64_t plenty_ns; /* When far more than that was seen to be free, on the coarse clock. */
    pthread_mutex_t head_mutex; /* Between the threads that ask for the next three and whoever moves them. */
    uint64_t head_commit;       /* A reader's: 0 = it has not looked yet. */

    struct journal_head head; /* Of another process's journal: as it was at commit `head_commit`. */
    uint64_t encoded_from;    /* journal_encodes; 0 = it was not said. */
    struct journal_log log;

    /* The rest is the writer's: whoever holds the mutex. */
    pthread_mutex_t frames_mutex;
    struct journal_head settled; /* The last event in the table of frames. */
    struct journal_tail tail;
    struct frame_codec *codec;
    struct daybook_buffer packed; /* The frames of the batch, end to end. */
    struct journal_piece *pieces;
    size_t piece_count;
    size_t piece_capacity;
    size_t event_milli_bytes;         /* Packed, of the last large frames: what the next one is cut by. 0 = unknown. */
    struct daybook_buffer raw;        /* A frame being verified or merged. */
    struct daybook_buffer merged_raw; /* All events of a merge. */
    struct daybook_buffer merged_frame; /* And their one frame. */
    struct event_span *events;          /* LIMIT_FRAME_EVENTS, pointing into `raw`. */
    struct event_span *merged_events;   /* FRAME_TARGET_EVENTS, pointing into `merged_raw`. */
};

enum { FRAME_KEY_SIZE = 8 };

static inline struct daybook_bytes frame_key(uint8_t key[FRAME_KEY_SIZE], uint64_t first_sequence) {
    store_be64(key, first_sequence);
    return (struct daybook_bytes){key, FRAME_KEY_SIZE};
}

static inline uint64_t frame_last_sequence(const struct frame_header *header) {
    return header->first_sequence + header->event_count - 1;
}

/* The header of a row of frames, checked against its key. */
DAYBOOK_MUST_USE enum daybook_status frame_row_peek(const struct journal *journal, const struct table_row *row,
                                                    struct frame_header *header, struct daybook_error *error);

/* Every event of the unpacked frame says its own sequence, and an instant that is later than that of the one before it
 * and, of the first and the last, what the header says. DAMAGED names the event. */
DAYBOOK_MUST_USE enum daybook_status frame_stamps_check(const struct journal *journal,
                                                        const struct frame_header *header,
                                                        const struct event_span *events, struct daybook_error *error);

/* What a commit says of the log. */
enum log_change {
    LOG_STAYS,
    LOG_DECLARED, /* There may be more than the table has. */
    LOG_EMPTY,    /* There is not. */
};

/* Puts the events that follow `settled` into the table of frames, in one transaction, merging what is due. Without
 * events, only what is said of the log. The caller holds `frames_mutex`. */
DAYBOOK_MUST_USE enum daybook_status frames_append(struct journal *journal, const struct journal_batch *batch,
                                                   enum log_change change, struct daybook_error *error);

/* Says so in the table; salt 0: that there is no log in use. */
DAYBOOK_MUST_USE enum daybook_status log_declare(struct store_txn *txn, uint64_t salt, struct daybook_error *error);

/* What the table says of the log: `salt` where one is declared. */
DAYBOOK_MUST_USE enum daybook_status log_declared(struct store_txn *txn, uint64_t *salt, bool *is_declared,
                                                  struct daybook_error *error);

/* Takes a small batch; `is_taken`: else it is for the table. */
DAYBOOK_MUST_USE enum daybook_status log_append(struct journal *journal, const struct journal_batch *batch,
                                                uint64_t batch_bytes, bool *is_taken, struct daybook_error *error);

/* Puts the batch, behind what the log has, into the table; takes the log into use where small batches come. */
DAYBOOK_MUST_USE enum daybook_status log_pass(struct journal *journal, const struct journal_batch *batch,
                                              uint64_t batch_bytes, struct daybook_error *error);

/* What a writer that was killed left in the log goes into the table. DAMAGED: some of it is lost. */
DAYBOOK_MUST_USE enum daybook_status log_recover(struct journal *journal, struct daybook_error *error);

/* Why nothing is written any more, where it was the settler that failed; else `status` and `error` as they are. */
DAYBOOK_MUST_USE enum daybook_status log_explain(struct journal *journal, enum daybook_status status,
                                                 struct daybook_error *error);

void log_init(struct journal_log *log, const struct journal_options *options);

/* Settles everything, where that is possible, and ends the settler. */
void log_close(struct journal *journal);

/* The tail with one more frame at its end; a frame that does not fit starts a new one. */
void tail_add(struct journal_tail *tail, const struct frame_header *header);

/* The same at its beginning, as long as frames fit; false: this one does not. */
bool tail_add_before(struct journal_tail *tail, const struct frame_header *header);

/* Verifies the newest frames, and finds head and tail. DAMAGED names the sequences. */
DAYBOOK_MUST_USE enum daybook_status journal_recover(struct journal *journal, struct daybook_error *error);

/* The frames whose merge before `next` would pay; none of them: a run of no frames. */
struct frame_run tail_due(const struct journal_tail *tail, const struct frame_header *next);

/* The tail once they are one frame. */
void tail_merged(struct journal_tail *tail, const struct frame_run *run);

/* Replaces the frames by one, inside `txn`. */
DAYBOOK_MUST_USE enum daybook_status frames_merge(struct journal *journal, struct store_txn *txn,
                                                  const struct frame_run *run, struct daybook_error *error);

#endif
