/*
 * The power fails, at any moment.
 *
 * A ledger is made, written, asked, closed and opened again while everything
 * that goes to its files is recorded. Then, for many moments of the recording,
 * the files are made as a disk may hold them, and opened again. Everything that
 * had been acknowledged is there, no request is there by halves, the views say
 * what the undisturbed ledger says, and the next request is taken.
 *
 *     power_cut [IMAGES [SEED]]       IMAGES: how many (300); "all" = every record, each fate
 */
#include <inttypes.h>
#include <time.h>

#include "bench/workload.h"
#include "daybook/v1/query.pb-c.h"
#include "projections/query.h"
#include "tests/crash/disk.h"
#include "tests/engine/ledger_case.h"

enum { REQUESTS = 420, BATCH_MOST = 16, CHECKPOINT_EVENTS = 60, REOPEN_EVERY = 140, ASK_EVERY = 7 };

struct play {
    char base[64];
    char directory[96];
    struct daybook_buffer requests[REQUESTS]; /* Encoded. */
    uint64_t last_of[REQUESTS + 1];           /* The head after so many requests; requests are numbered from 1. */
    uint64_t head;
    struct event_batch events;
    bool *begins; /* Event i+1 is the first of a request. */
    int64_t now_us;
    uint64_t random;
    size_t opened; /* Images that held a ledger. */
    size_t unmade; /* Cut off while the ledger was being made. */
    struct daybook *reference;
};

static struct daybook_error error;

#define MUST(condition, ...)                                                                                           \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                                      \
            (void)fprintf(stderr, __VA_ARGS__);                                                                        \
            (void)fprintf(stderr, ": %s\n", error.message);                                                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static uint64_t next_random(struct play *play) {
    play->random = play->random * 6364136223846793005U + 1442695040888963407U;
    return play->random >> 33;
}

static int64_t now(void *context) {
    return ((struct play *)context)->now_us;
}

static struct daybook *open_ledger(struct play *play, const char *directory, enum daybook_status *status) {
    struct daybook_open_options how = {.directory = directory,
                                       .is_writer = true,
                                       .views = daybook_standard_views,
                                       .checkpoint_events = CHECKPOINT_EVENTS,
                                       .map_size_bytes = (size_t)1 << 28,
                                       .clock = {now, play}};
    struct daybook *ledger = NULL;
    *status = daybook_open(&how, &ledger, &error);
    return ledger;
}

static void draw_requests(struct play *play) {
    struct workload_options options = {
        .seed = play->random, .customers = 12, .requests = REQUESTS, .carries_instants = true};
    struct workload *workload = workload_open(&options);
    MUST(workload != NULL, "drawing requests");
    for (size_t i = 0; i < REQUESTS; i++) {
        const Pb__Request *request = workload_next(workload);
        play->now_us = request->recorded_at_us;
        MUST(wire_encode(&request->base, &play->requests[i]) == DAYBOOK_OK, "encoding request %zu", i);
    }
    workload_close(workload);
    play->now_us += 1000000;
}

/* All balances as of the last day, as known at `known_at`; the head is left out, for it differs. */
static struct daybook_buffer ask(struct daybook *ledger, uint64_t known_at) {
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    Pb__At at = PB__AT__INIT;
    struct arena arena;
    char text[32];
    struct daybook_buffer bytes = {0};
    ProtobufCMessage *answer = NULL;
    arena_init(&arena, (size_t)1 << 26);
    (void)snprintf(text, sizeof text, "%" PRIu64, known_at);
    at.as_of = "2024-12-31";
    at.known_at = text;
    balance.at = &at;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &balance;
    MUST(query_run(ledger, &query, &arena, &answer, &error) == DAYBOOK_OK, "asking at %" PRIu64, known_at);
    ((Pb__BalanceAnswer *)answer)->position->journal_head = 0;
    MUST(wire_encode(answer, &bytes) == DAYBOOK_OK, "encoding an answer");
    arena_release(&arena);
    return bytes;
}

static void submit_some(struct play *play, struct daybook *ledger, size_t *next) {
    struct daybook_bytes batch[BATCH_MOST];
    struct daybook_answers answers = {0};
    size_t count = 1 + (size_t)(next_random(play) % BATCH_MOST);
    count = count < REQUESTS - *next ? count : REQUESTS - *next;
    for (size_t i = 0; i < count; i++) {
        batch[i] = daybook_buffer_view(&play->requests[*next + i]);
    }
    MUST(daybook_submit(ledger, batch, count, DAYBOOK_SUBMIT_EACH, &answers, &error) == DAYBOOK_OK, "submitting");
    for (size_t i = 0; i < count; i++) {
        uint64_t last = answers.items[i].last_sequence;
        play->head = last > play->head ? last : play->head;
        play->last_of[*next + i + 1] = play->head;
    }
    daybook_answers_release(&answers);
    *next += count;
    recorder_mark(*next); /* Acknowledged. */
}

static void record(struct play *play) {
    enum daybook_status status;
    struct daybook_create_options made = {
        .timezone = "UTC", .currency = "CNY", .allow_import_clock = true, .clock = {now, play}};
    recorder_begin(play->directory);
    MUST(daybook_create(play->directory, &made, &error) == DAYBOOK_OK, "making a ledger");
    recorder_mark(0);
    struct daybook *ledger = open_ledger(play, play->directory, &status);
    MUST(status == DAYBOOK_OK, "opening");
    size_t since = 0;
    for (size_t next = 0, calls = 0; next < REQUESTS; calls++) {
        size_t before = next;
        submit_some(play, ledger, &next);
        since += next - before;
        if (calls % ASK_EVERY == 0) {
            struct daybook_buffer answer = ask(ledger, play->head);
            daybook_buffer_release(&answer);
        }
        if (since >= REOPEN_EVERY) {
            since = 0;
            daybook_close(ledger);
            ledger = open_ledger(play, play->directory, &status);
            MUST(status == DAYBOOK_OK, "opening again");
        }
    }
    daybook_close(ledger);
    recorder_end();
}

/* The undisturbed ledger stays open, to be compared with. */
static void keep_reference(struct play *play) {
    enum daybook_status status;
    struct journal_reader *reader = NULL;
    struct journal_slice slice = {0};
    struct arena arena;
    play->reference = open_ledger(play, play->directory, &status);
    MUST(status == DAYBOOK_OK, "opening the reference");
    MUST(journal_reader_open(ledger_journal(play->reference), &reader, &error) == DAYBOOK_OK, "reading");
    play->events.events = calloc(play->head, sizeof *play->events.events);
    play->begins = calloc(play->head + 1, sizeof *play->begins);
    MUST(play->events.events != NULL && play->begins != NULL, "memory");
    arena_init(&arena, 1 << 22);
    while (play->events.count < play->head) {
        MUST(journal_read(reader, play->events.count + 1, &slice, &error) == DAYBOOK_OK && slice.count > 0, "reading");
        for (size_t i = 0; i < slice.count; i++) {
            struct daybook_bytes bytes = {slice.events[i].data, slice.events[i].size};
            ProtobufCMessage *event = NULL;
            arena_reset(&arena);
            MUST(wire_decode(&pb__event__descriptor, bytes, &arena, &event, &error) == DAYBOOK_OK, "decoding");
            play->begins[play->events.count] = ((Pb__Event *)event)->request_digest != 0;
            play->events.events[play->events.count++] =
                (struct batch_event){.offset_bytes = play->events.bytes.size, .size_bytes = (uint32_t)bytes.size};
            MUST(daybook_buffer_append(&play->events.bytes, bytes.data, bytes.size) == DAYBOOK_OK, "memory");
        }
    }
    play->begins[play->head] = true;
    arena_release(&arena);
    journal_reader_close(reader);
}

static void check_events(struct play *play, struct daybook *ledger, uint64_t head) {
    struct journal_reader *reader = NULL;
    struct journal_slice slice = {0};
    uint64_t seen = 0;
    MUST(journal_reader_open(ledger_journal(ledger), &reader, &error) == DAYBOOK_OK, "reading an image");
    while (seen < head) {
        MUST(journal_read(reader, seen + 1, &slice, &error) == DAYBOOK_OK && slice.count > 0, "event %" PRIu64,
             seen + 1);
        for (size_t i = 0; i < slice.count; i++, seen++) {
            const struct batch_event *event = &play->events.events[seen];
            MUST(slice.events[i].size == event->size_bytes &&
                     memcmp(slice.events[i].data, play->events.bytes.data + event->offset_bytes, event->size_bytes) ==
                         0,
                 "event %" PRIu64 " is another", seen + 1);
        }
    }
    journal_reader_close(reader);
}

/* Request `acknowledged` again, which is repeated, and the next one, which is taken. */
static void check_goes_on(struct play *play, struct daybook *ledger, size_t requests_there) {
    struct daybook_answers answers = {0};
    struct daybook_bytes batch[2];
    size_t count = 0;
    if (requests_there > 0) {
        batch[count++] = daybook_buffer_view(&play->requests[requests_there - 1]);
    }
    if (requests_there < REQUESTS) {
        batch[count++] = daybook_buffer_view(&play->requests[requests_there]);
    }
    MUST(daybook_submit(ledger, batch, count, DAYBOOK_SUBMIT_EACH, &answers, &error) == DAYBOOK_OK, "going on");
    if (requests_there > 0 && play->last_of[requests_there] > play->last_of[requests_there - 1]) {
        MUST(answers.items[0].is_repeated, "request %zu was forgotten", requests_there);
    }
    if (requests_there < REQUESTS) {
        uint64_t wanted = play->last_of[requests_there + 1];
        MUST(wanted == play->last_of[requests_there] || answers.items[count - 1].last_sequence == wanted,
             "request %zu became other events", requests_there + 1);
    }
    daybook_answers_release(&answers);
}

static void check_image(struct play *play, const char *directory, size_t acknowledged, bool is_made) {
    enum daybook_status status;
    uint64_t head = 0;
    struct daybook *ledger = open_ledger(play, directory, &status);
    if (!is_made && status != DAYBOOK_OK) {
        play->unmade++; /* Nobody was told that it is there. */
        return;
    }
    MUST(status == DAYBOOK_OK, "opening an image");
    MUST(daybook_head(ledger, &head, &error) == DAYBOOK_OK, "the head");
    MUST(head >= play->last_of[acknowledged], "%" PRIu64 " is the head and %" PRIu64 " was acknowledged", head,
         play->last_of[acknowledged]);
    MUST(head <= play->head && play->begins[head], "event %" PRIu64 " ends no request", head);
    check_events(play, ledger, head);
    struct daybook_buffer answer = ask(ledger, head);
    struct daybook_buffer wanted = ask(play->reference, head);
    MUST(answer.size == wanted.size && memcmp(answer.data, wanted.data, answer.size) == 0,
         "balances at %" PRIu64 " are others", head);
    daybook_buffer_release(&answer);
    daybook_buffer_release(&wanted);
    size_t requests_there = acknowledged;
    while (requests_there < REQUESTS && play->last_of[requests_there + 1] <= head) {
        requests_there++;
    }
    check_goes_on(play, ledger, requests_there);
    daybook_close(ledger);
    play->opened++;
}

static void try_image(struct play *play, const struct record *records, size_t cut, enum disk_fate fate, uint64_t seed) {
    char directory[96];
    size_t acknowledged = 0;
    bool is_made = false;
    for (size_t i = 0; i < cut; i++) {
        if (records[i].kind == RECORD_MARK) {
            acknowledged = (size_t)records[i].offset;
            is_made = true;
        }
    }
    (void)snprintf(directory, sizeof directory, "%s/image", play->base);
    place_remove(directory);
    disk_play(records, cut, fate, seed, directory);
    (void)snprintf(error.message, sizeof error.message, "record %zu, fate %d, seed %" PRIu64, cut, (int)fate, seed);
    check_image(play, directory, acknowledged, is_made);
}

static void release(struct play *play) {
    for (size_t i = 0; i < REQUESTS; i++) {
        daybook_buffer_release(&play->requests[i]);
    }
    event_batch_release(&play->events);
    free(play->begins);
    free(play);
}

int main(int argc, char **argv) {
    struct play *play = calloc(1, sizeof *play);
    size_t count = 0;
    bool is_all = argc > 1 && strcmp(argv[1], "all") == 0;
    size_t images = argc > 1 && !is_all ? (size_t)strtoull(argv[1], NULL, 10) : 300;
    const char *longer = getenv("DAYBOOK_TEST_LONG");
    images *= longer != NULL && atoi(longer) > 0 ? (size_t)atoi(longer) : 1;
    MUST(play != NULL, "memory");
    play->random = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    (void)printf("power_cut: seed %" PRIu64 "\n", play->random);
    (void)fflush(stdout);
    strcpy(play->base, "/tmp/daybook-power-XXXXXX");
    MUST(mkdtemp(play->base) != NULL, "a directory");
    (void)snprintf(play->directory, sizeof play->directory, "%s/books", play->base);
    draw_requests(play);
    record(play);
    const struct record *records = recorder_view(&count);
    keep_reference(play);
    if (is_all) {
        images = count * DISK_FATES;
    }
    for (size_t i = 0; i < images; i++) {
        size_t cut = is_all ? i / DISK_FATES + 1 : 1 + (size_t)(next_random(play) % count);
        uint64_t luck = next_random(play);
        enum disk_fate fate = is_all          ? (enum disk_fate)(i % DISK_FATES)
                              : luck % 4 == 0 ? DISK_KEEPS_NONE
                              : luck % 4 == 1 ? DISK_KEEPS_ALL
                                              : DISK_KEEPS_SOME;
        try_image(play, records, cut, fate, luck);
    }
    (void)printf("power_cut: %zu records of %" PRIu64
                 " events; %zu images opened, %zu cut off before there was a ledger\n",
                 count, play->head, play->opened, play->unmade);
    MUST(play->opened * 10 > images * 8, "too few images held a ledger");
    daybook_close(play->reference);
    place_remove(play->base);
    recorder_release();
    release(play);
    return 0;
}
