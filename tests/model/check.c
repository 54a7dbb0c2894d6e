/* The end of a history: random days and sequences, and what must hold of the books there. */
#include "check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "random.h"

enum { QUESTIONS = 6, SHORT_HISTORY = 40 };

bool check_expect(struct history *history, bool holds, const char *check, const char *format, ...) {
    struct failure *failure = &history->failure;
    if (!holds && !failure->is_set) {
        va_list arguments;
        failure->is_set = true;
        failure->step = history->step_count;
        (void)snprintf(failure->check, sizeof failure->check, "%s", check);
        va_start(arguments, format);
        (void)vsnprintf(failure->text, sizeof failure->text, format, arguments);
        va_end(arguments);
    }
    return holds;
}

/* What lots of that ending have aside. */
static int64_t sum_aside(const struct tally *tally, const char *customer, const char *currency, int32_t date,
                         Pb__OnExpiry ending) {
    struct list lots;
    int64_t sum = 0;
    tally_lots(tally, customer, currency, &lots);
    for (size_t i = 0; i < lots.count; i++) {
        if (lots.made[i]->deposit_received->on_expiry == ending) {
            sum += tally_level(tally, (struct doc){customer, KIND(LOT), lots.made[i]->deposit_received->lot, 0}, ASIDE,
                               date);
        }
    }
    return sum;
}

/* The accounts of the books against the documents: nothing is lost between them. */
void check_books(struct history *history, const struct tally *tally, const char *customer, const char *currency,
                 int32_t date) {
    int64_t total = 0;
    for (int account = 0; account < ACCOUNTS; account++) {
        total += tally_books(tally, (enum account)account, customer, currency, date);
    }
    int64_t deposits = tally_sum(tally, (struct sum_of){customer, currency, KIND(LOT), LEFT}, date) +
                       tally_sum(tally, (struct sum_of){customer, currency, KIND(HOLD), HELD}, date);
    const struct {
        const char *what;
        int64_t booked;
        int64_t counted;
    } pairs[] = {
        {"trial balance", total, 0},
        {"receivable", tally_books(tally, RECEIVABLE, customer, currency, date),
         tally_open(tally, customer, currency, date)},
        {"unapplied", -tally_books(tally, UNAPPLIED, customer, currency, date),
         tally_unapplied(tally, customer, currency, date)},
        {"deposits", -tally_books(tally, DEPOSITS, customer, currency, date), deposits},
        {"dormant", -tally_books(tally, DORMANT, customer, currency, date),
         sum_aside(tally, customer, currency, date, PB__ON_EXPIRY__ON_EXPIRY_DORMANT)},
        {"breakage", -tally_books(tally, BREAKAGE, customer, currency, date),
         sum_aside(tally, customer, currency, date, PB__ON_EXPIRY__ON_EXPIRY_FORFEIT)},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        check_expect(history, pairs[i].booked == pairs[i].counted, "books",
                     "%s of %s in %s on day %d, known at %" PRIu64 ": the books say %" PRId64
                     ", the documents %" PRId64,
                     pairs[i].what, customer, currency, date, tally->known_at, pairs[i].booked, pairs[i].counted);
    }
}

/* An account is named by the first event of its customer and currency. */
static bool is_first_of_account(const struct tally *tally, size_t index) {
    const Pb__Event *event = tally->events[index];
    for (size_t i = 0; i < index; i++) {
        if (strcmp(tally->events[i]->customer, event->customer) == 0 &&
            strcmp(tally->events[i]->currency, event->currency) == 0) {
            return false;
        }
    }
    return event->currency[0] != '\0';
}

static void check_point(struct history *history, struct tally *tally, struct daybook *ledger, int32_t date,
                        uint64_t known_at) {
    tally->known_at = known_at;
    for (size_t i = 0; i < known_at && !history->failure.is_set; i++) {
        const Pb__Event *event = tally->events[i];
        if (is_first_of_account(tally, i)) {
            check_books(history, tally, event->customer, event->currency, date);
            check_views(history, tally, ledger, event->customer, event->currency, date);
            check_book_views(history, tally, ledger, event->customer, event->currency, date);
            check_kpi(history, tally, ledger, event->customer, event->currency, date);
        }
    }
    tally->known_at = UINT64_MAX;
    history->coverage.questions++;
}

void check_answers(struct history *history, struct tally *tally, struct daybook *ledger) {
    struct random_source random = {history->seed + 1};
    if (tally->count == 0) {
        return;
    }
    for (int question = 0; question < QUESTIONS && !history->failure.is_set; question++) {
        size_t near = (size_t)random_between(&random, 0, (int64_t)tally->count - 1);
        int32_t date = tally->events[near]->effective_on + (int32_t)random_between(&random, -1, 1);
        uint64_t known_at = question < 2 ? tally->count : (uint64_t)random_between(&random, 1, (int64_t)tally->count);
        check_point(history, tally, ledger, date < 1 ? 1 : date, known_at);
    }
    /* Of a short history every point: so that shrinking one does not lose the point that failed. */
    for (size_t i = 0; i < tally->count && tally->count <= SHORT_HISTORY; i++) {
        for (uint64_t known_at = i + 1; known_at <= tally->count && !history->failure.is_set; known_at++) {
            check_point(history, tally, ledger, tally->events[i]->effective_on, known_at);
        }
    }
}
