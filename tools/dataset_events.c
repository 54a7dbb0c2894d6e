/* Rows of the tables that are made of events. */
#include "tools/dataset_events.h"

#include <string.h>

#include "base/base64.h"
#include "tools/event_text.h"
#include "tools/json_message.h"
#include "tools/message_field.h"
#include "tools/text.h"

static const ProtobufCMessage *body_of(const Pb__Event *event, const char **kind) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&pb__event__descriptor, event->body_case);
    *kind = field == NULL ? "" : field->name;
    return field == NULL ? NULL : *(ProtobufCMessage *const *)field_member(&event->base, field);
}

/* The first text of a body that is about a document names it. */
static const char *document_of(const ProtobufCMessage *body) {
    const ProtobufCMessageDescriptor *descriptor = body == NULL ? NULL : body->descriptor;
    for (unsigned i = 0; descriptor != NULL && i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        bool is_text = field->type == PROTOBUF_C_TYPE_STRING && !field_is_repeated(field);
        if (is_text) {
            return strcmp(field->name, "reason") == 0 ? "" : *(char *const *)field_member(body, field);
        }
        if (field->type != PROTOBUF_C_TYPE_UINT64) { /* Which allocation an Unallocated takes off stands first. */
            break;
        }
    }
    return "";
}

/* Text made in the run's buffer, of what was appended since `from`. */
static const char *text_from(const struct dataset_run *run, size_t from) {
    return (const char *)run->text.data + from;
}

static bool end_text(struct dataset_run *run) {
    return daybook_buffer_append(&run->text, "", 1) == DAYBOOK_OK;
}

enum daybook_status dataset_fill_event(struct dataset_run *run, const ProtobufCMessage *row,
                                       struct daybook_error *error) {
    const Pb__Event *event = (const Pb__Event *)row;
    struct daybook_bytes key = {event->request_key.data, event->request_key.len};
    const char *kind;
    const ProtobufCMessage *body = body_of(event, &kind);
    int64_t minor;
    daybook_buffer_reset(&run->text);
    bool is_written = base64_append(&run->text, key) == DAYBOOK_OK && end_text(run);
    size_t body_at = run->text.size;
    is_written = is_written && (body == NULL || json_write_message(body, &run->text) == DAYBOOK_OK) && end_text(run);
    if (!is_written) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("exporting events: memory was refused"));
    }
    dataset_whole(run, (int64_t)event->sequence);
    dataset_instant(run, event->recorded_at_us);
    dataset_day(run, event->effective_on);
    dataset_day(run, event->original_on);
    dataset_text(run, kind);
    dataset_text_if(run, event->customer);
    dataset_text_if(run, event->currency);
    dataset_text_if(run, document_of(body));
    if (event->currency[0] != '\0' && event_amount(event, &minor)) {
        dataset_amount(run, minor, event->currency);
    } else {
        dataset_null(run);
        dataset_null(run);
    }
    dataset_text_if(run, event->actor);
    dataset_text_if(run, text_from(run, 0));
    dataset_whole_if(run, (int64_t)event->group);
    dataset_text(run, text_from(run, body_at));
    return dataset_offer(run, error);
}

enum daybook_status dataset_fill_posting(struct dataset_run *run, const ProtobufCMessage *row,
                                         struct daybook_error *error) {
    const Pb__PostingsRow *posted = (const Pb__PostingsRow *)row;
    const Pb__Event *event = posted->event;
    const char *kind;
    const ProtobufCMessage *body = body_of(event, &kind);
    for (size_t i = 0; i < posted->n_lines; i++) {
        const Pb__PostingLine *line = posted->lines[i];
        dataset_whole(run, (int64_t)event->sequence);
        dataset_whole(run, (int64_t)i + 1);
        dataset_instant(run, event->recorded_at_us);
        dataset_day(run, event->effective_on);
        dataset_text(run, kind);
        dataset_text_if(run, event->customer);
        dataset_text_if(run, document_of(body));
        dataset_text(run, event->currency);
        dataset_text(run, line->account);
        dataset_amount(run, line->debit_minor - line->credit_minor, event->currency); /* One of the two is 0. */
        DAYBOOK_TRY(dataset_offer(run, error));
    }
    return DAYBOOK_OK;
}

/* ---- allocations ---- */

/* What stands against what; negative: taken off or restored again. */
struct allocation {
    Pb__DocumentKind source_kind;
    const char *source;
    Pb__DocumentKind target_kind;
    const char *target;
    uint32_t instalment;
    int64_t amount_minor;
    const char *through;
};

static enum daybook_status offer_allocation(struct dataset_run *run, const Pb__Event *event, size_t line,
                                            const struct allocation *allocation, struct daybook_error *error) {
    const char *kind;
    (void)body_of(event, &kind);
    dataset_whole(run, (int64_t)event->sequence);
    dataset_whole(run, (int64_t)line);
    dataset_instant(run, event->recorded_at_us);
    dataset_day(run, event->effective_on);
    dataset_text(run, kind);
    dataset_text(run, event->customer);
    dataset_text(run, event->currency);
    dataset_choice(run, &pb__document_kind__descriptor, (int)allocation->source_kind);
    dataset_text(run, allocation->source);
    dataset_choice(run, &pb__document_kind__descriptor, (int)allocation->target_kind);
    dataset_text(run, allocation->target);
    dataset_whole(run, allocation->instalment);
    dataset_amount(run, allocation->amount_minor, event->currency);
    dataset_text_if(run, allocation->through);
    return dataset_offer(run, error);
}

static enum daybook_status offer_slices(struct dataset_run *run, const Pb__Event *event,
                                        const struct allocation *charge, Pb__LotSlice *const *slices, size_t count,
                                        struct daybook_error *error) {
    for (size_t i = 0; i < count; i++) {
        struct allocation slice = *charge;
        slice.source_kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT;
        slice.source = slices[i]->lot;
        slice.target_kind = PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE;
        slice.amount_minor = charge->amount_minor * slices[i]->amount_minor; /* A sign and an amount above zero. */
        DAYBOOK_TRY(offer_allocation(run, event, i + 1, &slice, error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status fill_consumed(struct dataset_run *run, const Pb__Event *event, struct daybook_error *error) {
    const Pb__DepositConsumed *body = event->deposit_consumed;
    struct allocation charge = {
        .target = body->charge, .instalment = body->instalment, .amount_minor = 1, .through = body->hold};
    return offer_slices(run, event, &charge, body->slices, body->n_slices, error);
}

static enum daybook_status fill_restored(struct dataset_run *run, const Pb__Event *event, struct daybook_error *error) {
    const Pb__DepositRestored *body = event->deposit_restored;
    struct allocation charge = {
        .target = body->charge, .instalment = body->instalment, .amount_minor = -1, .through = ""};
    return offer_slices(run, event, &charge, body->slices, body->n_slices, error);
}

enum daybook_status dataset_fill_allocation(struct dataset_run *run, const ProtobufCMessage *row,
                                            struct daybook_error *error) {
    const Pb__Event *event = (const Pb__Event *)row;
    if (event->body_case == PB__EVENT__BODY_ALLOCATED) {
        const Pb__Allocated *body = event->allocated;
        struct allocation allocation = {body->source_kind, body->source,       body->target_kind, body->target,
                                        body->instalment,  body->amount_minor, body->allocation};
        return offer_allocation(run, event, 1, &allocation, error);
    }
    if (event->body_case == PB__EVENT__BODY_UNALLOCATED) {
        const Pb__Unallocated *body = event->unallocated;
        struct allocation allocation = {body->source_kind, body->source,        body->target_kind, body->target,
                                        body->instalment,  -body->amount_minor, body->allocation};
        return offer_allocation(run, event, 1, &allocation, error);
    }
    if (event->body_case == PB__EVENT__BODY_DEPOSIT_CONSUMED) {
        return fill_consumed(run, event, error);
    }
    if (event->body_case == PB__EVENT__BODY_DEPOSIT_RESTORED) {
        return fill_restored(run, event, error);
    }
    return DAYBOOK_OK; /* Every other kind puts nothing against anything. */
}
