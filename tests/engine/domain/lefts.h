/* What was left of every document when it was last told (RM1, RM2): each request must go on from there. */
#ifndef DAYBOOK_TESTS_DOMAIN_LEFTS_H
#define DAYBOOK_TESTS_DOMAIN_LEFTS_H

#include <stdlib.h>
#include <string.h>

#include "domain/document_kind.h"
#include "domain/remainder.h"
#include "tests/rows.h"

struct left {
    char customer[LIMIT_ID_BYTES + 1];
    char document[LIMIT_ID_BYTES + 1];
    Pb__DocumentKind kind;
    uint32_t part;
    int64_t left_minor;
};
struct lefts {
    struct left *items;
    size_t count;
};

static inline struct left *lefts_find(struct lefts *lefts, const char *customer, const Pb__Remainder *remainder) {
    for (size_t i = 0; i < lefts->count; i++) {
        struct left *left = &lefts->items[i];
        if (left->kind == remainder->kind && left->part == remainder->instalment &&
            strcmp(left->document, remainder->document) == 0 && strcmp(left->customer, customer) == 0) {
            return left;
        }
    }
    lefts->items = realloc(lefts->items, (lefts->count + 1) * sizeof *lefts->items);
    assert_non_null(lefts->items);
    struct left *left = &lefts->items[lefts->count++];
    memset(left, 0, sizeof *left);
    strcpy(left->customer, customer);
    strcpy(left->document, remainder->document);
    left->kind = remainder->kind;
    left->part = remainder->instalment;
    return left;
}

/* Of a request that was just decided, or repeated. */
static inline void lefts_check(struct lefts *lefts, const char *customer, bool is_repeated,
                               Pb__Remainder *const *remainders, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const Pb__Remainder *told = remainders[i];
        struct left *left = lefts_find(lefts, customer, told);
        int64_t expected_minor = left->left_minor + (is_repeated ? 0 : told->change_minor);
        if (told->left_minor != expected_minor || told->left_minor < 0) {
            fail_msg("%s %s#%u of %s: %lld is told, and %lld is left", document_kind_name(told->kind), told->document,
                     told->instalment, customer, (long long)told->left_minor, (long long)expected_minor);
        }
        left->left_minor = told->left_minor;
        for (size_t j = 0; j < i; j++) {
            assert_true(told->kind != remainders[j]->kind || told->instalment != remainders[j]->instalment ||
                        strcmp(told->document, remainders[j]->document) != 0);
        }
    }
}

#endif
