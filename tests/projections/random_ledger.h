/* A ledger with views that is written at random (tests/engine/domain/random.h), and points in time to ask it about. */
#ifndef TESTS_PROJECTIONS_RANDOM_LEDGER_H
#define TESTS_PROJECTIONS_RANDOM_LEDGER_H

#include "projections/query.h"
#include "tests/engine/domain/random.h"
#include "tests/engine/ledger_case.h"

struct random_ledger {
    struct ledger_case c;
    struct chance chance;
    struct arena arena; /* Of questions and answers; the test resets it. */
};

static inline void random_ledger_open(struct random_ledger *r, uint64_t seed) {
    ledger_case_begin(&r->c);
    r->chance = (struct chance){seed};
    arena_init(&r->arena, (size_t)1 << 30);
    r->c.how.views = daybook_standard_views;
    r->c.how.map_size_bytes = (size_t)1 << 30;
    ledger_case_reopen(&r->c);
    ledger_must(&r->c, "2024-01-01 open ann tags=north");
    ledger_must(&r->c, "2024-01-01 open bob terms=10 tags=north,big");
    ledger_must(&r->c, "2024-01-01 open cem terms=5 eom");
}

static inline void random_ledger_close(struct random_ledger *r) {
    arena_release(&r->arena);
    ledger_case_end(&r->c);
}

/* What tags a customer has changes, too, for earlier and later days. */
static inline void random_ledger_tag(struct random_ledger *r) {
    char on[DATE_TEXT_SIZE];
    char line[RANDOM_LINE];
    (void)snprintf(line, sizeof line, "%s change cust=%s tags=%s", random_date(&r->chance, on),
                   RANDOM_OF(&r->chance, "ann", "bob", "cem"), RANDOM_OF(&r->chance, "north", "big", "north,big"));
    (void)ledger_line(&r->c, line);
}

/* Of a charge that is met by chance, little is open that could be written off: of one of its own. */
static inline void random_ledger_write_off(struct random_ledger *r) {
    const char *customer = RANDOM_OF(&r->chance, "ann", "bob", "cem");
    const uint64_t n = ledger_head(&r->c);
    char lines[4][RANDOM_LINE];
    (void)snprintf(lines[0], RANDOM_LINE, "charge W%" PRIu64 " 9 settle=receivable cust=%s", n, customer);
    (void)snprintf(lines[1], RANDOM_LINE, "write-off O%" PRIu64 " 4 why for=W%" PRIu64 " cust=%s", n, n, customer);
    (void)snprintf(lines[2], RANDOM_LINE, "rounding R%" PRIu64 " 1 why for=W%" PRIu64 " cust=%s", n, n, customer);
    (void)snprintf(lines[3], RANDOM_LINE, "recovery F%" PRIu64 " 2 why for=W%" PRIu64 " cust=%s", n, n, customer);
    for (size_t i = 0; i < ROW_COUNT(lines); i++) {
        (void)ledger_line(&r->c, lines[i]);
    }
}

static inline void random_ledger_write(struct random_ledger *r, int requests) {
    for (int i = 0; i < requests; i++) {
        char line[RANDOM_LINE + 80];
        random_line(&r->chance, ledger_head(&r->c), line);
        if (chance_between(&r->chance, 0, 9) == 0) {
            strcat(line, " cur=USD");
        }
        (void)ledger_line(&r->c, line);
        if (chance_between(&r->chance, 0, 49) == 0) {
            random_ledger_tag(r);
        }
        if (chance_between(&r->chance, 0, 24) == 0) {
            random_ledger_write_off(r);
        }
        r->c.now_us += chance_between(&r->chance, 0, 6) * 3600 * 1000000;
    }
}

static inline char *random_text(struct random_ledger *r, const char *text) {
    char *copy = arena_copy_text(&r->arena, text, strlen(text));
    assert_non_null(copy);
    return copy;
}

/* Of the business's days, and of a few before and after. */
static inline char *random_day(struct random_ledger *r) {
    char text[DATE_TEXT_SIZE];
    (void)date_format(RANDOM_FIRST_DAY + (int32_t)chance_between(&r->chance, -5, RANDOM_DAYS + 90), text);
    return random_text(r, text);
}

static inline uint64_t random_sequence(struct random_ledger *r) {
    return (uint64_t)chance_between(&r->chance, 0, (int64_t)ledger_head(&r->c));
}

static inline char *sequence_text(struct random_ledger *r, uint64_t sequence) {
    char *text = arena_format(&r->arena, "%" PRIu64, sequence);
    assert_non_null(text);
    return text;
}

static inline Pb__At *at_of(struct random_ledger *r, const char *as_of, uint64_t known_at) {
    Pb__At *at = arena_alloc(&r->arena, sizeof *at);
    assert_non_null(at);
    pb__at__init(at);
    at->as_of = random_text(r, as_of);
    at->known_at = sequence_text(r, known_at);
    return at;
}

#endif
