/* Requests one after the other in one buffer, submitted in one call. */
#include "bench/batch.h"

#include <stdlib.h>
#include <time.h>

#include "codec/wire.h"

bool batch_init(struct batch *batch, size_t capacity) {
    *batch = (struct batch){.capacity = capacity};
    batch->ends = calloc(capacity, sizeof *batch->ends);
    batch->requests = calloc(capacity, sizeof *batch->requests);
    return batch->ends != NULL && batch->requests != NULL;
}

void batch_release(struct batch *batch) {
    daybook_buffer_release(&batch->bytes);
    free(batch->ends);
    free(batch->requests);
}

void batch_reset(struct batch *batch) {
    daybook_buffer_reset(&batch->bytes);
    batch->count = 0;
}

bool batch_add(struct batch *batch, const Pb__Request *request) {
    if (wire_encode(&request->base, &batch->bytes) != DAYBOOK_OK) {
        return false;
    }
    batch->ends[batch->count++] = batch->bytes.size;
    return true;
}

void batch_finish(struct batch *batch) {
    size_t start = 0;
    for (size_t i = 0; i < batch->count; i++) {
        batch->requests[i] = (struct daybook_bytes){batch->bytes.data + start, batch->ends[i] - start};
        start = batch->ends[i];
    }
}

bool batch_submit(struct daybook *ledger, struct batch *batch, struct samples *samples, struct tally *tally) {
    struct daybook_error error;
    struct daybook_answers answers = {0};
    uint64_t cpu_start = bench_processor_ns(CLOCK_THREAD_CPUTIME_ID);
    uint64_t start = clock_monotonic_ns();
    enum daybook_status status =
        daybook_submit(ledger, batch->requests, batch->count, DAYBOOK_SUBMIT_EACH, &answers, &error);
    samples_add(samples, clock_monotonic_ns() - start);
    tally->cpu_ns += bench_processor_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
    if (status != DAYBOOK_OK) {
        return bench_failed("submitting", &error);
    }
    for (size_t i = 0; i < answers.count; i++) {
        const struct daybook_answer *answer = &answers.items[i];
        if (answer->refusal == NULL) {
            tally->events += answer->last_sequence - answer->first_sequence + 1;
        } else if (tally->refused++ < 3 && tally->says_why) {
            (void)fprintf(stderr, "  refused: %s\n", answer->refusal->message);
        }
    }
    tally->requests += answers.count;
    daybook_answers_release(&answers);
    return true;
}

bool bench_make_ledger(struct bench *bench, const char *directory, struct daybook **ledger) {
    struct daybook_error error;
    struct daybook_create_options made = {.timezone = "UTC", .currency = "CNY", .clock = bench_clock(bench)};
    struct daybook_open_options how = {.directory = directory, .is_writer = true, .clock = bench_clock(bench)};
    if (daybook_create(directory, &made, &error) != DAYBOOK_OK || daybook_open(&how, ledger, &error) != DAYBOOK_OK) {
        return bench_failed("making a ledger", &error);
    }
    return true;
}
