/*
 * The judge: one request, what the engine answered and which events it made,
 * against the tally of all that came before. Notes the first thing that is wrong.
 */
#ifndef TESTS_MODEL_JUDGE_H
#define TESTS_MODEL_JUDGE_H

#include "daybook.h"
#include "tally.h"

struct judge {
    struct tally *tally; /* Grows by each event that has been judged. */
    struct history *history;
    size_t step;
    const Pb__Request *request;
    const struct daybook_answer *answer;
    Pb__Event **events; /* Those of the answer; borrowed. */
    size_t count;
    size_t at; /* The next to be judged. */
    uint64_t group;
    uint64_t digest; /* Of the request's first event. */
    int32_t today;
    int32_t effective_on; /* The request's date, or today. */
    bool is_dated;
    bool is_date_readable;
    const char *currency;
};

/* Notes a failure unless there is one. Returns `holds`. */
bool judge_expect(struct judge *judge, bool holds, const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool judge_failed(const struct judge *judge);

/* The next event, which must be of that kind; NULL: noted. */
const Pb__Event *judge_next(struct judge *judge, Pb__Event__BodyCase body);
/* Judges what holds for every event, and moves it to the tally. */
bool judge_take(struct judge *judge);
/* Whether the next event is of that kind; notes nothing. */
bool judge_is_next(const struct judge *judge, Pb__Event__BodyCase body);

struct doc judge_doc(const struct judge *judge, Pb__DocumentKind kind, const char *id);
/* The text of a date; 0: empty or none. */
int32_t read_date(const char *text);
bool is_date_text(const char *text);
bool events_equal(const Pb__Event *a, const Pb__Event *b); /* Bodies, dates and currencies. */

/* One accepted request, its expiries included. */
void judge_accepted(struct judge *judge);
/* A refusal of the codes that the reference can confirm. */
void judge_refused(struct judge *judge);

/* ---- one a command; they take the events of the command's own rule ---- */

void judge_customer(struct judge *judge);
void judge_period(struct judge *judge);
void judge_credit_policy(struct judge *judge);
void judge_deposit(struct judge *judge);
void judge_refund(struct judge *judge);
void judge_charge(struct judge *judge);
void judge_apply(struct judge *judge);
void judge_payment(struct judge *judge);
void judge_settle(struct judge *judge);
void judge_allocate(struct judge *judge);
void judge_unallocate(struct judge *judge);
void judge_adjustment(struct judge *judge);
void judge_reverse_payment(struct judge *judge);
void judge_reverse_charge(struct judge *judge);
/* The lowest that would be left from `date` on if every use came off, and none had stood that came off later. */
int64_t lowest_unwound(const struct judge *judge, struct doc doc, Pb__Reading reading, int32_t date);
void judge_place_hold(struct judge *judge);
void judge_capture_hold(struct judge *judge);
void judge_release_hold(struct judge *judge);
void judge_reactivate(struct judge *judge);
void judge_dispute(struct judge *judge);

/* ---- shared by them ---- */

void judge_credit(struct judge *judge, const Pb__CreditDecision *credit, int64_t charge_minor);
int32_t judge_due_on(struct judge *judge, const char *due_on, const Pb__PaymentTerms *terms);
bool is_same_text(const char *a, const char *b);

#endif
