/* What several rules check: texts, amounts, dates and documents. Each refuses by its own code. */
#include <string.h>

#include "base/text.h"
#include "domain/decide_internal.h"

__attribute__((noinline)) static bool check_foreign_identifier(struct decision *decision, const char *what,
                                                               const char *id, size_t size) {
    return text_is_identifier(id, size, LIMIT_ID_BYTES) ||
           REFUSE(decision, MALFORMED, NO_FACTS,
                  "%s must be 1 to %d bytes of UTF-8 without control characters; it has %zu bytes", what,
                  LIMIT_ID_BYTES, size);
}

bool check_identifier(struct decision *decision, const char *what, const char *id) {
    size_t size = strlen(id);
    return (size > 0 && size <= LIMIT_ID_BYTES && text_is_plain(id, size)) ||
           check_foreign_identifier(decision, what, id, size);
}

__attribute__((noinline)) static bool check_foreign_line(struct decision *decision, const char *what, const char *text,
                                                         size_t size, size_t max_bytes) {
    return text_is_line(text, size, max_bytes) ||
           REFUSE(decision, MALFORMED, NO_FACTS,
                  "%s must be at most %zu bytes of UTF-8 without control characters; it has %zu bytes", what, max_bytes,
                  size);
}

bool check_line(struct decision *decision, const char *what, const char *text, size_t max_bytes) {
    if (text[0] == '\0') {
        return true;
    }
    size_t size = strlen(text);
    return (size <= max_bytes && text_is_plain(text, size)) ||
           check_foreign_line(decision, what, text, size, max_bytes);
}

bool check_amount(struct decision *decision, int64_t amount_minor, const char *document) {
    if (amount_minor <= 0) {
        return REFUSE(decision, AMOUNT_NOT_POSITIVE,
                      ((struct refusal_facts){.document = document, .requested_minor = amount_minor}),
                      "the amount of %s is %s; it must be positive", document, amount_text(decision, amount_minor));
    }
    return true;
}

bool check_amount_or_all(struct decision *decision, int64_t amount_minor, const char *document) {
    return amount_minor == 0 || check_amount(decision, amount_minor, document);
}

bool check_reason(struct decision *decision, const char *reason, const char *document) {
    if (reason[0] == '\0') {
        return REFUSE(decision, REASON_REQUIRED, ((struct refusal_facts){.document = document}),
                      "a reason is required for %s", document);
    }
    return check_line(decision, "the reason", reason, LIMIT_ID_BYTES);
}

__attribute__((noinline)) static bool refuse_date(struct decision *decision, const char *what, const char *text) {
    return REFUSE(decision, DATE_INVALID, NO_FACTS,
                  "%s \"%.32s\" is no date from 1970-01-02 to 9999-12-31 of the form YYYY-MM-DD", what, text);
}

bool check_date(struct decision *decision, const char *what, const char *text, int32_t *date) {
    *date = DATE_NONE;
    return text[0] == '\0' || date_parse(text, strlen(text), date) || refuse_date(decision, what, text);
}

bool check_is_new(struct decision *decision, Pb__DocumentKind kind, const char *id) {
    struct document *document = NULL;
    uint64_t sequence = 0;
    if (!went_well(decision, state_find_document(decision->state, decision->customer, kind, id, &document, &sequence,
                                                 decision->error))) {
        return false;
    }
    if (sequence != 0) {
        const char *name = document_kind_name(kind);
        return REFUSE(decision, DUPLICATE_DOCUMENT, ((struct refusal_facts){.document = id}),
                      "customer %s has %s %s \"%s\" since event %llu", decision->customer->id,
                      strchr("aeiou", *name) != NULL ? "an" : "a", name, id, (unsigned long long)sequence);
    }
    return true;
}

bool check_not_before(struct decision *decision, int32_t date, const struct document *document) {
    if (date < document->posted_on) {
        return REFUSE(decision, DATE_BEFORE_SOURCE, ((struct refusal_facts){.document = document->id, .date = date}),
                      "%s is before %s, the date of %s \"%s\"", date_text(decision, date),
                      date_text(decision, document->posted_on), document_kind_name((Pb__DocumentKind)document->kind),
                      document->id);
    }
    return true;
}

bool find_document(struct decision *decision, Pb__DocumentKind kind, const char *id, struct document **document) {
    uint64_t sequence = 0;
    if (!went_well(decision, state_find_document(decision->state, decision->customer, kind, id, document, &sequence,
                                                 decision->error))) {
        return false;
    }
    if (*document == NULL) {
        return REFUSE(decision, UNKNOWN_DOCUMENT, ((struct refusal_facts){.document = id}),
                      "customer %s has no %s \"%s\"", decision->customer->id, document_kind_name(kind), id);
    }
    if (!decision->is_currency_named) {
        memcpy(decision->currency, (*document)->currency, sizeof decision->currency);
        decision->is_currency_named = true;
    }
    if (!currencies_equal((*document)->currency, decision->currency)) {
        return REFUSE(decision, CURRENCY_MISMATCH, ((struct refusal_facts){.document = id}),
                      "%s \"%s\" is kept in %s, not in %s", document_kind_name(kind), id, (*document)->currency,
                      decision->currency);
    }
    return true;
}

void warn_if_due_before(struct decision *decision, const char *document, int32_t due_on) {
    int32_t happened_on = decision->effective_on;
    if (decision->original_on != DATE_NONE && decision->original_on < happened_on) {
        happened_on = decision->original_on;
    }
    if (due_on < happened_on) {
        warn(decision, "\"%s\" is due on %s, before its own day, %s: it is overdue from the start", document,
             date_text(decision, due_on), date_text(decision, happened_on));
    }
}

bool due_by_terms(struct decision *decision, int32_t posted_on, const Pb__PaymentTerms *terms, int32_t *due_on) {
    const struct profile *profile = customer_profile(decision->customer, posted_on);
    uint32_t days = terms != NULL ? terms->days : profile->terms_days;
    bool end_of_month = terms != NULL ? terms->end_of_month : profile->terms_end_of_month;
    if (days > LIMIT_TERMS_DAYS) {
        return REFUSE(decision, MALFORMED, NO_FACTS, "payment terms of %u days; %d are the most", days,
                      LIMIT_TERMS_DAYS);
    }
    *due_on = (end_of_month ? date_end_of_month(posted_on) : posted_on) + (int32_t)days;
    if (*due_on > DATE_MAX) {
        return REFUSE(decision, DATE_INVALID, NO_FACTS, "by the terms the charge would be due after 9999-12-31");
    }
    return true;
}
