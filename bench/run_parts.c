/*
 * The limits of the parts, with the very events that the ledger appended: what
 * LMDB, zstd, the wire format and the disk could do if nothing else were to be done.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/random.h"
#include "codec/wire.h"
#include "limits.h"
#include "store/journal.h"

enum { PARTS_EVENTS_MAX = 1000000, RAW_READS = 100000 };

/* Keeps the first events of the journal in memory. */
static bool load_events(struct bench *bench) {
    char path[PATH_MAX];
    struct daybook_error error;
    struct journal *journal = NULL;
    struct journal_reader *reader = NULL;
    struct journal_options options = {0};
    size_t wanted = bench->head < PARTS_EVENTS_MAX ? (size_t)bench->head : PARTS_EVENTS_MAX;
    size_t *starts = calloc(wanted, sizeof *starts);
    bench->event_spans = calloc(wanted, sizeof *bench->event_spans);
    bool is_done = false;
    if (starts == NULL || bench->event_spans == NULL ||
        journal_open(bench_path(bench, "ledger", path), &options, &journal, &error) != DAYBOOK_OK ||
        journal_reader_open(journal, &reader, &error) != DAYBOOK_OK) {
        goto out;
    }
    while (bench->event_count < wanted) {
        struct journal_slice slice;
        if (journal_read(reader, bench->event_count + 1, &slice, &error) != DAYBOOK_OK) {
            goto out;
        }
        for (size_t i = 0; i < slice.count && bench->event_count < wanted; i++) {
            starts[bench->event_count] = bench->event_bytes.size;
            bench->event_spans[bench->event_count++].size = slice.events[i].size;
            if (daybook_buffer_append(&bench->event_bytes, slice.events[i].data, slice.events[i].size) != DAYBOOK_OK) {
                goto out;
            }
        }
    }
    /* Only now: the buffer moved while it grew. */
    for (size_t i = 0; i < bench->event_count; i++) {
        bench->event_spans[i].data = bench->event_bytes.data + starts[i];
    }
    is_done = true;
out:
    if (!is_done) {
        bench_failed("reading the events back", &error);
    }
    journal_reader_close(reader);
    journal_close(journal);
    free(starts);
    return is_done;
}

static bool lmdb_failed(const char *what, int code) {
    (void)fprintf(stderr, "daybook-bench: raw LMDB: %s: %s\n", what, mdb_strerror(code));
    return false;
}

/* A durable environment like the journal's, without any of it. */
struct raw {
    MDB_env *env;
    MDB_dbi dbi;
    uint64_t next_key;
};

static bool raw_open(struct raw *raw, const char *path) {
    MDB_txn *txn = NULL;
    int code = mkdir(path, 0777) == 0 || errno == EEXIST ? mdb_env_create(&raw->env) : errno;
    if (code == 0) {
        code = mdb_env_set_mapsize(raw->env, (size_t)1 << 38);
    }
    if (code == 0) {
        code = mdb_env_open(raw->env, path, 0, 0666);
    }
    if (code == 0) {
        code = mdb_txn_begin(raw->env, NULL, 0, &txn);
    }
    if (code == 0) {
        code = mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &raw->dbi);
        if (code == 0) {
            code = mdb_txn_commit(txn);
        } else {
            mdb_txn_abort(txn);
        }
    }
    return code == 0 || lmdb_failed("opening", code);
}

static int raw_put(struct raw *raw, MDB_txn *txn, const void *data, size_t size) {
    uint64_t key = ++raw->next_key;
    MDB_val key_value = {sizeof key, &key};
    MDB_val value = {size, (void *)(uintptr_t)data};
    return mdb_put(txn, raw->dbi, &key_value, &value, MDB_APPEND);
}

/* One record an event, `per_commit` of them a commit. */
static bool raw_append(struct bench *bench, const char *name, size_t count, size_t per_commit, double *rate) {
    char path[PATH_MAX];
    struct raw raw = {0};
    bool is_done = raw_open(&raw, bench_path(bench, name, path));
    uint64_t start = clock_monotonic_ns();
    for (size_t at = 0; is_done && at < count;) {
        MDB_txn *txn = NULL;
        int code = mdb_txn_begin(raw.env, NULL, 0, &txn);
        size_t end = at + per_commit < count ? at + per_commit : count;
        for (; code == 0 && at < end; at++) {
            code = raw_put(&raw, txn, bench->event_spans[at].data, bench->event_spans[at].size);
        }
        if (code == 0) {
            code = mdb_txn_commit(txn);
        }
        is_done = code == 0 || lmdb_failed("appending", code);
    }
    *rate = (double)count / bench_seconds_since(start);
    mdb_env_close(raw.env);
    return is_done;
}

/* One record of those that raw_append left, at random, in a read transaction of its own. */
static bool raw_read(struct bench *bench, const char *name) {
    char path[PATH_MAX];
    struct raw raw = {0};
    struct samples samples = {0};
    struct random_source random = random_seeded(bench->seed + 3);
    MDB_txn *txn = NULL;
    bool is_done = samples_init(&samples, RAW_READS) && raw_open(&raw, bench_path(bench, name, path));
    int code = is_done ? mdb_txn_begin(raw.env, NULL, MDB_RDONLY, &txn) : 0;
    for (int i = 0; is_done && code == 0 && i < RAW_READS; i++) {
        uint64_t key = 1 + random_below(&random, bench->event_count);
        MDB_val key_value = {sizeof key, &key};
        MDB_val value;
        uint64_t start = clock_monotonic_ns();
        mdb_txn_reset(txn);
        code = mdb_txn_renew(txn);
        code = code == 0 ? mdb_get(txn, raw.dbi, &key_value, &value) : code;
        samples_add(&samples, clock_monotonic_ns() - start);
    }
    mdb_txn_abort(txn);
    mdb_env_close(raw.env);
    is_done = is_done && (code == 0 || lmdb_failed("reading", code));
    if (is_done) {
        bench->read_limit = figures_add_latency(&bench->figures, "part: LMDB, one event at random", &samples)->value;
    }
    samples_release(&samples);
    return is_done;
}

/* The events cut into full frames: what the codec alone makes of them. */
struct frames {
    struct daybook_buffer packed;
    size_t *ends;
    size_t count;
};

static size_t frame_length(const struct bench *bench, size_t at) {
    size_t left = bench->event_count - at;
    return left < LIMIT_FRAME_EVENTS ? left : LIMIT_FRAME_EVENTS;
}

static struct frame_header header_of(const struct bench *bench, size_t at) {
    struct frame_header header = {.first_sequence = at + 1, .event_count = (uint32_t)frame_length(bench, at)};
    header.first_recorded_at_us = 1;
    header.last_recorded_at_us = header.event_count;
    for (size_t i = 0; i < header.event_count; i++) {
        header.raw_size_bytes += bench->event_spans[at + i].size;
    }
    return header;
}

static bool measure_codec(struct bench *bench, struct frames *frames) {
    struct daybook_error error = {0};
    struct daybook_buffer raw = {0};
    struct frame_header header;
    struct event_span *spans = calloc(LIMIT_FRAME_EVENTS, sizeof *spans);
    struct frame_codec *codec = frame_codec_open();
    enum daybook_status status = codec != NULL && spans != NULL ? DAYBOOK_OK : DAYBOOK_NO_MEMORY;
    uint64_t start = clock_monotonic_ns();
    for (size_t at = 0; status == DAYBOOK_OK && at < bench->event_count; at += frame_length(bench, at)) {
        status = frame_pack(codec, header_of(bench, at), bench->event_spans + at, &frames->packed, &error);
        frames->ends[frames->count++] = frames->packed.size;
    }
    double events = (double)bench->event_count;
    if (status == DAYBOOK_OK) {
        figures_add(&bench->figures, "part: frames packed (zstd)", events / bench_seconds_since(start), "events/s");
        double packed = (double)frames->packed.size / events;
        figures_add(&bench->figures, "part: size of an event in a full frame", packed, "bytes");
        figure_limit(bench->journal, "one in a full frame", packed);
        figures_add(&bench->figures, "part: size of an event as it is", (double)bench->event_bytes.size / events,
                    "bytes");
    }
    start = clock_monotonic_ns();
    for (size_t i = 0; status == DAYBOOK_OK && i < frames->count; i++) {
        size_t from = i > 0 ? frames->ends[i - 1] : 0;
        struct daybook_bytes frame = {frames->packed.data + from, frames->ends[i] - from};
        status = frame_unpack(codec, frame, &header, &raw, spans, &error);
    }
    if (status == DAYBOOK_OK) {
        bench->unpack_rate = events / bench_seconds_since(start);
        figures_add(&bench->figures, "part: frames unpacked (zstd)", bench->unpack_rate, "events/s");
    }
    frame_codec_close(codec);
    daybook_buffer_release(&raw);
    free(spans);
    return status == DAYBOOK_OK || bench_failed("packing frames", &error);
}

/* Packed frames into LMDB, as many events a commit as the ledger had. */
static bool measure_frame_append(struct bench *bench, const struct frames *frames, size_t events_per_commit) {
    char path[PATH_MAX];
    struct raw raw = {0};
    bool is_done = raw_open(&raw, bench_path(bench, "raw-frames", path));
    size_t per_commit = events_per_commit / LIMIT_FRAME_EVENTS > 0 ? events_per_commit / LIMIT_FRAME_EVENTS : 1;
    uint64_t start = clock_monotonic_ns();
    for (size_t i = 0; is_done && i < frames->count;) {
        MDB_txn *txn = NULL;
        int code = mdb_txn_begin(raw.env, NULL, 0, &txn);
        for (size_t j = 0; code == 0 && j < per_commit && i < frames->count; j++, i++) {
            size_t from = i > 0 ? frames->ends[i - 1] : 0;
            code = raw_put(&raw, txn, frames->packed.data + from, frames->ends[i] - from);
        }
        if (code == 0) {
            code = mdb_txn_commit(txn);
        }
        is_done = code == 0 || lmdb_failed("appending frames", code);
    }
    if (is_done) {
        figures_add(&bench->figures, "part: LMDB, append of ready frames",
                    (double)bench->event_count / bench_seconds_since(start), "events/s");
    }
    mdb_env_close(raw.env);
    return is_done;
}

static bool measure_wire(struct bench *bench) {
    struct daybook_error error = {0};
    struct daybook_buffer out = {0};
    struct arena event_arena;
    arena_init(&event_arena, (size_t)1 << 24);
    enum daybook_status status = DAYBOOK_OK;
    double decode_s = 0;
    double encode_s = 0;
    enum { CHUNK = 4096 };
    ProtobufCMessage *messages[CHUNK];
    for (size_t at = 0; status == DAYBOOK_OK && at < bench->event_count; at += CHUNK) {
        size_t end = at + CHUNK < bench->event_count ? at + CHUNK : bench->event_count;
        arena_reset(&event_arena);
        daybook_buffer_reset(&out);
        uint64_t start = clock_monotonic_ns();
        for (size_t i = at; status == DAYBOOK_OK && i < end; i++) {
            struct daybook_bytes bytes = {bench->event_spans[i].data, bench->event_spans[i].size};
            status = wire_decode(&pb__event__descriptor, bytes, &event_arena, &messages[i - at], &error);
        }
        decode_s += bench_seconds_since(start);
        start = clock_monotonic_ns();
        for (size_t i = at; status == DAYBOOK_OK && i < end; i++) {
            status = wire_encode(messages[i - at], &out);
        }
        encode_s += bench_seconds_since(start);
    }
    if (status == DAYBOOK_OK) {
        bench->decode_rate = (double)bench->event_count / decode_s;
        figures_add(&bench->figures, "part: wire decode", bench->decode_rate, "events/s");
        figures_add(&bench->figures, "part: wire encode", (double)bench->event_count / encode_s, "events/s");
    }
    arena_release(&event_arena);
    daybook_buffer_release(&out);
    return status == DAYBOOK_OK || bench_failed("decoding events", &error);
}

/* A page written and synced, again and again. */
static bool measure_sync(struct bench *bench) {
    char path[PATH_MAX];
    static const char page[4096];
    size_t syncs = bench->singles / 4 + 1;
    struct samples samples = {0};
    int file = open(bench_path(bench, "sync", path), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    bool is_done = file >= 0 && samples_init(&samples, syncs);
    for (size_t i = 0; is_done && i < syncs; i++) {
        uint64_t start = clock_monotonic_ns();
        is_done = pwrite(file, page, sizeof page, (off_t)(i % 256) * (off_t)sizeof page) == sizeof page &&
                  fdatasync(file) == 0;
        samples_add(&samples, clock_monotonic_ns() - start);
    }
    if (is_done) {
        figures_add(&bench->figures, "part: write of 4 KiB and fdatasync", (double)syncs / samples_sum_s(&samples),
                    "syncs/s");
        figures_add_latency(&bench->figures, "part: latency of one", &samples);
    } else {
        (void)fprintf(stderr, "daybook-bench: syncing %s: %s\n", path, strerror(errno));
    }
    if (file >= 0) {
        (void)close(file);
    }
    samples_release(&samples);
    return is_done;
}

bool bench_parts(struct bench *bench) {
    if (!load_events(bench)) {
        return false;
    }
    /* The same commits as the ledger made: 8192 requests in each. */
    size_t per_commit = (size_t)(bench->head * bench_batch_requests(bench) / bench->requests);
    struct frames frames = {.ends = calloc(bench->event_count / LIMIT_FRAME_EVENTS + 1, sizeof *frames.ends)};
    size_t single = bench->event_count < bench->singles ? bench->event_count : bench->singles;
    bool is_done = frames.ends != NULL &&
                   raw_append(bench, "raw-batches", bench->event_count, per_commit, &bench->append_limit) &&
                   raw_read(bench, "raw-batches") && raw_append(bench, "raw-single", single, 1, &bench->commit_limit);
    if (is_done) {
        figures_add(&bench->figures, "part: LMDB, the same events and commits", bench->append_limit, "events/s");
        figures_add(&bench->figures, "part: LMDB, one event a commit", bench->commit_limit, "commits/s");
        figure_limit(bench->append, "raw LMDB append", bench->append_limit);
        is_done = measure_codec(bench, &frames) && measure_frame_append(bench, &frames, per_commit) &&
                  measure_wire(bench) && measure_sync(bench);
    }
    daybook_buffer_release(&frames.packed);
    free(frames.ends);
    return is_done;
}
