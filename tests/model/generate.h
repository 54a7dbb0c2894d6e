/*
 * Random requests: about half sensible (documents that are there, amounts that
 * fit, dates near today), half wild.
 */
#ifndef TESTS_MODEL_GENERATE_H
#define TESTS_MODEL_GENERATE_H

#include "history.h"
#include "random.h"
#include "tally.h"

enum { DRAFT_TEXTS = 64, DRAFT_TEXT_SIZE = 80, DRAFT_PLANS = 3, DRAFT_PARTS = 4, NAMES = 4 };

struct generator {
    struct random_source random;
    struct history *history;
    const struct tally *tally;
    int64_t now_us;
    int customers;
    int currencies;
    unsigned keys;
    unsigned documents;
    bool is_huge;     /* Amounts near the edge of int64 are among the wild ones. */
    bool is_late;     /* Requests are often dated back. */
    bool is_sensible; /* This request. */
    bool is_missing;  /* It is about a document that there is not. */

    /* The request in work, and what it points to. */
    Pb__Request request;
    char texts[DRAFT_TEXTS][DRAFT_TEXT_SIZE];
    size_t text_count;
    Pb__AllocationPlan plans[DRAFT_PLANS];
    Pb__AllocationPlan *plan_pointers[DRAFT_PLANS];
    char *scope[3];
    Pb__Priority priority;
    Pb__PaymentTerms terms;
    Pb__CustomerProfile profile;
    Pb__InstalmentPlan parts[DRAFT_PARTS];
    Pb__InstalmentPlan *part_pointers[DRAFT_PARTS];
};

/* The time that requests carry begins here, by the seed. */
void generator_init(struct generator *generator, struct history *history, const struct tally *tally);

/* Adds one step to the history. False: it is full. */
bool generate_step(struct generator *generator);

/* ---- shared by the files of the generator ---- */

char *draft_text(struct generator *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *draft_date(struct generator *g, int32_t date); /* 0: "". */
int32_t draft_today(const struct generator *g);
char *draft_near_date(struct generator *g, int back_days, int ahead_days);
char *draft_wild_date(struct generator *g);
char *draft_new_id(struct generator *g, char prefix);
int64_t draft_amount(struct generator *g);
/* Near `reference`: all of it, a part, or by chance more. */
int64_t draft_part(struct generator *g, int64_t reference, bool is_zero_all);
/* A document of the customer, with something left when that can be; its id is unknown at times. */
char *draft_document(struct generator *g, Pb__DocumentKind kind, int64_t *left);
char *draft_reason(struct generator *g);
char *draft_category(struct generator *g);

void draft_money_command(struct generator *g, int command); /* generate_money.c */
enum { MONEY_COMMANDS = 30 };

#endif
