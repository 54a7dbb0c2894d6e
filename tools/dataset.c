/* Rows of the exported tables: asked for page by page, filled from the left. */
#include "tools/dataset.h"

#include <assert.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "tools/json_message.h"
#include "tools/message_field.h"
#include "tools/text.h"

enum { PAGE_ROWS = 20000, PAGE_EVENTS = 1000, CURSOR_SIZE = 512 };

const struct dataset *dataset_find(const char *name) {
    for (const struct dataset *dataset = datasets; dataset->name != NULL; dataset++) {
        if (strcmp(dataset->name, name) == 0) {
            return dataset;
        }
    }
    return NULL;
}

static enum daybook_status no_memory(const struct dataset_run *run, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, _("exporting %s: memory was refused"), run->dataset->name);
}

/* ---- cells ---- */

static struct cell *next_cell(struct dataset_run *run, enum column_type type) {
    assert(run->cell_count < run->dataset->column_count);
    assert(run->dataset->columns[run->cell_count].type == type);
    struct cell *cell = &run->cells[run->cell_count++];
    *cell = (struct cell){0};
    return cell;
}

void dataset_null(struct dataset_run *run) {
    next_cell(run, run->dataset->columns[run->cell_count].type)->is_null = true;
}

void dataset_text(struct dataset_run *run, const char *text) {
    next_cell(run, COLUMN_TEXT)->text = text;
}

void dataset_text_if(struct dataset_run *run, const char *text) {
    bool is_nullable = run->dataset->columns[run->cell_count].is_nullable;
    struct cell *cell = next_cell(run, COLUMN_TEXT);
    cell->text = text;
    cell->is_null = is_nullable && *text == '\0';
}

void dataset_whole(struct dataset_run *run, int64_t value) {
    next_cell(run, COLUMN_WHOLE)->number = value;
}

void dataset_whole_if(struct dataset_run *run, int64_t value) {
    struct cell *cell = next_cell(run, COLUMN_WHOLE);
    cell->number = value;
    cell->is_null = value == 0;
}

void dataset_flag(struct dataset_run *run, bool value) {
    next_cell(run, COLUMN_FLAG)->number = value ? 1 : 0;
}

void dataset_day(struct dataset_run *run, int32_t day) {
    bool is_nullable = run->dataset->columns[run->cell_count].is_nullable;
    struct cell *cell = next_cell(run, COLUMN_DATE);
    cell->number = day;
    cell->is_null = is_nullable && day == DATE_NONE;
}

void dataset_date(struct dataset_run *run, const char *date) {
    int32_t day = DATE_NONE;
    (void)date_parse(date, strlen(date), &day); /* An answer's date is one, or empty. */
    dataset_day(run, day);
}

void dataset_instant(struct dataset_run *run, int64_t instant_us) {
    next_cell(run, COLUMN_INSTANT)->number = instant_us;
}

void dataset_amount(struct dataset_run *run, int64_t minor, const char *currency) {
    struct cell *major = next_cell(run, COLUMN_AMOUNT);
    int decimals = currency_decimals(currency);
    if (decimals < 0 || decimals > AMOUNT_DECIMALS) {
        run->unknown_currency = currency;
        decimals = 0;
    }
    major->number = minor;
    major->decimals = (uint8_t)decimals;
    dataset_whole(run, minor);
}

/* Text that must live as long as the row; the page's arena is given back with the page. */
static const char *keep(struct dataset_run *run, const char *text, size_t size) {
    const char *kept = arena_copy_text(&run->page_arena, text, size);
    return kept == NULL ? "" : kept; /* dataset_offer sees that the arena is exhausted. */
}

void dataset_choice(struct dataset_run *run, const ProtobufCEnumDescriptor *descriptor, int value) {
    char name[64];
    enum_short_name(descriptor, value, name, sizeof name);
    dataset_text_if(run, keep(run, name, strlen(name)));
}

void dataset_list(struct dataset_run *run, char *const *texts, size_t count) {
    bool is_whole = true;
    daybook_buffer_reset(&run->text);
    for (size_t i = 0; i < count; i++) {
        is_whole = is_whole && daybook_buffer_append(&run->text, i == 0 ? "[" : ",", 1) == DAYBOOK_OK &&
                   json_write_text(&run->text, texts[i]) == DAYBOOK_OK;
    }
    is_whole = is_whole && daybook_buffer_append(&run->text, "]", 1) == DAYBOOK_OK;
    if (!is_whole) {
        run->page_arena.is_exhausted = true;
    }
    dataset_text_if(run, is_whole && count > 0 ? keep(run, (const char *)run->text.data, run->text.size) : "");
}

enum daybook_status dataset_offer(struct dataset_run *run, struct daybook_error *error) {
    assert(run->cell_count == run->dataset->column_count);
    run->cell_count = 0;
    if (run->page_arena.is_exhausted) {
        return no_memory(run, error);
    }
    if (run->unknown_currency != NULL) {
        return daybook_fail(error, DAYBOOK_VERSION, _("exporting %s: this program does not know the decimals of %.8s"),
                            run->dataset->name, run->unknown_currency);
    }
    run->row_count++;
    return run->take(run->context, run->cells, error);
}

/* ---- pages ---- */

static enum daybook_status stop_if_interrupted(struct daybook_error *error) {
    return progress_is_interrupted() ? daybook_fail(error, DAYBOOK_STOPPED, "%s", _("stopped; nothing was written"))
                                     : DAYBOOK_OK;
}

static const ProtobufCFieldDescriptor *field_named(const ProtobufCMessage *message, const char *name) {
    return protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
}

static void *member_named(ProtobufCMessage *message, const char *name) {
    const ProtobufCFieldDescriptor *field = field_named(message, name);
    return field == NULL ? NULL : field_member(message, field);
}

static void set_flag(ProtobufCMessage *question, const char *name) {
    if (name != NULL) {
        *(protobuf_c_boolean *)member_named(question, name) = 1;
    }
}

/* The table's question, for the page after `cursor`. NULL: the arena refused. */
static ProtobufCMessage *make_question(struct dataset_run *run, const char *cursor, Pb__Query *query) {
    const ProtobufCFieldDescriptor *arm =
        protobuf_c_message_descriptor_get_field_by_name(&pb__query__descriptor, run->dataset->question);
    pb__query__init(query);
    ProtobufCMessage *question = field_submessage(&query->base, arm, &run->page_arena);
    Pb__Page *page = arena_alloc(&run->page_arena, sizeof *page);
    if (question == NULL || page == NULL) {
        return NULL;
    }
    pb__page__init(page);
    page->limit = PAGE_ROWS;
    page->cursor = (char *)(uintptr_t)cursor;
    *(Pb__At **)member_named(question, "at") = &run->at;
    *(Pb__Page **)member_named(question, "page") = page;
    set_flag(question, run->dataset->also);
    set_flag(question, run->since > 0 ? run->dataset->also_since : NULL);
    uint64_t *from = member_named(question, "from_sequence");
    if (from != NULL) {
        *from = run->since + 1;
    }
    return question;
}

static void digest_account(struct dataset_run *run, const char *customer, const char *currency,
                           uint8_t digest[SHA256_SIZE]) {
    sha256_begin(run->sha256);
    sha256_update(run->sha256, customer, strlen(customer) + 1);
    sha256_update(run->sha256, currency, strlen(currency));
    sha256_end(run->sha256, digest);
}

static enum daybook_status note(struct dataset_run *run, struct digest_set *set, const char *customer,
                                const char *currency, struct daybook_error *error) {
    uint8_t digest[SHA256_SIZE];
    digest_account(run, customer, currency, digest);
    return digest_set_find_or_add(set, digest, 1) != NULL ? DAYBOOK_OK : no_memory(run, error);
}

/* Whether a customer has events after `since`; always, where the whole table is wanted. */
static bool has_changed(struct dataset_run *run, const char *customer) {
    uint8_t digest[SHA256_SIZE];
    if (run->since == 0) {
        return true;
    }
    digest_account(run, customer, "", digest);
    return digest_set_has(&run->changed, digest);
}

bool dataset_has_seen(struct dataset_run *run, const char *customer, const char *currency) {
    uint8_t digest[SHA256_SIZE];
    digest_account(run, customer, currency, digest);
    return digest_set_has(&run->seen, digest);
}

enum daybook_status dataset_see(struct dataset_run *run, const char *customer, const char *currency,
                                struct daybook_error *error) {
    return run->since == 0 ? DAYBOOK_OK : note(run, &run->seen, customer, currency, error);
}

/* Rows of state are left out where nothing has changed; rows of events were asked for from there on. */
static bool is_wanted(struct dataset_run *run, ProtobufCMessage *row) {
    const char *const *customer = member_named(row, "customer");
    Pb__Balance *const *balance = member_named(row, "balance");
    return run->dataset->is_of_events || has_changed(run, customer != NULL ? *customer : (*balance)->customer);
}

static enum daybook_status fill_page(struct dataset_run *run, ProtobufCMessage *answer, struct daybook_error *error) {
    const ProtobufCFieldDescriptor *field = field_named(answer, "rows");
    ProtobufCMessage *const *rows = *(ProtobufCMessage * *const *)field_member(answer, field);
    size_t count = *field_count(answer, field);
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(run, rows[i])) {
            DAYBOOK_TRY(run->dataset->fill(run, rows[i], error));
        }
    }
    progress_update(&run->progress, run->row_count);
    return stop_if_interrupted(error);
}

static enum daybook_status walk_answers(struct dataset_run *run, struct daybook_error *error) {
    char cursor[CURSOR_SIZE] = "";
    do {
        Pb__Query query;
        ProtobufCMessage *answer = NULL;
        arena_reset(&run->page_arena);
        if (make_question(run, cursor, &query) == NULL) {
            return no_memory(run, error);
        }
        DAYBOOK_TRY(command_ask(&run->page, run->ledger, &query, &answer, error));
        DAYBOOK_TRY(fill_page(run, answer, error));
        (void)snprintf(cursor, sizeof cursor, "%s", *(char *const *)member_named(answer, "next_cursor"));
    } while (cursor[0] != '\0');
    return DAYBOOK_OK;
}

/* ---- events ---- */

/* What is done with each event after `since`, up to the last that was known. */
typedef enum daybook_status event_visit(struct dataset_run *run, const Pb__Event *event, struct daybook_error *error);

static enum daybook_status walk_events(struct dataset_run *run, event_visit *visit, struct daybook_error *error) {
    uint64_t next = run->since + 1;
    while (next <= run->known_at) {
        Pb__EventsQuery question = PB__EVENTS_QUERY__INIT;
        Pb__Query query = PB__QUERY__INIT;
        ProtobufCMessage *message = NULL;
        arena_reset(&run->page_arena);
        question.from_sequence = next;
        question.to_sequence = run->known_at;
        question.limit = PAGE_EVENTS;
        query.question_case = PB__QUERY__QUESTION_EVENTS;
        query.events = &question;
        DAYBOOK_TRY(command_ask(&run->page, run->ledger, &query, &message, error));
        const Pb__EventsAnswer *answer = (const Pb__EventsAnswer *)message;
        for (size_t i = 0; i < answer->n_events; i++) {
            DAYBOOK_TRY(visit(run, answer->events[i], error));
        }
        if (answer->n_events == 0) {
            return daybook_fail(error, DAYBOOK_DAMAGED, _("exporting %s: the journal ends before event %llu"),
                                run->dataset->name, (unsigned long long)next);
        }
        next += answer->n_events;
        progress_update(&run->progress, run->row_count);
        DAYBOOK_TRY(stop_if_interrupted(error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status fill_event(struct dataset_run *run, const Pb__Event *event, struct daybook_error *error) {
    return event->effective_on <= run->as_of ? run->dataset->fill(run, &event->base, error) : DAYBOOK_OK;
}

static enum daybook_status note_change(struct dataset_run *run, const Pb__Event *event, struct daybook_error *error) {
    return event->customer[0] == '\0' ? DAYBOOK_OK : note(run, &run->changed, event->customer, "", error);
}

/* ---- the walk ---- */

static enum daybook_status walk(struct dataset_run *run, struct daybook_error *error) {
    run->sha256 = sha256_open();
    if (run->sha256 == NULL) {
        return no_memory(run, error);
    }
    if (run->dataset->question == NULL) {
        return walk_events(run, fill_event, error);
    }
    if (run->since > 0 && !run->dataset->is_of_events) {
        DAYBOOK_TRY(walk_events(run, note_change, error));
    }
    DAYBOOK_TRY(walk_answers(run, error));
    if (run->since > 0 && run->dataset->rest != NULL) {
        run->dataset = run->dataset->rest;
        return walk_answers(run, error);
    }
    return DAYBOOK_OK;
}

enum daybook_status dataset_walk(struct dataset_run *run, struct daybook_error *error) {
    progress_begin(&run->progress, _("exporting"), _("rows"), 0, 0);
    enum daybook_status status = walk(run, error);
    progress_clear();
    sha256_close(run->sha256);
    run->sha256 = NULL;
    digest_set_release(&run->changed);
    digest_set_release(&run->seen);
    daybook_buffer_release(&run->text);
    return status;
}
