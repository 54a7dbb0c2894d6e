/* Lineage in tests: what a model expects of a question to the rows, and the question to a ledger. */
#ifndef TESTS_PROJECTIONS_LINKS_CASE_H
#define TESTS_PROJECTIONS_LINKS_CASE_H

#include "projections/links.h"
#include "projections/submitting.h"

/* Gathered from the events that a question may see; sequences in the events' order. */
struct links_expected {
    struct daybook_buffer made;
    struct daybook_buffer sequences;
    struct links_totals totals;
};

static inline void links_expect_sequence(struct daybook_buffer *list, uint64_t sequence) {
    assert_int_equal(daybook_buffer_append(list, &sequence, sizeof sequence), DAYBOOK_OK);
}

/* One tie of the document: listed once an event, from where the question wants it and while there is room. */
static inline void links_expect(struct links_expected *expected, const struct links_question *question,
                                uint64_t sequence, size_t other_kind, int64_t amount) {
    struct daybook_buffer *list = &expected->sequences;
    const size_t count = list->size / sizeof sequence;
    const bool is_listed =
        count > 0 && memcmp(list->data + list->size - sizeof sequence, &sequence, sizeof sequence) == 0;
    expected->totals.amounts[other_kind] += amount;
    expected->totals.sum_minor += amount;
    if (sequence >= question->from && !is_listed && count < question->limit) {
        links_expect_sequence(list, sequence);
    }
}

/* Asks; what is found is what is expected, which is released. */
static inline void links_assert(struct folding *f, struct store_txn *txn, const struct links_question *question,
                                struct links_expected *expected) {
    struct links_found found = {0};
    FOLDING_OK(f, links_ask(txn, question, &found, &f->error));
    assert_true(daybook_bytes_equal(daybook_buffer_view(&found.made), daybook_buffer_view(&expected->made)));
    assert_true(daybook_bytes_equal(daybook_buffer_view(&found.sequences), daybook_buffer_view(&expected->sequences)));
    assert_memory_equal(found.totals.amounts, expected->totals.amounts, sizeof found.totals.amounts);
    assert_int_equal(found.totals.sum_minor, expected->totals.sum_minor);
    assert_int_equal(found.totals.has_settled, expected->totals.has_settled);
    links_found_release(&found);
    daybook_buffer_release(&expected->made);
    daybook_buffer_release(&expected->sequences);
}

static inline Pb__LineageAnswer *ask_lineage(struct asking *a, const char *as_of, const char *known_at,
                                             Pb__DocumentKind kind, const char *document, Pb__Page *page) {
    Pb__LineageAnswer *answer;
    ASK(a, LINEAGE, lineage, LineageQuery, lineage_query__init, answer, {
        q_->at = at(a, as_of, known_at);
        q_->customer = "ann";
        q_->kind = kind;
        q_->document = (char *)(uintptr_t)document;
        q_->page = page;
    });
    return answer;
}

#endif
