/* Rows of a statement: their columns, and what they say of an event. */
#include "projections/statement.h"

#include <stddef.h>
#include <string.h>

#include "projections/kinds.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal)) /* protobuf-c's texts are not const; nobody writes to these. */

/* Where each column of a balance stands; owed comes from two of them. */
static const struct {
    size_t offset;
    enum effect_column column;
} places[] = {
    {offsetof(Pb__StatementAmounts, receivable_minor), EFFECT_RECEIVABLE},
    {offsetof(Pb__StatementAmounts, unapplied_minor), EFFECT_UNAPPLIED},
    {offsetof(Pb__StatementAmounts, deposit_minor), EFFECT_DEPOSIT},
    {offsetof(Pb__StatementAmounts, deposit_held_minor), EFFECT_HELD},
    {offsetof(Pb__StatementAmounts, not_yet_available_minor), EFFECT_NOT_YET_AVAILABLE},
    {offsetof(Pb__StatementAmounts, dormant_minor), EFFECT_DORMANT},
    {offsetof(Pb__StatementAmounts, pending_minor), EFFECT_PENDING},
    {offsetof(Pb__StatementAmounts, credit_held_minor), EFFECT_CREDIT_HELD},
    {offsetof(Pb__StatementAmounts, charged_minor), EFFECT_CHARGED},
    {offsetof(Pb__StatementAmounts, paid_minor), EFFECT_PAID},
    {offsetof(Pb__StatementAmounts, deposited_minor), EFFECT_DEPOSITED},
    {offsetof(Pb__StatementAmounts, consumed_minor), EFFECT_CONSUMED},
    {offsetof(Pb__StatementAmounts, adjusted_minor), EFFECT_ADJUSTED},
    {offsetof(Pb__StatementAmounts, written_off_minor), EFFECT_WRITTEN_OFF},
    {offsetof(Pb__StatementAmounts, refunded_minor), EFFECT_REFUNDED},
};

enum { PLACE_COUNT = sizeof places / sizeof places[0] };

_Static_assert((int)PLACE_COUNT + 1 == (int)EFFECT_COLUMN_COUNT,
               "a statement shows every column; rounding is in what was adjusted");

static int64_t *amount_at(Pb__StatementAmounts *amounts, size_t place) {
    return (int64_t *)(void *)((char *)amounts + places[place].offset);
}

static int64_t amount_of(const Pb__StatementAmounts *amounts, size_t place) {
    int64_t amount;
    memcpy(&amount, (const char *)amounts + places[place].offset, sizeof amount);
    return amount;
}

bool statement_amounts_set(Pb__StatementAmounts *amounts, const int64_t columns[EFFECT_COLUMN_COUNT]) {
    pb__statement_amounts__init(amounts);
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        *amount_at(amounts, i) = columns[places[i].column];
    }
    return !__builtin_sub_overflow(amounts->receivable_minor, amounts->unapplied_minor, &amounts->owed_minor);
}

bool statement_amounts_add(Pb__StatementAmounts *sum, const Pb__StatementAmounts *amounts) {
    bool fits = !__builtin_add_overflow(sum->owed_minor, amounts->owed_minor, &sum->owed_minor);
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        fits = !__builtin_add_overflow(*amount_at(sum, i), amount_of(amounts, i), amount_at(sum, i)) && fits;
    }
    return fits;
}

bool statement_amounts_equal(const Pb__StatementAmounts *a, const Pb__StatementAmounts *b) {
    bool is_equal = a->owed_minor == b->owed_minor;
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        is_equal = is_equal && amount_of(a, i) == amount_of(b, i);
    }
    return is_equal;
}

bool statement_moves_deposit(const Pb__StatementAmounts *amounts) {
    return amounts->deposit_minor != 0 || amounts->deposit_held_minor != 0 || amounts->dormant_minor != 0 ||
           amounts->not_yet_available_minor != 0;
}

/* ---- what an event is about ---- */

static void set_document(Pb__StatementMovement *row, Pb__DocumentKind kind, char *document) {
    row->kind = kind;
    row->document = document;
}

static void set_other(Pb__StatementMovement *row, Pb__DocumentKind kind, char *other) {
    row->other_kind = other[0] != '\0' ? kind : PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED;
    row->other = other;
}

static char *reading_text(Pb__Reading reading) {
    return reading == PB__READING__READING_CORRECTION ? TEXT("correction") : TEXT("reversal");
}

static char *adjustment_text(Pb__AdjustmentKind kind) {
    switch (kind) {
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_CREDIT_NOTE:
        return TEXT("credit_note");
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DEBIT_NOTE:
        return TEXT("debit_note");
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_WRITE_OFF:
        return TEXT("write_off");
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_RECOVERY:
        return TEXT("recovery");
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_DISCOUNT:
        return TEXT("discount");
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_ROUNDING:
        return TEXT("rounding");
    case PB__ADJUSTMENT_KIND__ADJUSTMENT_KIND_UNSPECIFIED:
    case _PB__ADJUSTMENT_KIND_IS_INT_SIZE:
        break;
    }
    return TEXT("");
}

static void describe_adjustment(const Pb__AdjustmentPosted *body, Pb__StatementMovement *row) {
    row->detail = adjustment_text(body->kind);
    set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT, body->adjustment);
    set_other(row, body->target_kind, body->target);
}

static void describe_deposit(const Pb__Event *event, Pb__StatementMovement *row) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, event->deposit_received->lot);
        row->detail =
            event->deposit_received->funding == PB__FUNDING__FUNDING_PROMOTIONAL ? TEXT("promotional") : TEXT("");
        return;
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, event->deposit_consumed->charge);
        set_other(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, event->deposit_consumed->hold);
        return;
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, event->deposit_restored->charge);
        return;
    case PB__EVENT__BODY_LOT_EXPIRED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, event->lot_expired->lot);
        row->detail = event->lot_expired->to == PB__ON_EXPIRY__ON_EXPIRY_FORFEIT ? TEXT("forfeit") : TEXT("dormant");
        return;
    case PB__EVENT__BODY_EXPIRY_RELEASED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, event->expiry_released->lot);
        set_other(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, event->expiry_released->charge);
        return;
    case PB__EVENT__BODY_LOT_REACTIVATED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT, event->lot_reactivated->lot);
        return;
    case PB__EVENT__BODY_HOLD_PLACED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, event->hold_placed->hold);
        return;
    case PB__EVENT__BODY_HOLD_CAPTURED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, event->hold_captured->hold);
        set_other(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, event->hold_captured->charge);
        return;
    case PB__EVENT__BODY_HOLD_RELEASED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD, event->hold_released->hold);
        return;
    default:
        return;
    }
}

static void describe_receivable(const Pb__Event *event, Pb__StatementMovement *row) {
    switch ((int)event->body_case) {
    case PB__EVENT__BODY_CHARGE_POSTED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, event->charge_posted->charge);
        return;
    case PB__EVENT__BODY_CHARGE_REVERSED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE, event->charge_reversed->charge);
        row->detail = reading_text(event->charge_reversed->reading);
        return;
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, event->payment_received->payment);
        row->detail =
            event->payment_received->status == PB__PAYMENT_STATUS__PAYMENT_STATUS_PENDING ? TEXT("pending") : TEXT("");
        return;
    case PB__EVENT__BODY_PAYMENT_SETTLED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, event->payment_settled->payment);
        return;
    case PB__EVENT__BODY_PAYMENT_REVERSED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT, event->payment_reversed->payment);
        row->detail = reading_text(event->payment_reversed->reading);
        return;
    case PB__EVENT__BODY_ALLOCATED:
        set_document(row, event->allocated->source_kind, event->allocated->source);
        set_other(row, event->allocated->target_kind, event->allocated->target);
        return;
    case PB__EVENT__BODY_UNALLOCATED:
        set_document(row, event->unallocated->source_kind, event->unallocated->source);
        set_other(row, event->unallocated->target_kind, event->unallocated->target);
        return;
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
        describe_adjustment(event->adjustment_posted, row);
        return;
    case PB__EVENT__BODY_REFUNDED:
        set_document(row, PB__DOCUMENT_KIND__DOCUMENT_KIND_REFUND, event->refunded->refund);
        set_other(row, event->refunded->source_kind, event->refunded->source);
        return;
    default:
        return;
    }
}

void statement_describe(const Pb__Event *event, Pb__StatementMovement *row) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&pb__event__descriptor, (unsigned)event->body_case);
    row->event = field != NULL ? TEXT(field->name) : TEXT("");
    switch (event->body_case) {
    case PB__EVENT__BODY_DEPOSIT_RECEIVED:
    case PB__EVENT__BODY_DEPOSIT_CONSUMED:
    case PB__EVENT__BODY_DEPOSIT_RESTORED:
    case PB__EVENT__BODY_LOT_EXPIRED:
    case PB__EVENT__BODY_EXPIRY_RELEASED:
    case PB__EVENT__BODY_LOT_REACTIVATED:
    case PB__EVENT__BODY_HOLD_PLACED:
    case PB__EVENT__BODY_HOLD_CAPTURED:
    case PB__EVENT__BODY_HOLD_RELEASED:
        describe_deposit(event, row);
        return;
    case PB__EVENT__BODY_CHARGE_POSTED:
    case PB__EVENT__BODY_CHARGE_REVERSED:
    case PB__EVENT__BODY_PAYMENT_RECEIVED:
    case PB__EVENT__BODY_PAYMENT_SETTLED:
    case PB__EVENT__BODY_PAYMENT_REVERSED:
    case PB__EVENT__BODY_ALLOCATED:
    case PB__EVENT__BODY_UNALLOCATED:
    case PB__EVENT__BODY_ADJUSTMENT_POSTED:
    case PB__EVENT__BODY_REFUNDED:
        describe_receivable(event, row);
        return;
    case PB__EVENT__BODY_DISPUTE_OPENED:
    case PB__EVENT__BODY_DISPUTE_RESOLVED:
    case KINDS_BESIDE_MONEY:
    case PB__EVENT__BODY__NOT_SET:
    case _PB__EVENT__BODY__CASE_IS_INT_SIZE:
        return; /* They move no balance, so they make no row. */
    }
}
