/* Random lines of script.h: a small business in which nearly everything may go wrong. */
#ifndef DAYBOOK_TESTS_DOMAIN_RANDOM_H
#define DAYBOOK_TESTS_DOMAIN_RANDOM_H

#include <inttypes.h>
#include <stdio.h>

#include "base/calendar.h"
#include "tests/projections/folding.h"
#include "tests/rows.h"

enum { RANDOM_LINE = 256, RANDOM_FIRST_DAY = 19844, RANDOM_DAYS = 60, RANDOM_IDS = 30 }; /* From 2024-05-01 on. */

static inline const char *random_of(struct chance *chance, const char *const *among, size_t count) {
    return among[chance_next(chance) % count];
}
#define RANDOM_OF(chance, ...)                                                                                         \
    random_of(chance, (const char *const[]){__VA_ARGS__}, ROW_COUNT(((const char *const[]){__VA_ARGS__})))

static inline const char *random_date(struct chance *chance, char text[DATE_TEXT_SIZE]) {
    return date_format(RANDOM_FIRST_DAY + (int32_t)chance_between(chance, 0, RANDOM_DAYS - 1), text);
}

static inline void random_money_in(struct chance *chance, char *line) {
    char expires[DATE_TEXT_SIZE];
    int id = (int)chance_between(chance, 1, RANDOM_IDS);
    int amount = (int)chance_between(chance, 1, 60);
    switch (chance_between(chance, 0, 4)) {
    case 0:
    case 1:
        snprintf(line, RANDOM_LINE, "deposit L%d %d %s prio=%d scope=%s expires=%s", id, amount,
                 RANDOM_OF(chance, "promo", "forfeit", "paid"), (int)chance_between(chance, 1, 3),
                 RANDOM_OF(chance, "goods", "goods,meals", "meals,x,goods"),
                 RANDOM_OF(chance, "", "", random_date(chance, expires)));
        return;
    case 2:
        snprintf(line, RANDOM_LINE, "pay P%d %d %s", id, amount, RANDOM_OF(chance, "none", "oldest", "pending"));
        return;
    case 3:
        snprintf(line, RANDOM_LINE, "pay P%d %d to=C%d:%d,C%d", id, amount, (int)chance_between(chance, 1, RANDOM_IDS),
                 (int)chance_between(chance, 1, 20), (int)chance_between(chance, 1, RANDOM_IDS));
        return;
    default:
        snprintf(line, RANDOM_LINE, "%s N%d %d why", RANDOM_OF(chance, "credit-note", "debit-note", "discount"), id,
                 amount);
    }
}

static inline void random_money_out(struct chance *chance, char *line) {
    char due[DATE_TEXT_SIZE];
    int id = (int)chance_between(chance, 1, RANDOM_IDS);
    int amount = (int)chance_between(chance, 1, 90);
    switch (chance_between(chance, 0, 6)) {
    case 0:
    case 1:
        snprintf(line, RANDOM_LINE, "charge C%d %d %s due=%s settle=%s", id, amount,
                 RANDOM_OF(chance, "goods", "meals"), random_date(chance, due),
                 RANDOM_OF(chance, "", "first", "only", "receivable"));
        return;
    case 2:
        snprintf(line, RANDOM_LINE, "charge C%d %d goods instalments=@2024-07-01,@2024-08-01,@2024-09-01", id, amount);
        return;
    case 3:
        snprintf(line, RANDOM_LINE, "place-hold H%d %d goods expires=%s", id, amount,
                 RANDOM_OF(chance, "", random_date(chance, due)));
        return;
    case 4:
        snprintf(line, RANDOM_LINE, "capture-hold H%d %d C%d %s", (int)chance_between(chance, 1, RANDOM_IDS),
                 (int)chance_between(chance, 0, 40), id, RANDOM_OF(chance, "keep", "all"));
        return;
    case 5:
        snprintf(line, RANDOM_LINE, "refund R%d %d %s%d", id, (int)chance_between(chance, 1, 20),
                 RANDOM_OF(chance, "lot L", "payment P", "adjustment N"), (int)chance_between(chance, 1, RANDOM_IDS));
        return;
    default:
        snprintf(line, RANDOM_LINE, "apply C%d %d", id, (int)chance_between(chance, 0, 20));
    }
}

static inline void random_change_of_mind(struct chance *chance, char *line, uint64_t head) {
    int id = (int)chance_between(chance, 1, RANDOM_IDS);
    int amount = (int)chance_between(chance, 0, 30);
    switch (chance_between(chance, 0, 9)) {
    case 0:
        snprintf(line, RANDOM_LINE, "reverse-charge C%d %d %s error", id, amount,
                 RANDOM_OF(chance, "correction", "reversal"));
        return;
    case 1:
        snprintf(line, RANDOM_LINE, "reverse-payment P%d %s bounced", id, RANDOM_OF(chance, "correction", "reversal"));
        return;
    case 2:
        snprintf(line, RANDOM_LINE, "allocate %s to=C%d:%d part=%d",
                 RANDOM_OF(chance, "P1", "P2", "P3", "P4", "P5", "N1 kind=adjustment", "N2 kind=adjustment"), id,
                 amount, (int)chance_between(chance, 0, 1));
        return;
    case 3:
        snprintf(line, RANDOM_LINE, "unallocate #%" PRIu64 " %d",
                 (uint64_t)chance_between(chance, 1, (int64_t)head + 1), amount);
        return;
    case 4:
        snprintf(line, RANDOM_LINE, "release-hold H%d %d", id, amount);
        return;
    case 5:
        snprintf(line, RANDOM_LINE, "%s N%d %d why for=C%d part=%d",
                 RANDOM_OF(chance, "credit-note", "debit-note", "write-off", "recovery", "rounding"),
                 (int)chance_between(chance, 1, RANDOM_IDS * 3), amount, id, (int)chance_between(chance, 0, 2));
        return;
    case 6:
        snprintf(line, RANDOM_LINE, "settle P%d", id);
        return;
    case 7:
        snprintf(line, RANDOM_LINE, "reactivate L%d %d why expires=%s", id, amount,
                 RANDOM_OF(chance, "", "2024-08-01", "2024-07-03"));
        return;
    case 8:
        snprintf(line, RANDOM_LINE, "allocate P%d", id);
        return;
    default:
        snprintf(line, RANDOM_LINE, "%s",
                 RANDOM_OF(chance, "expire", "policy amount 200", "policy unlimited", "policy amount 50 warn",
                           "hold late", "lift paid", "change settle=first"));
    }
}

/* A line for one of three customers, on one of RANDOM_DAYS days or on none. `head`: the last sequence. */
static inline void random_line(struct chance *chance, uint64_t head, char text[RANDOM_LINE + 64]) {
    char line[RANDOM_LINE];
    char date[DATE_TEXT_SIZE] = "";
    switch (chance_between(chance, 0, 5)) {
    case 0:
    case 1:
        random_money_in(chance, line);
        break;
    case 2:
    case 3:
        random_money_out(chance, line);
        break;
    default:
        random_change_of_mind(chance, line, head);
    }
    if (chance_between(chance, 0, 3) != 0) {
        random_date(chance, date);
    }
    snprintf(text, RANDOM_LINE + 64, "%s %s cust=%s", date, line, RANDOM_OF(chance, "ann", "bob", "cem"));
}

#endif
