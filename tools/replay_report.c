/* What a what-if found, put together: the differences as they come, then balances and ages of both ledgers. */
#include "tools/replay_report.h"

#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "codec/wire.h"
#include "projections/query.h"
#include "tools/message_field.h"
#include "tools/text.h"

enum { ROWS_A_PAGE = 100000 };

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("putting the report together: memory was refused"));
}

/* ---- differences ---- */

/* What is borrowed during a visit, as the report's own. */
static enum daybook_status copy_message(const ProtobufCMessage *message, struct arena *arena, ProtobufCMessage **copy,
                                        struct daybook_error *error) {
    struct daybook_buffer bytes = {0};
    enum daybook_status status = wire_encode(message, &bytes);
    uint8_t *kept = status == DAYBOOK_OK ? arena_alloc(arena, bytes.size + 1) : NULL;
    if (kept == NULL) {
        status = no_memory(error);
    } else {
        memcpy(kept, bytes.data, bytes.size);
        status = wire_decode(message->descriptor, (struct daybook_bytes){kept, bytes.size}, arena, copy, error);
    }
    daybook_buffer_release(&bytes);
    return status;
}

static enum daybook_status copy_events(struct request_events events, struct arena *arena, size_t *count,
                                       Pb__Event ***copies, struct daybook_error *error) {
    *copies = arena_alloc(arena, events.count * sizeof **copies + 1);
    if (*copies == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < events.count; i++) {
        ProtobufCMessage *copy = NULL;
        DAYBOOK_TRY(copy_message(&events.items[i]->base, arena, &copy, error));
        (*copies)[i] = (Pb__Event *)copy;
    }
    *count = events.count;
    return DAYBOOK_OK;
}

static char *command_name(const Pb__Request *request, struct arena *arena) {
    const ProtobufCFieldDescriptor *field =
        request == NULL ? NULL
                        : protobuf_c_message_descriptor_get_field(&pb__request__descriptor, request->command_case);
    const char *name = field == NULL ? "" : field->name;
    return arena_copy_text(arena, name, strlen(name));
}

static Pb__ReplayOutcome outcome_of(enum replay_outcome outcome) {
    switch (outcome) {
    case REPLAY_OTHERWISE:
        return PB__REPLAY_OUTCOME__REPLAY_OUTCOME_OTHERWISE;
    case REPLAY_REFUSED:
        return PB__REPLAY_OUTCOME__REPLAY_OUTCOME_REFUSED;
    case REPLAY_LEFT_OUT:
        return PB__REPLAY_OUTCOME__REPLAY_OUTCOME_LEFT_OUT;
    case REPLAY_SAME:
        break;
    }
    return PB__REPLAY_OUTCOME__REPLAY_OUTCOME_UNSPECIFIED;
}

enum daybook_status replay_report_add(Pb__ReplayReport *report, const struct replay_change *change, struct arena *arena,
                                      struct daybook_error *error) {
    const Pb__Event *first = change->recorded.items[0];
    char date[DATE_TEXT_SIZE];
    const ProtobufCFieldDescriptor *field = message_find_field(report->base.descriptor, "differences");
    Pb__ReplayDifference **slot = field_append(&report->base, field, arena);
    Pb__ReplayDifference *made = (Pb__ReplayDifference *)message_new(&pb__replay_difference__descriptor, arena);
    if (slot == NULL || made == NULL) {
        return no_memory(error);
    }
    *slot = made;
    (void)date_format(first->effective_on, date);
    made->sequence = first->sequence;
    made->effective_on = arena_copy_text(arena, date, strlen(date));
    made->customer = arena_copy_text(arena, first->customer, strlen(first->customer));
    made->command = command_name(change->request, arena);
    made->outcome = outcome_of(change->outcome);
    if (made->effective_on == NULL || made->customer == NULL || made->command == NULL) {
        return no_memory(error);
    }
    if (change->refusal != NULL) {
        ProtobufCMessage *refusal = NULL;
        DAYBOOK_TRY(copy_message(&change->refusal->base, arena, &refusal, error));
        made->refusal = (Pb__Refusal *)refusal;
    }
    DAYBOOK_TRY(copy_events(change->recorded, arena, &made->n_recorded, &made->recorded, error));
    return copy_events(change->made, arena, &made->n_made, &made->made, error);
}

/* ---- balances and ages ---- */

/* Rows of an answer, of all of its pages: messages with a customer and a currency, in that order. */
struct rows {
    ProtobufCMessage *answer; /* The first page. */
    const ProtobufCFieldDescriptor *field;
    ProtobufCMessage **items;
    size_t count;
};

static enum daybook_status add_page(struct rows *rows, const ProtobufCMessage *answer, struct arena *arena,
                                    struct daybook_error *error) {
    size_t count = *field_count(answer, rows->field);
    ProtobufCMessage **items = arena_alloc(arena, (rows->count + count) * sizeof *items + 1);
    if (items == NULL) {
        return no_memory(error);
    }
    if (rows->count > 0) {
        memcpy(items, rows->items, rows->count * sizeof *items);
    }
    if (count > 0) {
        memcpy(items + rows->count, *(ProtobufCMessage ***)field_member(answer, rows->field), count * sizeof *items);
    }
    rows->items = items;
    rows->count += count;
    return DAYBOOK_OK;
}

/* `page` is the question's own. */
static enum daybook_status ask_rows(struct daybook *ledger, const Pb__Query *query, Pb__Page *page, struct rows *rows,
                                    struct arena *arena, struct daybook_error *error) {
    *rows = (struct rows){0};
    page->limit = ROWS_A_PAGE;
    page->cursor = (char *)(uintptr_t) "";
    do {
        ProtobufCMessage *answer = NULL;
        DAYBOOK_TRY(query_run(ledger, query, arena, &answer, error));
        if (rows->answer == NULL) {
            rows->answer = answer;
            rows->field = message_find_field(answer->descriptor, "rows");
        }
        DAYBOOK_TRY(add_page(rows, answer, arena, error));
        page->cursor = *(char **)field_member(answer, message_find_field(answer->descriptor, "next_cursor"));
    } while (page->cursor[0] != '\0');
    return DAYBOOK_OK;
}

static const char *text_of(const ProtobufCMessage *message, const char *name) {
    return *(char *const *)field_member(message, message_find_field(message->descriptor, name));
}

static int compare_names(const ProtobufCMessage *a, const ProtobufCMessage *b) {
    int order = strcmp(text_of(a, "customer"), text_of(b, "customer"));
    return order != 0 ? order : strcmp(text_of(a, "currency"), text_of(b, "currency"));
}

static enum daybook_status is_equal(const ProtobufCMessage *a, const ProtobufCMessage *b, bool *equal,
                                    struct daybook_error *error) {
    struct daybook_buffer left = {0};
    struct daybook_buffer right = {0};
    enum daybook_status status = wire_encode(a, &left);
    status = status == DAYBOOK_OK ? wire_encode(b, &right) : status;
    *equal = left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
    daybook_buffer_release(&left);
    daybook_buffer_release(&right);
    return status == DAYBOOK_OK ? DAYBOOK_OK : no_memory(error);
}

/* Keeps the rows that the other side does not have just so. */
static enum daybook_status keep_different(struct rows *one, struct rows *other, struct daybook_error *error) {
    size_t i = 0;
    size_t j = 0;
    size_t one_kept = 0;
    size_t other_kept = 0;
    while (i < one->count || j < other->count) {
        int order = i == one->count ? 1 : j == other->count ? -1 : compare_names(one->items[i], other->items[j]);
        bool equal = false;
        if (order == 0) {
            DAYBOOK_TRY(is_equal(one->items[i], other->items[j], &equal, error));
        }
        if (order <= 0) {
            one->items[one_kept] = one->items[i++];
            one_kept += !equal;
        }
        if (order >= 0) {
            other->items[other_kept] = other->items[j++];
            other_kept += !equal;
        }
    }
    one->count = one_kept;
    other->count = other_kept;
    return DAYBOOK_OK;
}

static ProtobufCMessage *finish(const struct rows *rows) {
    *(const char **)field_member(rows->answer, message_find_field(rows->answer->descriptor, "next_cursor")) = "";
    memcpy(field_member(rows->answer, rows->field), &rows->items, sizeof(ProtobufCMessage **));
    *field_count(rows->answer, rows->field) = rows->count;
    return rows->answer;
}

static enum daybook_status compare_balances(struct daybook *history, struct daybook *replayed, Pb__At *at, Pb__At *head,
                                            Pb__ReplayReport *report, struct arena *arena,
                                            struct daybook_error *error) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    Pb__Page page = PB__PAGE__INIT;
    struct rows one;
    struct rows other;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &balance;
    balance.at = at;
    balance.page = &page;
    DAYBOOK_TRY(ask_rows(history, &query, &page, &one, arena, error));
    balance.at = head;
    DAYBOOK_TRY(ask_rows(replayed, &query, &page, &other, arena, error));
    DAYBOOK_TRY(keep_different(&one, &other, error));
    report->history_balance = (Pb__BalanceAnswer *)finish(&one);
    report->replayed_balance = (Pb__BalanceAnswer *)finish(&other);
    return DAYBOOK_OK;
}

static enum daybook_status compare_ages(struct daybook *history, struct daybook *replayed, Pb__At *at, Pb__At *head,
                                        Pb__ReplayReport *report, struct arena *arena, struct daybook_error *error) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__AgingQuery aging = PB__AGING_QUERY__INIT;
    Pb__Page page = PB__PAGE__INIT;
    struct rows one;
    struct rows other;
    query.question_case = PB__QUERY__QUESTION_AGING;
    query.aging = &aging;
    aging.at = at;
    aging.page = &page;
    DAYBOOK_TRY(ask_rows(history, &query, &page, &one, arena, error));
    aging.at = head;
    aging.basis = report->policy->basis;
    aging.n_edges = report->policy->n_edges;
    aging.edges = report->policy->edges;
    aging.unapplied = report->policy->unapplied;
    DAYBOOK_TRY(ask_rows(replayed, &query, &page, &other, arena, error));
    DAYBOOK_TRY(keep_different(&one, &other, error));
    report->history_aging = (Pb__AgingAnswer *)finish(&one);
    report->replayed_aging = (Pb__AgingAnswer *)finish(&other);
    return DAYBOOK_OK;
}

enum daybook_status replay_report_compare(struct daybook *history, struct daybook *replayed, const char *as_of,
                                          Pb__ReplayReport *report, struct arena *arena, struct daybook_error *error) {
    Pb__At at = PB__AT__INIT;
    Pb__At head = PB__AT__INIT;
    char *through = arena_format(arena, "%" PRIu64, report->through);
    if (through == NULL) {
        return no_memory(error);
    }
    at.as_of = head.as_of = (char *)(uintptr_t)as_of;
    at.known_at = through;
    DAYBOOK_TRY(compare_balances(history, replayed, &at, &head, report, arena, error));
    return compare_ages(history, replayed, &at, &head, report, arena, error);
}
