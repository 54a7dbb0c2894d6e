/* Steps of a history, and the parts that every request has. */
#include "generate.h"

#include <stdarg.h>
#include <string.h>

static const char *const customer_names[NAMES] = {"alpha", "beta", "客户", "delta"};
static const char *const currency_names[] = {WORLD_CURRENCY, "JPY"};
static const int64_t HOUR_US = 3600LL * 1000000;

void generator_init(struct generator *generator, struct history *history, const struct tally *tally) {
    *generator = (struct generator){.random = {history->seed}, .history = history, .tally = tally};
    struct random_source *random = &generator->random;
    generator->customers = random_percent(random, 60) ? 1 : (int)random_between(random, 2, NAMES);
    generator->currencies = random_percent(random, 30) ? 2 : 1;
    generator->is_huge = random_percent(random, 15);
    generator->is_late = random_percent(random, 50);
    generator->now_us = random_between(random, 19600, 19800) * 24 * HOUR_US + random_between(random, 0, 24) * HOUR_US;
    history->world.zone = (int)random_between(random, 0, WORLD_ZONES - 1);
    history->world.refuses_unassessed = random_percent(random, 15);
}

/* ---- parts ---- */

char *draft_text(struct generator *g, const char *format, ...) {
    char *text = g->texts[g->text_count++ % DRAFT_TEXTS];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, DRAFT_TEXT_SIZE, format, arguments);
    va_end(arguments);
    return text;
}

char *draft_date(struct generator *g, int32_t date) {
    char text[32];
    struct tm broken;
    time_t seconds = (time_t)date * 86400;
    if (date <= 0) {
        return draft_text(g, "%s", "");
    }
    (void)gmtime_r(&seconds, &broken);
    (void)strftime(text, sizeof text, "%Y-%m-%d", &broken);
    return draft_text(g, "%s", text);
}

int32_t draft_today(const struct generator *g) {
    return world_today(&g->history->world, g->now_us);
}

char *draft_near_date(struct generator *g, int back_days, int ahead_days) {
    return draft_date(g, draft_today(g) + (int32_t)random_between(&g->random, -back_days, ahead_days));
}

char *draft_wild_date(struct generator *g) {
    switch (random_between(&g->random, 0, 9)) {
    case 0:
        return draft_text(g, "2024-02-30");
    case 1:
        return draft_near_date(g, 400, 400);
    case 2:
    case 3:
        return draft_near_date(g, 0, 60);
    default:
        return draft_near_date(g, 90, 5);
    }
}

char *draft_new_id(struct generator *g, char prefix) {
    if (random_percent(&g->random, g->is_sensible ? 1 : 8) && g->documents > 0) {
        return draft_text(g, "%c%d", prefix, (int)random_between(&g->random, 1, g->documents)); /* Perhaps used. */
    }
    return draft_text(g, "%c%u", prefix, ++g->documents);
}

int64_t draft_amount(struct generator *g) {
    struct random_source *random = &g->random;
    if (g->is_sensible || random_percent(random, 80)) {
        return random_percent(random, 50) ? random_between(random, 1, 12) * 10 : random_between(random, 1, 150);
    }
    static const int64_t odd[] = {0, -5, 1, 1000000, INT64_MAX, INT64_MAX / 2};
    return odd[random_between(random, 0, g->is_huge ? 5 : 3)];
}

int64_t draft_part(struct generator *g, int64_t reference, bool is_zero_all) {
    struct random_source *random = &g->random;
    if (is_zero_all && random_percent(random, 30)) {
        return 0;
    }
    if (reference <= 0 || random_percent(random, g->is_sensible ? 5 : 30)) {
        return draft_amount(g);
    }
    if (reference > 1000000000) {
        return reference;
    }
    return random_percent(random, 40) ? reference : random_between(random, 1, reference + (g->is_sensible ? 0 : 20));
}

/* A random document of the customer: of those with something left, when `is_with_left`. */
static const Pb__Event *choose_document(struct generator *g, Pb__DocumentKind kind, bool is_with_left, int64_t *left) {
    const Pb__Event *found = NULL;
    int64_t seen = 0;
    for (size_t i = 0; i < g->tally->count; i++) {
        const Pb__Event *event = g->tally->events[i];
        Pb__DocumentKind made = KIND(UNSPECIFIED);
        const char *id = made_id(event, &made);
        if (id == NULL || made != kind || id[0] == '\0' || strcmp(event->customer, g->request.customer) != 0) {
            continue;
        }
        int64_t rest = tally_last(g->tally, (struct doc){event->customer, kind, id, 0}, LEFT);
        if (is_with_left && rest == 0) {
            continue;
        }
        if (random_between(&g->random, 0, seen++) == 0) {
            found = event;
            *left = rest;
        }
    }
    return found;
}

char *draft_document(struct generator *g, Pb__DocumentKind kind, int64_t *left) {
    *left = 0;
    const Pb__Event *found = choose_document(g, kind, random_percent(&g->random, g->is_sensible ? 85 : 50), left);
    if (found == NULL) {
        found = choose_document(g, kind, false, left);
    }
    g->is_missing = g->is_missing || found == NULL;
    if (found == NULL || random_percent(&g->random, g->is_sensible ? 0 : 4)) {
        return draft_text(g, "nothing%d", (int)random_between(&g->random, 1, 3));
    }
    if (found->currency[0] != '\0' && random_percent(&g->random, g->is_sensible ? 99 : 85)) {
        g->request.currency =
            random_percent(&g->random, 70) ? draft_text(g, "%s", "") : draft_text(g, "%s", found->currency);
    }
    Pb__DocumentKind made = KIND(UNSPECIFIED);
    return draft_text(g, "%s", made_id(found, &made));
}

char *draft_reason(struct generator *g) {
    return draft_text(g, "%s", random_percent(&g->random, g->is_sensible ? 100 : 90) ? "because" : "");
}

char *draft_category(struct generator *g) {
    static const char *const categories[] = {"goods", "meals", "rooms", ""};
    return draft_text(g, "%s", categories[random_between(&g->random, 0, g->is_sensible ? 2 : 3)]);
}

/* ---- customers and the ledger ---- */

static Pb__CustomerProfile *draft_profile(struct generator *g) {
    pb__customer_profile__init(&g->profile);
    pb__payment_terms__init(&g->terms);
    g->profile.name = draft_text(g, "Customer");
    g->profile.settlement = (Pb__Settlement)random_between(&g->random, 0, 3);
    if (random_percent(&g->random, 60)) {
        g->terms.days = (uint32_t)random_between(&g->random, 0, 45);
        g->terms.end_of_month = random_percent(&g->random, 30);
        g->profile.terms = &g->terms;
    }
    return random_percent(&g->random, 90) ? &g->profile : NULL;
}

static void draft_customer(struct generator *g, int command) {
    static Pb__OpenCustomer open;
    static Pb__ChangeCustomer change;
    static Pb__CloseCustomer close;
    if (command == 0) {
        pb__open_customer__init(&open);
        open.profile = draft_profile(g);
        g->request.command_case = PB__REQUEST__COMMAND_OPEN_CUSTOMER;
        g->request.open_customer = &open;
    } else if (command == 1) {
        pb__change_customer__init(&change);
        change.profile = draft_profile(g);
        g->request.command_case = PB__REQUEST__COMMAND_CHANGE_CUSTOMER;
        g->request.change_customer = &change;
    } else {
        pb__close_customer__init(&close);
        g->request.command_case = PB__REQUEST__COMMAND_CLOSE_CUSTOMER;
        g->request.close_customer = &close;
    }
}

static void draft_period(struct generator *g, bool is_closing) {
    static Pb__ClosePeriod close;
    static Pb__ReopenPeriod reopen;
    g->request.customer = draft_text(g, "%s", random_percent(&g->random, 3) ? "alpha" : "");
    if (is_closing) {
        pb__close_period__init(&close);
        close.through_on = g->is_sensible ? draft_near_date(g, 40, -3) : draft_wild_date(g);
        g->request.command_case = PB__REQUEST__COMMAND_CLOSE_PERIOD;
        g->request.close_period = &close;
    } else {
        pb__reopen_period__init(&reopen);
        int32_t closed = tally_closed_through(g->tally);
        reopen.through_on = random_percent(&g->random, 30)
                                ? draft_text(g, "%s", "")
                                : draft_date(g, closed - (int32_t)random_between(&g->random, -1, 40));
        reopen.reason = draft_reason(g);
        g->request.command_case = PB__REQUEST__COMMAND_REOPEN_PERIOD;
        g->request.reopen_period = &reopen;
    }
}

/* ---- requests and steps ---- */

static void begin_request(struct generator *g) {
    pb__request__init(&g->request);
    g->is_sensible = random_percent(&g->random, 60);
    bool is_long_ahead = random_percent(&g->random, 3);
    g->now_us += random_percent(&g->random, 50) ? random_between(&g->random, 1, 30) * HOUR_US / 4
                                                : random_between(&g->random, 6, is_long_ahead ? 1500 : 90) * HOUR_US;
    char *key = draft_text(g, "k%u", ++g->keys);
    g->request.key = (ProtobufCBinaryData){strlen(key), (uint8_t *)key};
    g->request.actor = draft_text(g, "tester");
    g->request.recorded_at_us = g->now_us;
    g->request.customer = draft_text(g, "%s", customer_names[random_between(&g->random, 0, g->customers - 1)]);
    if (g->currencies > 1 && random_percent(&g->random, 40)) {
        g->request.currency = draft_text(g, "%s", currency_names[random_between(&g->random, 0, 1)]);
    }
    if (random_percent(&g->random, g->is_sensible ? 35 : 60)) {
        g->request.effective_on = g->is_sensible ? draft_near_date(g, 25, 3) : draft_wild_date(g);
    }
    if (random_percent(&g->random, 2)) {
        g->request.not_after_us = g->now_us + random_between(&g->random, -1, 1) * HOUR_US;
    }
}

/* A command about a document that is there; a wild one may be about nothing. */
static void draft_possible_command(struct generator *g) {
    Pb__Request begun = g->request;
    for (int tries = 0; tries < 6; tries++) {
        g->is_missing = false;
        g->request = begun;
        draft_money_command(g, (int)random_between(&g->random, 0, MONEY_COMMANDS - 1));
        if (!g->is_missing || random_percent(&g->random, g->is_sensible ? 2 : 10)) {
            return;
        }
    }
}

static bool add_request(struct generator *g) {
    struct random_source *random = &g->random;
    begin_request(g);
    int64_t dice = random_between(random, 0, 149);
    if (g->history->request_count < (size_t)g->customers) {
        g->request.customer = draft_text(g, "%s", customer_names[g->history->request_count]);
        g->request.effective_on = draft_near_date(g, 100, -60);
        draft_customer(g, 0);
    } else if (dice < 5) {
        static const int commands[] = {0, 1, 1, 1, 2};
        draft_customer(g, commands[dice]);
    } else if (dice < 10) {
        draft_period(g, dice < 8);
    } else {
        draft_possible_command(g);
    }
    return history_add(g->history, &g->request);
}

/* An earlier request again, as it was or (the key alone) with another content. */
static bool add_again(struct generator *g, bool is_same) {
    const struct history_request *old =
        &g->history->requests[random_between(&g->random, 0, (int64_t)g->history->request_count - 1)];
    Pb__Request *again = pb__request__unpack(NULL, old->size, g->history->bytes + old->offset);
    if (again == NULL) {
        return false;
    }
    ProtobufCBinaryData key = again->key;
    bool is_added = false;
    begin_request(g);
    if (is_same) {
        again->recorded_at_us = g->now_us;
        is_added = history_add(g->history, again);
    } else {
        draft_money_command(g, (int)random_between(&g->random, 0, MONEY_COMMANDS - 1));
        g->request.key = key;
        is_added = history_add(g->history, &g->request);
    }
    pb__request__free_unpacked(again, NULL);
    return is_added;
}

bool generate_step(struct generator *g) {
    struct random_source *random = &g->random;
    bool has_customers = g->history->request_count >= (size_t)g->customers;
    bool is_group = has_customers && random_percent(random, 6);
    if (!history_begin_step(g->history, is_group)) {
        return false;
    }
    struct history_step *step = &g->history->steps[g->history->step_count - 1];
    step->is_dry_first = !is_group && random_percent(random, 10);
    step->is_repeated = random_percent(random, 15);
    step->is_reopened = random_percent(random, 4);
    int64_t count = is_group ? random_between(random, 2, 4) : 1;
    for (int64_t i = 0; i < count; i++) {
        bool is_again = has_customers && random_percent(random, 4);
        if (is_again ? !add_again(g, random_percent(random, 50)) : !add_request(g)) {
            return false;
        }
    }
    return true;
}
