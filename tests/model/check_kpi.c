/* Figures of a period against the reference's sums at its two ends. */
#include "check.h"

#include <inttypes.h>
#include <string.h>

#include "ask.h"

enum { PERIOD_DAYS_MAX = 90 };

/* What an account came to by a date: its flows since the beginning. */
struct reached {
    int64_t charged;
    int64_t consumed;
    int64_t received;
    int64_t written_off;
    int64_t allocated;
    int64_t late;
    int64_t to_pay; /* Amounts times days: from posting, past the due date, and either way of it. */
    int64_t delay;
    int64_t beyond;
};

struct checking {
    struct history *history;
    const struct tally *tally;
    const char *customer;
    const char *currency;
    int32_t from;
    int32_t to;
};

static void compare(const struct checking *c, const char *what, int64_t is, int64_t should) {
    check_expect(c->history, is == should, "kpi",
                 "%s of %s in %s after day %d through day %d, known at %" PRIu64 ": %" PRId64 ", not %" PRId64, what,
                 c->customer, c->currency, c->from, c->to, c->tally->known_at, is, should);
}

static int64_t slices_of(size_t count, Pb__LotSlice *const *slices) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += slices[i]->amount_minor;
    }
    return sum;
}

/* Weighs what was put against an item with the days of the allocation `event`, which a taking off and a putting on
 * again have, too. */
static void add_allocated(const struct tally *tally, const Pb__Event *event, int64_t amount, struct reached *reached) {
    const Pb__Allocated *allocated = event->allocated;
    struct doc target = {event->customer, allocated->target_kind, allocated->target, 0};
    const Pb__Event *made = tally_made(tally, target);
    int32_t due_on = allocated->instalment > 0 && made->body_case == BODY(CHARGE_POSTED)
                         ? made->charge_posted->instalments[allocated->instalment - 1]->due_on
                         : made_due_on(tally, made);
    int64_t late_days = (int64_t)event->effective_on - due_on;
    reached->allocated += amount;
    reached->to_pay += amount * ((int64_t)event->effective_on - made->effective_on);
    reached->beyond += amount * late_days;
    if (late_days > 0) {
        reached->late += amount;
        reached->delay += amount * late_days;
    }
}

static const Pb__Event *original_of(const struct tally *tally, const Pb__Event *event, uint64_t sequence) {
    return sequence == 0 ? event : tally->events[sequence - 1];
}

static void add_event(const struct tally *tally, const Pb__Event *e, struct reached *reached) {
    switch ((int)e->body_case) {
    case BODY(CHARGE_POSTED):
        reached->charged += e->charge_posted->amount_minor;
        break;
    case BODY(CHARGE_REVERSED):
        reached->charged -= e->charge_reversed->amount_minor;
        break;
    case BODY(DEPOSIT_CONSUMED):
        reached->consumed += slices_of(e->deposit_consumed->n_slices, e->deposit_consumed->slices);
        break;
    case BODY(DEPOSIT_RESTORED):
        reached->consumed -= slices_of(e->deposit_restored->n_slices, e->deposit_restored->slices);
        break;
    case BODY(PAYMENT_RECEIVED):
    case BODY(PAYMENT_SETTLED):
        reached->received += entry_of(e).amount; /* A pending payment moves nothing yet. */
        break;
    case BODY(PAYMENT_REVERSED):
        reached->received -= entry_of(e).amount;
        break;
    case BODY(ADJUSTMENT_POSTED):
        reached->written_off += entry_of(e).debit == BAD_DEBT    ? entry_of(e).amount
                                : entry_of(e).credit == BAD_DEBT ? -entry_of(e).amount
                                                                 : 0;
        break;
    case BODY(ALLOCATED):
        add_allocated(tally, original_of(tally, e, e->allocated->allocation_sequence), e->allocated->amount_minor,
                      reached);
        break;
    case BODY(UNALLOCATED):
        add_allocated(tally, original_of(tally, e, e->unallocated->allocation_sequence), -e->unallocated->amount_minor,
                      reached);
        break;
    default:
        break;
    }
}

static struct reached reached_by(const struct checking *c, int32_t date) {
    struct reached reached = {0};
    for (size_t i = 0; i < c->tally->count && c->tally->events[i]->sequence <= c->tally->known_at; i++) {
        const Pb__Event *event = c->tally->events[i];
        if (event->effective_on <= date && strcmp(event->customer, c->customer) == 0 &&
            strcmp(event->currency, c->currency) == 0) {
            add_event(c->tally, event, &reached);
        }
    }
    return reached;
}

static void compare_amounts(const struct checking *c, const Pb__KpiAmounts *amounts) {
    struct reached before = reached_by(c, c->from);
    struct reached after = reached_by(c, c->to);
    compare(c, "opening", amounts->opening_minor, tally_open(c->tally, c->customer, c->currency, c->from));
    compare(c, "ending", amounts->ending_minor, tally_open(c->tally, c->customer, c->currency, c->to));
    compare(c, "unapplied", amounts->unapplied_minor, tally_unapplied(c->tally, c->customer, c->currency, c->to));
    compare(c, "the parts of ending", amounts->not_due_minor + amounts->overdue_minor + amounts->disputed_minor,
            amounts->ending_minor);
    compare(c, "charged", amounts->charged_minor, after.charged - before.charged);
    compare(c, "consumed", amounts->consumed_minor, after.consumed - before.consumed);
    compare(c, "received", amounts->received_minor, after.received - before.received);
    compare(c, "written off", amounts->written_off_minor, after.written_off - before.written_off);
    compare(c, "allocated", amounts->allocated_minor, after.allocated - before.allocated);
    compare(c, "late", amounts->late_minor, after.late - before.late);
}

static void compare_means(const struct checking *c, const Pb__KpiRow *row) {
    struct reached before = reached_by(c, c->from);
    struct reached after = reached_by(c, c->to);
    const struct {
        const char *name;
        int64_t should;
    } means[] = {
        {"days_to_pay", after.to_pay - before.to_pay},
        {"days_beyond_terms", after.beyond - before.beyond},
        {"average_days_late", after.delay - before.delay},
    };
    for (size_t i = 0; i < row->n_figures; i++) {
        for (size_t j = 0; j < sizeof means / sizeof *means; j++) {
            if (strcmp(row->figures[i]->name, means[j].name) == 0) {
                compare(c, means[j].name, row->figures[i]->numerator_minor, means[j].should);
            }
        }
    }
}

/* Rows are what was open at the start, columns what is at the end. */
static void compare_rolls(const struct checking *c, const Pb__KpiRow *row) {
    int64_t opening = 0;
    int64_t ending = 0;
    for (size_t i = 0; i < row->n_rolls; i++) {
        const Pb__KpiRoll *roll = row->rolls[i];
        opening += i + 1 < row->n_rolls ? roll->opening_minor : 0;
        for (size_t j = 0; j < roll->n_moved_minor; j++) {
            ending += roll->moved_minor[j];
        }
    }
    compare(c, "the rows of rolls", opening, row->amounts->opening_minor);
    compare(c, "the columns of rolls", ending, row->amounts->ending_minor);
}

void check_kpi(struct history *history, const struct tally *tally, struct daybook *ledger, const char *customer,
               const char *currency, int32_t date) {
    struct checking c = {history, tally, customer, currency, 0, date};
    struct asking asking;
    struct asking begin;
    Pb__Query query = PB__QUERY__INIT;
    Pb__KpiQuery kpi = PB__KPI_QUERY__INIT;
    c.from = date - 1 - (int32_t)((history->seed + tally->known_at) % PERIOD_DAYS_MAX);
    if (c.from < 1) {
        return;
    }
    asking_init(&asking, date, tally->known_at);
    asking_init(&begin, c.from, tally->known_at);
    kpi.at = &asking.at;
    kpi.from = begin.as_of;
    kpi.customer = (char *)(uintptr_t)customer;
    kpi.currency = (char *)(uintptr_t)currency;
    query.question_case = PB__QUERY__QUESTION_KPI;
    query.kpi = &kpi;
    Pb__KpiAnswer *answer = (Pb__KpiAnswer *)ask(history, ledger, &query, &pb__kpi_answer__descriptor);
    for (size_t i = 0; answer != NULL && i < answer->n_rows; i++) {
        if (strcmp(answer->rows[i]->currency, currency) == 0) {
            compare_amounts(&c, answer->rows[i]->amounts);
            compare_means(&c, answer->rows[i]);
            compare_rolls(&c, answer->rows[i]);
        }
    }
    if (answer != NULL) {
        pb__kpi_answer__free_unpacked(answer, NULL);
    }
}
