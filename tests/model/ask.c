/* Questions to the engine, and the promise that their answers stay. */
#include "ask.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "check.h"
#include "codec/wire.h"

void asking_init(struct asking *asking, int32_t date, uint64_t known_at) {
    struct tm broken;
    time_t seconds = (time_t)date * 86400;
    (void)gmtime_r(&seconds, &broken);
    (void)strftime(asking->as_of, sizeof asking->as_of, "%Y-%m-%d", &broken);
    (void)snprintf(asking->known_at, sizeof asking->known_at, "%" PRIu64, known_at);
    pb__at__init(&asking->at);
    asking->at.as_of = asking->as_of;
    asking->at.known_at = asking->known_at;
}

ProtobufCMessage *ask(struct history *history, struct daybook *ledger, const Pb__Query *query,
                      const ProtobufCMessageDescriptor *descriptor) {
    struct daybook_buffer encoded = {0};
    struct daybook_buffer answer = {0};
    struct daybook_error error = {0};
    ProtobufCMessage *message = NULL;
    bool is_answered =
        wire_encode(&query->base, &encoded) == DAYBOOK_OK &&
        daybook_query(ledger, (struct daybook_bytes){encoded.data, encoded.size}, &answer, &error) == DAYBOOK_OK;
    if (check_expect(history, is_answered, "query", "%s: %s", descriptor->short_name, error.message)) {
        message = protobuf_c_message_unpack(descriptor, NULL, answer.size, answer.data);
        check_expect(history, message != NULL, "query", "%s cannot be unpacked", descriptor->short_name);
    }
    daybook_buffer_release(&encoded);
    daybook_buffer_release(&answer);
    return message;
}

/* ---- law 1 ---- */

static const ProtobufCMessageDescriptor *const descriptors[PROBE_VIEWS] = {
    &pb__balance_answer__descriptor, &pb__open_items_answer__descriptor, &pb__aging_answer__descriptor,
    &pb__credit_answer__descriptor,  &pb__kpi_answer__descriptor,        &pb__trial_balance_answer__descriptor};

/* The head is not of the past: it is left out of what is compared. */
static void forget_head(ProtobufCMessage *answer) {
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(answer->descriptor, 1);
    Pb__Position *position = NULL;
    memcpy(&position, (const char *)answer + field->offset, sizeof(Pb__Position *));
    assert(position != NULL);
    position->journal_head = 0;
}

/* One view's answer for every customer, packed. False: noted. */
static bool ask_view(struct history *history, struct daybook *ledger, const struct probe *probe, size_t view,
                     struct daybook_buffer *packed) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__BalanceQuery balance = PB__BALANCE_QUERY__INIT;
    Pb__OpenItemsQuery items = PB__OPEN_ITEMS_QUERY__INIT;
    Pb__AgingQuery aging = PB__AGING_QUERY__INIT;
    Pb__CreditQuery credit = PB__CREDIT_QUERY__INIT;
    Pb__KpiQuery kpi = PB__KPI_QUERY__INIT;
    Pb__TrialBalanceQuery trial = PB__TRIAL_BALANCE_QUERY__INIT;
    struct asking asking;
    struct asking begin;
    asking_init(&asking, probe->date, probe->known_at);
    asking_init(&begin, probe->date - 30, probe->known_at);
    balance.at = items.at = aging.at = credit.at = kpi.at = trial.at = &asking.at;
    switch (view) {
    case 0:
        query.question_case = PB__QUERY__QUESTION_BALANCE;
        query.balance = &balance;
        break;
    case 1:
        items.include_closed = true;
        query.question_case = PB__QUERY__QUESTION_OPEN_ITEMS;
        query.open_items = &items;
        break;
    case 2:
        query.question_case = PB__QUERY__QUESTION_AGING;
        query.aging = &aging;
        break;
    case 3:
        query.question_case = PB__QUERY__QUESTION_CREDIT;
        query.credit = &credit;
        break;
    case 4:
        kpi.from = begin.as_of;
        query.question_case = PB__QUERY__QUESTION_KPI;
        query.kpi = &kpi;
        break;
    default:
        query.question_case = PB__QUERY__QUESTION_TRIAL_BALANCE;
        query.trial_balance = &trial;
        break;
    }
    ProtobufCMessage *answer = ask(history, ledger, &query, descriptors[view]);
    if (answer == NULL) {
        return false;
    }
    forget_head(answer);
    bool is_packed = wire_encode(answer, packed) == DAYBOOK_OK;
    protobuf_c_message_free_unpacked(answer, NULL);
    return check_expect(history, is_packed, "query", "an answer cannot be packed");
}

void probes_add(struct probes *probes, struct history *history, struct daybook *ledger, int32_t date,
                uint64_t known_at) {
    if (probes->count == PROBES) {
        return;
    }
    struct probe *probe = &probes->items[probes->count++];
    *probe = (struct probe){.date = date, .known_at = known_at};
    for (size_t i = 0; i < PROBE_VIEWS && ask_view(history, ledger, probe, i, &probe->answers[i]); i++) {
    }
}

void probes_compare(const struct probes *probes, struct history *history, struct daybook *ledger, const char *when) {
    for (size_t i = 0; i < probes->count; i++) {
        const struct probe *probe = &probes->items[i];
        for (size_t j = 0; j < PROBE_VIEWS && !history->failure.is_set; j++) {
            struct daybook_buffer again = {0};
            const struct daybook_buffer *then = &probe->answers[j];
            if (ask_view(history, ledger, probe, j, &again)) {
                check_expect(history, then->size == again.size && memcmp(then->data, again.data, then->size) == 0,
                             "law 1", "%s as of day %d, known at %" PRIu64 ", is another %s",
                             descriptors[j]->short_name, probe->date, probe->known_at, when);
            }
            daybook_buffer_release(&again);
        }
    }
}

void probes_release(struct probes *probes) {
    for (size_t i = 0; i < probes->count; i++) {
        for (size_t j = 0; j < PROBE_VIEWS; j++) {
            daybook_buffer_release(&probes->items[i].answers[j]);
        }
    }
    probes->count = 0;
}
