/* One history, run by the engine and judged. */
#include "run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "check.h"
#include "daybook.h"
#include "generate.h"
#include "judge.h"
#include "ledger.h"
#include "store/journal.h"

/* What became of a request. */
struct outcome {
    uint64_t first;
    uint64_t last;
    int64_t recorded_at_us;
    bool is_accepted;
    bool is_repeated;
    Pb__RefusalCode code;
};

struct run {
    struct history *history;
    struct tally tally;
    struct generator generator;
    struct outcome outcomes[HISTORY_REQUESTS];
    char books[256];
    struct daybook *ledger;
    struct journal_reader *reader;
    int64_t clock_us;
    size_t step;
    struct probes probes;
};

static void fail_run(struct run *run, const char *check, const char *text) {
    struct judge judge = {.history = run->history, .step = run->step};
    judge_expect(&judge, false, check, "%s", text);
}

static int64_t read_clock(void *context) {
    return *(const int64_t *)context;
}

static struct daybook_clock clock_of(struct run *run) {
    return (struct daybook_clock){.now_us = read_clock, .context = &run->clock_us};
}

/* ---- ledgers ---- */

static bool open_books(struct run *run, bool is_tiny) {
    struct daybook_error error;
    struct daybook_open_options how = {.directory = run->books,
                                       .is_writer = true,
                                       .views = is_tiny ? NULL : daybook_standard_views,
                                       .state_limit_bytes = is_tiny ? 1 : 0,
                                       .checkpoint_events = is_tiny ? 3 : 0,
                                       .clock = clock_of(run)};
    if (daybook_open(&how, &run->ledger, &error) != DAYBOOK_OK ||
        journal_reader_open(ledger_journal(run->ledger), &run->reader, &error) != DAYBOOK_OK) {
        fail_run(run, "open", error.message);
        return false;
    }
    return true;
}

static bool make_books(struct run *run, const char *directory, const char *name, bool is_tiny) {
    struct daybook_error error;
    const struct world *world = &run->history->world;
    struct daybook_create_options made = {.timezone = world_zones[world->zone].name,
                                          .currency = WORLD_CURRENCY,
                                          .allow_import_clock = true,
                                          .refuse_unassessed = world->refuses_unassessed,
                                          .keeps_plain_names = true, /* Two lives have the same bytes. */
                                          .clock = clock_of(run)};
    run->clock_us = 1600000000LL * 1000000;
    (void)snprintf(run->books, sizeof run->books, "%s/%s", directory, name);
    if (daybook_create(run->books, &made, &error) != DAYBOOK_OK) {
        fail_run(run, "create", error.message);
        return false;
    }
    return open_books(run, is_tiny);
}

static void close_books(struct run *run) {
    journal_reader_close(run->reader);
    daybook_close(run->ledger);
    run->reader = NULL;
    run->ledger = NULL;
}

static void remove_tree(const char *path) {
    char command[320];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", path);
    if (system(command) != 0) {
        fprintf(stderr, "cannot remove %s\n", path);
    }
}

static uint64_t head_of(struct run *run) {
    uint64_t head = 0;
    struct daybook_error error;
    if (daybook_head(run->ledger, &head, &error) != DAYBOOK_OK) {
        fail_run(run, "head", error.message);
    }
    return head;
}

/* The stored bytes of an event. Borrowed until the next call. */
static struct daybook_bytes read_event(struct run *run, uint64_t sequence) {
    struct daybook_bytes bytes = {NULL, 0};
    struct daybook_error error;
    if (journal_read_one(run->reader, sequence, &bytes, &error) != DAYBOOK_OK) {
        fail_run(run, "read", error.message);
        return (struct daybook_bytes){NULL, 0};
    }
    return bytes;
}

/* ---- submitting ---- */

static int64_t recorded_at_of(const struct history *history, uint32_t index) {
    const struct history_request *at = &history->requests[index];
    Pb__Request *request = pb__request__unpack(NULL, at->size, history->bytes + at->offset);
    int64_t recorded_at_us = request != NULL ? request->recorded_at_us : 0;
    pb__request__free_unpacked(request, NULL);
    return recorded_at_us;
}

static bool submit(struct run *run, uint32_t first, uint32_t count, enum daybook_submit_mode mode,
                   struct daybook_answers *answers) {
    struct daybook_bytes *requests = malloc(count * sizeof *requests + 1);
    struct daybook_error error;
    assert(requests != NULL);
    for (uint32_t i = 0; i < count; i++) {
        const struct history_request *at = &run->history->requests[first + i];
        requests[i] = (struct daybook_bytes){run->history->bytes + at->offset, at->size};
    }
    if (count > 0) {
        run->clock_us = recorded_at_of(run->history, first);
    }
    bool is_answered = daybook_submit(run->ledger, requests, count, mode, answers, &error) == DAYBOOK_OK;
    if (!is_answered) {
        fail_run(run, "submit", error.message);
    }
    free(requests);
    return is_answered;
}

static struct outcome outcome_of(const struct daybook_answer *answer) {
    return (struct outcome){.first = answer->first_sequence,
                            .last = answer->last_sequence,
                            .recorded_at_us = answer->recorded_at_us,
                            .is_accepted = answer->refusal == NULL,
                            .is_repeated = answer->is_repeated,
                            .code = answer->refusal != NULL ? answer->refusal->code
                                                            : PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED};
}

/* An accepted request that made nothing leaves no key behind. */
static bool made_events(const struct outcome *outcome) {
    return outcome->is_accepted && outcome->last >= outcome->first;
}

static bool is_equal_outcome(const struct outcome *a, const struct outcome *b) {
    return a->first == b->first && a->last == b->last && a->recorded_at_us == b->recorded_at_us &&
           a->is_accepted == b->is_accepted && a->is_repeated == b->is_repeated && a->code == b->code;
}

/* What the same request gets when it is sent again. */
static bool is_same_again(const struct outcome *was, const struct outcome *is) {
    if (!was->is_accepted || !made_events(was)) {
        return was->is_accepted == is->is_accepted && was->code == is->code;
    }
    return is->is_accepted && is->is_repeated && was->first == is->first && was->last == is->last &&
           was->recorded_at_us == is->recorded_at_us;
}

/* ---- keys ---- */

/* Equal but for when they were sent. */
static bool is_same_content(const struct history *history, uint32_t a, uint32_t b) {
    const uint32_t both[] = {a, b};
    uint8_t *packed[2];
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
        const struct history_request *at = &history->requests[both[i]];
        Pb__Request *request = pb__request__unpack(NULL, at->size, history->bytes + at->offset);
        assert(request != NULL);
        request->recorded_at_us = 0;
        request->not_after_us = 0;
        sizes[i] = pb__request__get_packed_size(request);
        packed[i] = malloc(sizes[i] + 1);
        assert(packed[i] != NULL);
        (void)pb__request__pack(request, packed[i]);
        pb__request__free_unpacked(request, NULL);
    }
    bool is_same = sizes[0] == sizes[1] && memcmp(packed[0], packed[1], sizes[0]) == 0;
    free(packed[0]);
    free(packed[1]);
    return is_same;
}

/* The accepted request that made the first event with the key; HISTORY_REQUESTS: the key is free. */
static uint32_t owner_of_key(const struct run *run, const Pb__Request *request, uint32_t before) {
    for (uint32_t i = 0; i < before; i++) {
        const struct outcome *outcome = &run->outcomes[i];
        if (!made_events(outcome) || outcome->is_repeated || outcome->first > run->tally.count) {
            continue;
        }
        const ProtobufCBinaryData *key = &run->tally.events[outcome->first - 1]->request_key;
        if (key->len == request->key.len && memcmp(key->data, request->key.data, key->len) == 0) {
            return i;
        }
    }
    return HISTORY_REQUESTS;
}

/* ---- judging ---- */

static void judge_key(struct judge *judge, const struct run *run, uint32_t index) {
    const struct outcome *outcome = &run->outcomes[index];
    uint32_t owner = owner_of_key(run, judge->request, index);
    bool is_reused = outcome->code == PB__REFUSAL_CODE__REFUSAL_CODE_KEY_REUSED;
    bool is_formal = outcome->code == PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED ||
                     outcome->code == PB__REFUSAL_CODE__REFUSAL_CODE_GROUP_REFUSED;
    if (owner == HISTORY_REQUESTS) {
        judge_expect(judge, !is_reused && !outcome->is_repeated, "key", "a free key counts as used");
        return;
    }
    bool is_same = is_same_content(run->history, owner, index);
    judge_expect(judge, is_formal || is_reused == !is_same, "key", "the key of request %u was %s", owner,
                 is_same ? "refused with the same content" : "accepted with another content");
    judge_expect(judge, !is_same || is_formal || is_same_again(&run->outcomes[owner], outcome), "key",
                 "the key of request %u was answered otherwise", owner);
}

static void load_events(struct run *run, struct judge *judge) {
    judge->count = (size_t)(judge->answer->last_sequence - judge->answer->first_sequence + 1);
    judge->events = calloc(judge->count + 1, sizeof(Pb__Event *));
    assert(judge->events != NULL);
    for (size_t i = 0; i < judge->count; i++) {
        struct daybook_bytes bytes = read_event(run, judge->answer->first_sequence + i);
        judge->events[i] = pb__event__unpack(NULL, bytes.size, bytes.data);
        if (judge->events[i] == NULL) {
            fail_run(run, "read", "an event cannot be unpacked");
            judge->count = i;
        }
    }
}

static void free_events(struct judge *judge) {
    for (size_t i = 0; i < judge->count; i++) {
        pb__event__free_unpacked(judge->events[i], NULL);
    }
    free(judge->events);
}

static void judge_answer(struct run *run, uint32_t index, const struct daybook_answer *answer, uint64_t group,
                         bool is_alone) {
    const struct history_request *at = &run->history->requests[index];
    Pb__Request *request = pb__request__unpack(NULL, at->size, run->history->bytes + at->offset);
    assert(request != NULL);
    int32_t today = world_today(&run->history->world, request->recorded_at_us);
    bool is_dated = request->effective_on[0] != '\0';
    struct judge judge = {.tally = &run->tally,
                          .history = run->history,
                          .step = run->step,
                          .request = request,
                          .answer = answer,
                          .group = group,
                          .today = today,
                          .is_dated = is_dated,
                          .is_date_readable = !is_dated || is_date_text(request->effective_on),
                          .effective_on = is_dated ? read_date(request->effective_on) : today,
                          .currency = request->currency[0] != '\0' ? request->currency : WORLD_CURRENCY};
    if (is_alone || answer->refusal == NULL) { /* A refused group may have used its own key twice. */
        judge_key(&judge, run, index);
    }
    run->history->coverage.requests++;
    if (answer->refusal != NULL) {
        if (is_alone && answer->refusal->code != PB__REFUSAL_CODE__REFUSAL_CODE_KEY_REUSED) {
            judge_refused(&judge);
        }
    } else if (!answer->is_repeated) {
        load_events(run, &judge);
        judge_expect(&judge, judge.count == 0 || judge.events[0]->recorded_at_us == request->recorded_at_us,
                     "recorded_at", "recorded at another instant than was imported");
        if (!judge_failed(&judge)) {
            judge_accepted(&judge);
        }
        free_events(&judge);
    }
    pb__request__free_unpacked(request, NULL);
}

static void compare_again(struct run *run, const struct history_step *step, enum daybook_submit_mode mode) {
    struct daybook_answers answers = {0};
    if (!submit(run, step->first, step->count, mode, &answers)) {
        return;
    }
    bool is_refused = !run->outcomes[step->first].is_accepted;
    for (uint32_t i = 0; i < step->count; i++) {
        struct outcome again = outcome_of(&answers.items[i]);
        if ((!is_refused || !step->is_group) && !is_same_again(&run->outcomes[step->first + i], &again)) {
            fail_run(run, "repeated", "the same request at once got another answer");
        }
    }
    daybook_answers_release(&answers);
}

/* A dry run leaves nothing behind. */
static void try_dry(struct run *run, const struct history_step *step, struct daybook_answers *dry) {
    uint64_t head = head_of(run);
    if (submit(run, step->first, 1, DAYBOOK_SUBMIT_DRY, dry) && head_of(run) != head) {
        fail_run(run, "dry", "a dry run appended something");
    }
}

/* It gave the answer that the request then got, and showed the events that it then made. */
static void compare_dry(struct run *run, const struct history_step *step, const struct daybook_answers *dry) {
    const struct outcome *outcome = &run->outcomes[step->first];
    struct outcome tried = outcome_of(&dry->items[0]);
    size_t count = made_events(outcome) && !outcome->is_repeated ? (size_t)(outcome->last - outcome->first + 1) : 0;
    bool is_same = is_equal_outcome(&tried, outcome) && dry->items[0].event_count == count;
    for (size_t i = 0; is_same && i < count; i++) {
        struct daybook_bytes made = read_event(run, outcome->first + i);
        const struct daybook_bytes *shown = &dry->items[0].events[i];
        is_same = made.size == shown->size && memcmp(made.data, shown->data, made.size) == 0;
    }
    if (!is_same) {
        fail_run(run, "dry", "a dry run was answered otherwise than the request");
    }
}

/* All of it was accepted, and all of it made events: a request that made none (nothing was
 * due to expire) leaves no key, and is decided anew. */
static bool is_remembered(const struct run *run, const struct history_step *step) {
    for (uint32_t i = step->first; i < step->first + step->count; i++) {
        if (!made_events(&run->outcomes[i])) {
            return false;
        }
    }
    return true;
}

static void run_step(struct run *run, const struct history_step *step) {
    struct daybook_answers answers = {0};
    struct daybook_answers dry = {0};
    uint64_t head = head_of(run);
    if (step->is_dry_first) {
        try_dry(run, step, &dry);
    }
    enum daybook_submit_mode mode = step->is_group ? DAYBOOK_SUBMIT_GROUP : DAYBOOK_SUBMIT_EACH;
    if (run->history->failure.is_set || !submit(run, step->first, step->count, mode, &answers)) {
        daybook_answers_release(&dry);
        return;
    }
    for (uint32_t i = 0; i < step->count; i++) {
        run->outcomes[step->first + i] = outcome_of(&answers.items[i]);
    }
    if (step->is_dry_first) {
        compare_dry(run, step, &dry);
    }
    daybook_answers_release(&dry);
    for (uint32_t i = 0; i < step->count && !run->history->failure.is_set; i++) {
        judge_answer(run, step->first + i, &answers.items[i], step->is_group ? head + 1 : 0, step->count == 1);
    }
    daybook_answers_release(&answers);
    bool is_comparable = !step->is_group || is_remembered(run, step);
    if (step->is_repeated && is_comparable && !run->history->failure.is_set) {
        compare_again(run, step, mode);
    }
    if (!run->history->failure.is_set && head_of(run) != run->tally.count) {
        fail_run(run, "trace", "the head is not the last event that was answered");
    }
}

/* Everything that was accepted, sent once more. */
static void run_all_again(struct run *run) {
    for (size_t i = 0; i < run->history->step_count && !run->history->failure.is_set; i++) {
        const struct history_step *step = &run->history->steps[i];
        run->step = i;
        if (is_remembered(run, step)) {
            compare_again(run, step, step->is_group ? DAYBOOK_SUBMIT_GROUP : DAYBOOK_SUBMIT_EACH);
        }
    }
    if (!run->history->failure.is_set && head_of(run) != run->tally.count) {
        fail_run(run, "repeated", "a request that was repeated appended something");
    }
}

/* ---- answers stay ---- */

/* Now and then every view is asked as of a day near the last event's. */
static void probe(struct run *run) {
    size_t every = run->history->step_count > 30 ? 20 : 4;
    if (run->history->failure.is_set || run->tally.count == 0 || run->step % every != every - 1) {
        return;
    }
    const Pb__Event *last = run->tally.events[run->tally.count - 1];
    probes_add(&run->probes, run->history, run->ledger, last->effective_on, last->sequence);
}

/* The same after all that followed, and after every view was deleted. */
static void compare_probes(struct run *run) {
    char views[300];
    probes_compare(&run->probes, run->history, run->ledger, "after what followed");
    close_books(run);
    (void)snprintf(views, sizeof views, "%s/views", run->books);
    remove_tree(views);
    if (open_books(run, false)) {
        probes_compare(&run->probes, run->history, run->ledger, "after its views were deleted");
    }
}

/* ---- the second run ---- */

/* Opens anew: with the state gone, or as it was kept. */
static bool reopen(struct run *run) {
    char views[300];
    close_books(run);
    if (run->step % 2 == 0) {
        (void)snprintf(views, sizeof views, "%s/views/state", run->books);
        remove_tree(views);
    }
    return open_books(run, true);
}

static void compare_events(struct run *run) {
    uint64_t head = head_of(run);
    if (head != run->tally.count) {
        fail_run(run, "replay", "the same requests made another number of events");
    }
    for (uint64_t sequence = 1; sequence <= head && !run->history->failure.is_set; sequence++) {
        const Pb__Event *before = run->tally.events[sequence - 1];
        struct daybook_bytes bytes = read_event(run, sequence);
        size_t size = pb__event__get_packed_size(before);
        uint8_t *packed = malloc(size + 1);
        assert(packed != NULL);
        (void)pb__event__pack(before, packed);
        if (size != bytes.size || memcmp(packed, bytes.data, size) != 0) {
            char text[80];
            (void)snprintf(text, sizeof text, "event %" PRIu64 " is another the second time", sequence);
            fail_run(run, "replay", text);
        }
        free(packed);
    }
}

/* The same requests with next to no memory, many checkpoints, and openings in between. */
static void run_second(struct run *run, const char *directory) {
    if (!make_books(run, directory, "second", true)) {
        return;
    }
    for (size_t i = 0; i < run->history->step_count && !run->history->failure.is_set; i++) {
        const struct history_step *step = &run->history->steps[i];
        struct daybook_answers answers = {0};
        run->step = i;
        if ((step->is_reopened && !reopen(run)) ||
            !submit(run, step->first, step->count, step->is_group ? DAYBOOK_SUBMIT_GROUP : DAYBOOK_SUBMIT_EACH,
                    &answers)) {
            break;
        }
        for (uint32_t j = 0; j < step->count; j++) {
            struct outcome outcome = outcome_of(&answers.items[j]);
            if (!is_equal_outcome(&outcome, &run->outcomes[step->first + j])) {
                fail_run(run, "replay", "a request was answered otherwise the second time");
            }
        }
        daybook_answers_release(&answers);
    }
    if (!run->history->failure.is_set) {
        compare_events(run);
    }
    close_books(run);
}

void run_history(struct history *history, size_t steps, const char *directory) {
    static struct run run;
    run = (struct run){.history = history};
    tally_init(&run.tally, &history->world);
    if (steps > 0) {
        generator_init(&run.generator, history, &run.tally);
    }
    bool is_made = make_books(&run, directory, "first", false);
    for (size_t i = 0; is_made && !history->failure.is_set; i++) {
        run.step = i;
        if (steps > 0 ? i == steps || !generate_step(&run.generator) : i == history->step_count) {
            break;
        }
        run_step(&run, &history->steps[i]);
        probe(&run);
    }
    run.step = history->step_count;
    if (!history->failure.is_set) {
        check_answers(history, &run.tally, run.ledger);
    }
    if (!history->failure.is_set) {
        compare_probes(&run);
    }
    if (!history->failure.is_set) {
        run_all_again(&run);
    }
    close_books(&run);
    if (!history->failure.is_set) {
        run_second(&run, directory);
    }
    probes_release(&run.probes);
    tally_release(&run.tally);
}
