/* Refusals: values with a code and a sentence, and their explanation for people. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/decide_internal.h"

/* name, cause, cure */
#define REFUSAL_LIST(X)                                                                                                \
    X(MALFORMED, "The request cannot be read as one: a field is missing, too long or of the wrong form.",              \
      "Correct the field that the sentence names.")                                                                    \
    X(UNSUPPORTED, "This build does not decide this command.", "Use a newer build.")                                   \
    X(KEY_REUSED, "The key was used before with another content.",                                                     \
      "Use a new key for a new request; repeat a request only unchanged.")                                             \
    X(REQUEST_EXPIRED, "The request was decided after its not_after instant.",                                         \
      "Ask again with a new not_after, if it is still wanted.")                                                        \
    X(UNKNOWN_CUSTOMER, "No customer of that id was opened.", "Open the customer, or correct the id.")                 \
    X(CUSTOMER_CLOSED, "The customer was closed.", "Open a new customer; a closed one takes nothing more.")            \
    X(DUPLICATE_DOCUMENT, "The customer has a document of that kind and id.", "Use another id.")                       \
    X(UNKNOWN_DOCUMENT, "The customer has no document of that kind and id.", "Correct the id or the customer.")        \
    X(AMOUNT_NOT_POSITIVE, "An amount is zero or negative.", "Give a positive amount; signs come from the command.")   \
    X(AMOUNT_OVERFLOW, "All amounts ever entered in the currency would pass 2^63 - 1 minor units.",                    \
      "Check the amount; a real business does not reach this.")                                                        \
    X(CURRENCY_UNKNOWN, "The currency is no active ISO 4217 code.", "Use one, such as CNY, USD or JPY.")               \
    X(CURRENCY_MISMATCH, "The document is kept in another currency.", "Use the document's currency.")                  \
    X(DATE_INVALID, "A date does not exist, is out of range, or contradicts another.", "Correct the date.")            \
    X(PERIOD_CLOSED, "The books are closed on that date.",                                                             \
      "Enter it on the first open day with original_on, or reopen the period.")                                        \
    X(DATE_BEFORE_SOURCE, "The date is before the document that it uses.", "Use that document's date or a later one.") \
    X(EXCEEDS_OPEN, "More than is open on the item, on that day or a later one.", "Use at most what is available.")    \
    X(EXCEEDS_UNAPPLIED, "More than is unapplied of the payment or credit, on that day or a later one.",               \
      "Use at most what is available, or a later date.")                                                               \
    X(EXCEEDS_DEPOSIT, "More than the deposits can give, on that day or a later one.",                                 \
      "Use at most what is available; a charge can also wait for a deposit, or go on credit.")                         \
    X(EXCEEDS_HELD, "More than the hold still holds.", "Use at most what is held.")                                    \
    X(OUT_OF_SCOPE, "The lots that have money are not for this category.", "Charge another way, or use another lot.")  \
    X(LOT_EXPIRED, "The lots that have money are past their day, or before it.",                                       \
      "Reactivate a lot past its day, or wait for its first one; or charge another way.")                              \
    X(NOT_REFUNDABLE, "Promotional money is never paid back.", "Refund a paid lot, a payment or a credit.")            \
    X(OVER_CREDIT_LIMIT, "The exposure would pass the credit limit.", "Take a payment first, or raise the limit.")     \
    X(CREDIT_HOLD, "The customer is on credit hold.", "Lift the hold, or charge against deposits only.")               \
    X(BALANCE_NOT_ZERO, "A customer is closed, and erased, only at zero everywhere.",                                  \
      "Take a payment for what is owed, or write it off; use or refund what is unapplied or in deposits; "             \
      "release what is held; reactivate what is dormant, then refund it; settle or reverse what is pending. A charge " \
      "uses up promotional money. An erasure can be forced.")                                                          \
    X(REASON_REQUIRED, "A reason is required.", "Give a reason code.")                                                 \
    X(GROUP_REFUSED, "Another request of the group was refused, so none was taken.", "Correct that request.")          \
    X(DUPLICATE_CUSTOMER, "There is a customer of that id.", "Use it, or another id.")                                 \
    X(ALREADY_REVERSED, "The document was reversed before.", "Nothing is left to reverse.")                            \
    X(CLOCK_NOT_ALLOWED, "recorded_at was given on a ledger with its own clock, or is not after the last event.",      \
      "Leave it out; or make the ledger with an import clock and give increasing instants.")                           \
    X(EXCEEDS_WRITTEN_OFF, "More than was written off and not recovered yet.", "Recover at most what is available.")   \
    X(PAYMENT_PENDING, "The payment has not settled.", "Settle it first.")                                             \
    X(ALREADY_SETTLED, "The payment is not pending.", "Nothing is left to settle.")                                    \
    X(UNASSESSED, "The customer has no credit policy, and this ledger refuses credit without one.",                    \
      "Set a credit policy, or charge against deposits only.")                                                         \
    X(STATEMENT_NOT_NEXT, "The statement does not begin where the account's last one ended, or knows less than it.",   \
      "Issue it from that day on, of what is known now.")                                                              \
    X(ROLE_NOT_ALLOWED, "The actor's role may not ask for this.", "Ask somebody who has the role, or use that token.") \
    X(APPROVAL_REQUIRED, "The amount is above what the approval policy leaves to one person.",                         \
      "Propose it; somebody else then approves it.")                                                                   \
    X(SAME_PERSON,                                                                                                     \
      "Whoever did the one may not do the other: a payment and its allocation, a proposal and its "                    \
      "approval.",                                                                                                     \
      "Let somebody else do it.")                                                                                      \
    X(PROPOSAL_EXPIRED, "The proposal was not decided in its time.", "Propose it again, if it is still wanted.")       \
    X(PROPOSAL_MISMATCH, "The hash that was given is not that of the proposed request.",                               \
      "Look at what was proposed, and approve or reject exactly that.")                                                \
    X(PROPOSAL_LIMIT, "Too many proposals are open.", "Approve or reject some first.")                                 \
    X(KEYS_UNUSABLE, "The customers' keys cannot be read or written, so nothing personal is taken.",                   \
      "Do what the sentence says about the file; everything that is not personal goes on.")

const char *refusal_name(Pb__RefusalCode code) {
    switch (code) {
#define REFUSAL_NAME(name, cause, cure)                                                                                \
    case PB__REFUSAL_CODE__REFUSAL_CODE_##name:                                                                        \
        return #name;
        REFUSAL_LIST(REFUSAL_NAME)
#undef REFUSAL_NAME
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED:
    case _PB__REFUSAL_CODE_IS_INT_SIZE:
        break;
    }
    return "UNSPECIFIED";
}

const struct refusal_text *refusal_explain(Pb__RefusalCode code) {
    switch (code) {
#define REFUSAL_TEXT(name, cause, cure)                                                                                \
    case PB__REFUSAL_CODE__REFUSAL_CODE_##name: {                                                                      \
        static const struct refusal_text text = {cause, cure};                                                         \
        return &text;                                                                                                  \
    }
        REFUSAL_LIST(REFUSAL_TEXT)
#undef REFUSAL_TEXT
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED:
    case _PB__REFUSAL_CODE_IS_INT_SIZE:
        break;
    }
    return NULL;
}

static Pb__Refusal *new_refusal(struct arena *arena, Pb__RefusalCode code, const char *message) {
    Pb__Refusal *refusal = arena_alloc(arena, sizeof *refusal);
    if (refusal != NULL && message != NULL) {
        pb__refusal__init(refusal);
        refusal->code = code;
        refusal->message = arena_copy_text(arena, message, strlen(message));
    }
    return refusal != NULL && message != NULL && refusal->message != NULL ? refusal : NULL;
}

Pb__Refusal *refusal_before(struct arena *answer_arena, Pb__RefusalCode code, const char *why) {
    return new_refusal(answer_arena, code, why);
}

Pb__Refusal *refusal_group(struct arena *answer_arena, size_t culprit_index, const Pb__Refusal *cause) {
    const char *message = arena_format(answer_arena, "request %zu of the group was refused (%s): %s", culprit_index + 1,
                                       refusal_name(cause->code), cause->message);
    return new_refusal(answer_arena, PB__REFUSAL_CODE__REFUSAL_CODE_GROUP_REFUSED, message);
}

/* Arenas and tables that are refused memory say nothing: it is said here. */
bool went_wrong(struct decision *decision, enum daybook_status status) {
    if (status == DAYBOOK_NO_MEMORY) {
        daybook_fail(decision->error, status, "deciding: memory was refused");
    }
    decision->failure = status;
    return false;
}

bool out_of_memory(struct decision *decision) {
    return went_wrong(decision, DAYBOOK_NO_MEMORY);
}

/* Where memory is refused, the arena remembers it, and the refusal that this was for is not given. */
static char *copied(struct decision *decision, const char *text) {
    char *copy = arena_copy_text(decision->answer_arena, text, strlen(text));
    return copy != NULL ? copy : (char *)(uintptr_t) "";
}

void refuse(struct decision *decision, Pb__RefusalCode code, struct refusal_facts facts, const char *format, ...) {
    char message[DAYBOOK_ERROR_SIZE * 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    Pb__Refusal *refusal = new_refusal(decision->answer_arena, code, message);
    if (refusal == NULL) {
        out_of_memory(decision);
        return;
    }
    refusal->requested_minor = facts.requested_minor;
    refusal->available_minor = facts.available_minor;
    if (facts.document != NULL) {
        refusal->document = copied(decision, facts.document);
    }
    if (facts.requested_minor != 0 || facts.available_minor != 0) {
        refusal->currency = copied(decision, decision->currency);
    }
    if (facts.date != DATE_NONE) {
        refusal->date = copied(decision, date_text(decision, facts.date));
    }
    if (decision->answer_arena->is_exhausted) {
        out_of_memory(decision); /* An amount or a date is missing from it. */
        return;
    }
    decision->result->refusal = refusal;
}

void warn(struct decision *decision, const char *format, ...) {
    char message[DAYBOOK_ERROR_SIZE * 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const char *before = decision->result->warning;
    decision->result->warning =
        before == NULL ? copied(decision, message) : arena_format(decision->answer_arena, "%s; %s", before, message);
}

const char *amount_text(struct decision *decision, int64_t minor) {
    char text[DECIMAL_TEXT_SIZE];
    int decimals = currency_decimals(decision->currency);
    decimal_format(minor, decimals < 0 ? 0 : decimals, text);
    const char *whole = arena_format(decision->answer_arena, "%s %s", text, decision->currency);
    return whole != NULL ? whole : "?";
}

const char *date_text(struct decision *decision, int32_t date) {
    char text[DATE_TEXT_SIZE];
    return copied(decision, date_format(date, text));
}
