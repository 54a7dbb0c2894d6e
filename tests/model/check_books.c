/* What the views of the books, of lots, of history and of lineage answer, against the reference. */
#include <inttypes.h>
#include <string.h>

#include "ask.h"
#include "check.h"
#include "random.h"

enum { PAGE_ROWS = 1000, LINEAGES = 3 };

/* One account at (A, K). */
struct checking {
    struct history *history;
    const struct tally *tally;
    struct daybook *ledger;
    const char *customer;
    const char *currency;
    int32_t date;
    struct asking asking;
    Pb__Page page;
};

static void compare(const struct checking *c, const char *view, const char *what, int64_t is, int64_t should) {
    check_expect(c->history, is == should, view,
                 "%s of %s in %s as of day %d, known at %" PRIu64 ": %" PRId64 ", not %" PRId64, what, c->customer,
                 c->currency, c->date, c->tally->known_at, is, should);
}

static bool is_visible(const struct checking *c, const Pb__Event *event) {
    return event->sequence <= c->tally->known_at && event->effective_on <= c->date;
}

static bool is_of_account(const struct checking *c, const Pb__Event *event) {
    return strcmp(event->customer, c->customer) == 0 && strcmp(event->currency, c->currency) == 0;
}

static const char *const account_names[ACCOUNTS] = {
    [CASH] = "Cash",         [PROMOTION] = "PromotionCost", [DEPOSITS] = "Deposits",       [RECEIVABLE] = "Receivable",
    [REVENUE] = "Revenue",   [UNAPPLIED] = "Unapplied",     [ADJUSTMENTS] = "Adjustments", [BAD_DEBT] = "BadDebt",
    [ROUNDING] = "Rounding", [DORMANT] = "Dormant",         [BREAKAGE] = "Breakage",
};

/* ---- trial balance ---- */

static void compare_trial(const struct checking *c, const char *customer, const Pb__TrialBalanceAnswer *answer) {
    for (int account = 0; account < ACCOUNTS; account++) {
        int64_t shown = 0;
        for (size_t i = 0; i < answer->n_rows; i++) {
            const Pb__TrialBalanceRow *row = answer->rows[i];
            shown += strcmp(row->account, account_names[account]) == 0 ? row->debit_minor - row->credit_minor : 0;
        }
        compare(c, "trial balance", account_names[account], shown,
                tally_books(c->tally, (enum account)account, customer, c->currency, c->date));
    }
    for (size_t i = 0; i < answer->n_totals; i++) {
        compare(c, "trial balance", "the difference", answer->totals[i]->debit_minor - answer->totals[i]->credit_minor,
                0);
        compare(c, "trial balance", "whether it agrees with the customers", answer->totals[i]->agrees,
                PB__AGREEMENT__AGREEMENT_YES);
    }
}

/* Of the customer, or NULL: of all. */
static void check_trial(struct checking *c, const char *customer) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__TrialBalanceQuery trial = PB__TRIAL_BALANCE_QUERY__INIT;
    trial.at = &c->asking.at;
    trial.currency = (char *)(uintptr_t)c->currency;
    trial.customer = (char *)(uintptr_t)(customer == NULL ? "" : customer);
    query.question_case = PB__QUERY__QUESTION_TRIAL_BALANCE;
    query.trial_balance = &trial;
    Pb__TrialBalanceAnswer *answer =
        (Pb__TrialBalanceAnswer *)ask(c->history, c->ledger, &query, &pb__trial_balance_answer__descriptor);
    if (answer != NULL) {
        compare_trial(c, customer, answer);
        pb__trial_balance_answer__free_unpacked(answer, NULL);
    }
}

/* ---- postings ---- */

/* The next row must be of this event, with its two lines. */
static void compare_lines(const struct checking *c, const Pb__Event *event, const Pb__PostingsRow *row) {
    struct entry entry = entry_of(event);
    compare(c, "postings", "the event", row != NULL ? (int64_t)row->event->sequence : 0, (int64_t)event->sequence);
    for (size_t i = 0; row != NULL && i < row->n_lines; i++) {
        const Pb__PostingLine *line = row->lines[i];
        int64_t should = strcmp(line->account, account_names[entry.debit]) == 0    ? entry.amount
                         : strcmp(line->account, account_names[entry.credit]) == 0 ? -entry.amount
                                                                                   : INT64_MIN;
        compare(c, "postings", line->account, line->debit_minor - line->credit_minor, should);
    }
    compare(c, "postings", "the lines", row != NULL ? (int64_t)row->n_lines : 0, 2);
}

static void check_postings(struct checking *c) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__PostingsQuery postings = PB__POSTINGS_QUERY__INIT;
    size_t at = 0;
    postings.at = &c->asking.at;
    postings.customer = (char *)(uintptr_t)c->customer;
    postings.currency = (char *)(uintptr_t)c->currency;
    postings.page = &c->page;
    query.question_case = PB__QUERY__QUESTION_POSTINGS;
    query.postings = &postings;
    Pb__PostingsAnswer *answer =
        (Pb__PostingsAnswer *)ask(c->history, c->ledger, &query, &pb__postings_answer__descriptor);
    for (size_t i = 0; answer != NULL && i < c->tally->count && !c->history->failure.is_set; i++) {
        const Pb__Event *event = c->tally->events[i];
        if (is_visible(c, event) && is_of_account(c, event) && entry_of(event).amount > 0) {
            compare_lines(c, event, at < answer->n_rows ? answer->rows[at] : NULL);
            at++;
        }
    }
    if (answer != NULL) {
        compare(c, "postings", "the count", (int64_t)answer->n_rows, (int64_t)at);
        pb__postings_answer__free_unpacked(answer, NULL);
    }
}

/* ---- lots ---- */

/* The sum of a measure whose other end is the lot. */
static int64_t sum_of_other(const struct checking *c, enum measure measure, const char *lot) {
    int64_t total = 0;
    for (size_t i = 0; i < c->tally->effect_count; i++) {
        const struct effect *effect = &c->tally->effects[i];
        if (effect->measure == measure && effect->sequence <= c->tally->known_at && effect->date <= c->date &&
            effect->other != NULL && strcmp(effect->other, lot) == 0 && strcmp(effect->customer, c->customer) == 0) {
            total += effect->amount;
        }
    }
    return total;
}

static int64_t refunded_of(const struct checking *c, Pb__DocumentKind kind, const char *id) {
    int64_t total = 0;
    for (size_t i = 0; i < c->tally->count; i++) {
        const Pb__Event *event = c->tally->events[i];
        if (is_visible(c, event) && is_of_account(c, event) && event->body_case == BODY(REFUNDED) &&
            event->refunded->source_kind == kind && strcmp(event->refunded->source, id) == 0) {
            total += event->refunded->amount_minor;
        }
    }
    return total;
}

static void compare_lot(const struct checking *c, const Pb__DepositReceived *made, const Pb__Lot *row) {
    struct doc doc = {c->customer, KIND(LOT), made->lot, 0};
    int64_t aside = tally_level(c->tally, doc, ASIDE, c->date);
    int64_t held = sum_of_other(c, HELD, made->lot);
    bool is_dormant = made->on_expiry == PB__ON_EXPIRY__ON_EXPIRY_DORMANT;
    compare(c, "lots", "what was received", row->received_minor, made->amount_minor);
    compare(c, "lots", "what was consumed", row->consumed_minor, sum_of_other(c, CONSUMED, made->lot));
    compare(c, "lots", "what was refunded", row->refunded_minor, refunded_of(c, KIND(LOT), made->lot));
    compare(c, "lots", "what is dormant", row->dormant_minor, is_dormant ? aside : 0);
    compare(c, "lots", "what was forfeited", row->forfeited_minor, is_dormant ? 0 : aside);
    compare(c, "lots", "what is held", row->held_minor, held);
    compare(c, "lots", "what is left", row->left_minor, tally_level(c->tally, doc, LEFT, c->date) + held);
}

static void check_lots(struct checking *c) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__LotsQuery lots = PB__LOTS_QUERY__INIT;
    struct list made;
    size_t visible = 0;
    lots.at = &c->asking.at;
    lots.customer = (char *)(uintptr_t)c->customer;
    lots.currency = (char *)(uintptr_t)c->currency;
    lots.include_spent = true;
    lots.page = &c->page;
    query.question_case = PB__QUERY__QUESTION_LOTS;
    query.lots = &lots;
    Pb__LotsAnswer *answer = (Pb__LotsAnswer *)ask(c->history, c->ledger, &query, &pb__lots_answer__descriptor);
    if (answer == NULL) {
        return;
    }
    tally_lots(c->tally, c->customer, c->currency, &made);
    for (size_t i = 0; i < made.count; i++) {
        visible += is_visible(c, made.made[i]);
        for (size_t j = 0; j < answer->n_rows && is_visible(c, made.made[i]); j++) {
            if (answer->rows[j]->sequence == made.made[i]->sequence) {
                compare_lot(c, made.made[i]->deposit_received, answer->rows[j]);
            }
        }
    }
    compare(c, "lots", "the count", (int64_t)answer->n_rows, (int64_t)visible);
    pb__lots_answer__free_unpacked(answer, NULL);
}

/* ---- history ---- */

static void check_history(struct checking *c) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__HistoryQuery asked = PB__HISTORY_QUERY__INIT;
    size_t at = 0;
    int64_t columns[ACCOUNTS] = {0};
    asked.at = &c->asking.at;
    asked.customer = (char *)(uintptr_t)c->customer;
    asked.currency = (char *)(uintptr_t)c->currency;
    asked.page = &c->page;
    query.question_case = PB__QUERY__QUESTION_HISTORY;
    query.history = &asked;
    Pb__HistoryAnswer *answer =
        (Pb__HistoryAnswer *)ask(c->history, c->ledger, &query, &pb__history_answer__descriptor);
    for (size_t i = 0; answer != NULL && i < c->tally->count && !c->history->failure.is_set; i++) {
        const Pb__Event *event = c->tally->events[i];
        if (!is_visible(c, event) || !is_of_account(c, event)) {
            continue;
        }
        struct entry entry = entry_of(event);
        columns[entry.debit] += entry.amount;
        columns[entry.credit] -= entry.amount;
        /* Events without a currency are the customer's, too, and may stand between. */
        while (at < answer->n_rows && answer->rows[at]->event->currency[0] == '\0') {
            at++;
        }
        const Pb__HistoryRow *row = at < answer->n_rows ? answer->rows[at++] : NULL;
        compare(c, "history", "the next event", row != NULL ? (int64_t)row->event->sequence : 0,
                (int64_t)event->sequence);
        if (row != NULL && row->after != NULL) {
            compare(c, "history", "receivable", row->after->receivable_minor, columns[RECEIVABLE]);
            compare(c, "history", "unapplied", row->after->unapplied_minor, -columns[UNAPPLIED]);
            compare(c, "history", "deposit", row->after->deposit_minor, -columns[DEPOSITS]);
            compare(c, "history", "dormant", row->after->dormant_minor, -columns[DORMANT]);
        }
    }
    if (answer != NULL) {
        pb__history_answer__free_unpacked(answer, NULL);
    }
}

/* ---- lineage ---- */

/* What an event puts between the document and others of a kind: negative when it comes off. */
static int64_t tie_of(const Pb__Event *event, Pb__DocumentKind kind, const char *id, Pb__DocumentKind other) {
    bool is_on = event->body_case == BODY(ALLOCATED);
    if (is_on || event->body_case == BODY(UNALLOCATED)) {
        const Pb__Allocated *on = event->allocated;
        const Pb__Unallocated *off = event->unallocated;
        Pb__DocumentKind source_kind = is_on ? on->source_kind : off->source_kind;
        Pb__DocumentKind target_kind = is_on ? on->target_kind : off->target_kind;
        bool is_source = source_kind == kind && strcmp(is_on ? on->source : off->source, id) == 0;
        bool is_target = target_kind == kind && strcmp(is_on ? on->target : off->target, id) == 0;
        bool is_other = (is_source && target_kind == other) || (is_target && source_kind == other);
        return !is_other ? 0 : is_on ? on->amount_minor : -off->amount_minor;
    }
    bool is_consumed = event->body_case == BODY(DEPOSIT_CONSUMED);
    if (!is_consumed && event->body_case != BODY(DEPOSIT_RESTORED)) {
        return 0;
    }
    const char *charge = is_consumed ? event->deposit_consumed->charge : event->deposit_restored->charge;
    size_t count = is_consumed ? event->deposit_consumed->n_slices : event->deposit_restored->n_slices;
    Pb__LotSlice **slices = is_consumed ? event->deposit_consumed->slices : event->deposit_restored->slices;
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_end = (kind == KIND(CHARGE) && other == KIND(LOT) && strcmp(charge, id) == 0) ||
                      (kind == KIND(LOT) && other == KIND(CHARGE) && strcmp(slices[i]->lot, id) == 0);
        sum += is_end ? slices[i]->amount_minor : 0;
    }
    return is_consumed ? sum : -sum;
}

static void compare_lineage(const struct checking *c, const struct doc *doc, const Pb__LineageAnswer *answer) {
    /* An adjustment of a charge ties it to the charge as well; so kinds that adjustments meet are left out. */
    Pb__DocumentKind others[] = {KIND(LOT), KIND(PAYMENT), KIND(CHARGE)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        int64_t should = 0;
        int64_t total = 0;
        int64_t rows = 0;
        for (size_t j = 0; j < c->tally->count; j++) {
            const Pb__Event *event = c->tally->events[j];
            should +=
                is_visible(c, event) && is_of_account(c, event) ? tie_of(event, doc->kind, doc->id, others[i]) : 0;
        }
        for (size_t j = 0; j < answer->n_totals; j++) {
            total += answer->totals[j]->other_kind == others[i] ? answer->totals[j]->amount_minor : 0;
        }
        for (size_t j = 0; j < answer->n_rows; j++) {
            rows += answer->rows[j]->other_kind == others[i] ? answer->rows[j]->amount_minor : 0;
        }
        compare(c, "lineage", doc->id, total, should);
        compare(c, "lineage", "the rows", rows, should);
    }
    int64_t held = doc->kind == KIND(LOT) ? sum_of_other(c, HELD, doc->id) : 0;
    compare(c, "lineage", "what is left", answer->left_minor, tally_level(c->tally, *doc, LEFT, c->date) + held);
}

static void check_lineage(struct checking *c, const Pb__Event *made) {
    struct doc doc = {.customer = c->customer};
    Pb__Query query = PB__QUERY__INIT;
    Pb__LineageQuery lineage = PB__LINEAGE_QUERY__INIT;
    doc.id = made_id(made, &doc.kind);
    if (doc.id == NULL || (doc.kind != KIND(LOT) && doc.kind != KIND(CHARGE) && doc.kind != KIND(PAYMENT))) {
        return;
    }
    lineage.at = &c->asking.at;
    lineage.customer = (char *)(uintptr_t)c->customer;
    lineage.kind = doc.kind;
    lineage.document = (char *)(uintptr_t)doc.id;
    lineage.page = &c->page;
    query.question_case = PB__QUERY__QUESTION_LINEAGE;
    query.lineage = &lineage;
    Pb__LineageAnswer *answer =
        (Pb__LineageAnswer *)ask(c->history, c->ledger, &query, &pb__lineage_answer__descriptor);
    if (answer != NULL) {
        compare_lineage(c, &doc, answer);
        pb__lineage_answer__free_unpacked(answer, NULL);
    }
}

/* Of a few documents that are visible, by chance. */
static void check_lineages(struct checking *c) {
    struct random_source random = {c->history->seed ^ (c->tally->known_at * 31 + (uint64_t)c->date)};
    for (int tries = 0, asked = 0; tries < 12 && asked < LINEAGES && !c->history->failure.is_set; tries++) {
        const Pb__Event *event = c->tally->events[random_between(&random, 0, (int64_t)c->tally->count - 1)];
        if (is_visible(c, event) && is_of_account(c, event)) {
            check_lineage(c, event);
            asked++;
        }
    }
}

void check_book_views(struct history *history, const struct tally *tally, struct daybook *ledger, const char *customer,
                      const char *currency, int32_t date) {
    struct checking checking = {
        .history = history, .tally = tally, .ledger = ledger, .customer = customer, .currency = currency, .date = date};
    asking_init(&checking.asking, date, tally->known_at);
    pb__page__init(&checking.page);
    checking.page.limit = PAGE_ROWS;
    check_trial(&checking, NULL);
    check_trial(&checking, customer);
    check_postings(&checking);
    check_lots(&checking);
    check_history(&checking);
    check_lineages(&checking);
}
