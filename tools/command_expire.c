/* Expiry for all customers: page by page, one request each, many to a commit. */
#include "tools/command_expire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/calendar.h"
#include "codec/wire.h"
#include "tools/command_write.h"
#include "tools/progress.h"
#include "tools/text.h"

enum { PAGE_CUSTOMERS = 4096, KEY_BYTES = 16, PAGE_ARENA_BYTES = 256 << 20 };

struct expiring {
    struct invocation *invocation;
    struct daybook *ledger;
    struct arena page_arena;
    const char *through;
    bool is_dry;
    uint64_t customer_count;
    uint64_t expired_count; /* Customers of whom something expired. */
    uint64_t event_count;
};

static enum daybook_status encode_request(const struct expiring *expiring, const char *customer,
                                          struct daybook_buffer *encoded, struct daybook_error *error) {
    Pb__Request request = PB__REQUEST__INIT;
    Pb__ExpireDue command = PB__EXPIRE_DUE__INIT;
    uint8_t key[KEY_BYTES];
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) {
        return daybook_fail(error, DAYBOOK_IO, _("drawing a random key: %s"), strerror(errno));
    }
    command.through_on = (char *)(uintptr_t)expiring->through;
    request.key = (ProtobufCBinaryData){sizeof key, key};
    request.actor = (char *)(uintptr_t)command_actor(expiring->invocation);
    request.customer = (char *)(uintptr_t)customer;
    request.command_case = PB__REQUEST__COMMAND_EXPIRE_DUE;
    request.expire_due = &command;
    enum daybook_status status = wire_encode(&request.base, encoded);
    return status == DAYBOOK_OK ? status : daybook_fail(error, status, _("expiring: memory was refused"));
}

/* A customer who was closed has nothing left that could expire. */
static enum daybook_status encode_page(struct expiring *expiring, const Pb__CustomersAnswer *page,
                                       struct daybook_buffer *encoded, size_t *ends, size_t *count,
                                       struct daybook_error *error) {
    *count = 0;
    for (size_t i = 0; i < page->n_rows; i++) {
        if (page->rows[i]->closed_on[0] != '\0') {
            continue;
        }
        DAYBOOK_TRY(encode_request(expiring, page->rows[i]->customer, encoded, error));
        ends[(*count)++] = encoded->size;
    }
    return DAYBOOK_OK;
}

static enum daybook_status submit_page(struct expiring *expiring, const struct daybook_buffer *encoded,
                                       const size_t *ends, size_t count, struct daybook_error *error) {
    struct daybook_answers answers = {0};
    struct daybook_bytes *requests = arena_alloc(&expiring->page_arena, count * sizeof *requests + 1);
    if (requests == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("expiring: memory was refused"));
    }
    for (size_t i = 0; i < count; i++) {
        size_t begin = i == 0 ? 0 : ends[i - 1];
        requests[i] = (struct daybook_bytes){encoded->data + begin, ends[i] - begin};
    }
    enum daybook_status status =
        command_submit(expiring->invocation, expiring->ledger, requests, count,
                       expiring->is_dry ? DAYBOOK_SUBMIT_DRY : DAYBOOK_SUBMIT_EACH, &answers, error);
    for (size_t i = 0; status == DAYBOOK_OK && i < count; i++) {
        const struct daybook_answer *answer = &answers.items[i];
        if (answer->refusal != NULL) {
            status = daybook_fail(error, DAYBOOK_INVALID, _("expiring through %s: %s"), expiring->through,
                                  answer->refusal->message);
        } else if (answer->last_sequence >= answer->first_sequence) {
            expiring->expired_count++;
            expiring->event_count += answer->last_sequence - answer->first_sequence + 1;
        }
    }
    expiring->customer_count += count;
    daybook_answers_release(&answers);
    return status;
}

static enum daybook_status expire_page(struct expiring *expiring, const Pb__CustomersAnswer *page,
                                       struct daybook_error *error) {
    struct daybook_buffer encoded = {0};
    size_t count = 0;
    size_t *ends = arena_alloc(&expiring->page_arena, page->n_rows * sizeof *ends + 1);
    enum daybook_status status = ends == NULL
                                     ? daybook_fail(error, DAYBOOK_NO_MEMORY, _("expiring: memory was refused"))
                                     : encode_page(expiring, page, &encoded, ends, &count, error);
    if (status == DAYBOOK_OK && count > 0) {
        status = submit_page(expiring, &encoded, ends, count, error);
    }
    daybook_buffer_release(&encoded);
    return status;
}

/* As of the last day that there is: a customer who opens tomorrow is one, too. */
static enum daybook_status expire_all(struct expiring *expiring, struct daybook_error *error) {
    char last_day[DATE_TEXT_SIZE];
    Pb__At at = PB__AT__INIT;
    Pb__Page page = PB__PAGE__INIT;
    Pb__CustomersQuery customers = PB__CUSTOMERS_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    at.as_of = (char *)(uintptr_t)date_format(DATE_MAX, last_day);
    page.limit = PAGE_CUSTOMERS;
    customers.at = &at;
    customers.page = &page;
    query.question_case = PB__QUERY__QUESTION_CUSTOMERS;
    query.customers = &customers;
    struct progress progress;
    progress_begin(&progress, _("expiring"), _("customers"), 0, 0);
    do {
        ProtobufCMessage *answer = NULL;
        arena_reset(&expiring->page_arena);
        DAYBOOK_TRY(command_ask(expiring->invocation, expiring->ledger, &query, &answer, error));
        const Pb__CustomersAnswer *found = (const Pb__CustomersAnswer *)answer;
        DAYBOOK_TRY(expire_page(expiring, found, error));
        page.cursor = found->next_cursor;
        progress_update(&progress, expiring->customer_count);
        if (progress_is_interrupted()) {
            return daybook_fail(error, DAYBOOK_STOPPED,
                                _("expiring: stopped after %" PRIu64 " customers; run it again"),
                                expiring->customer_count);
        }
    } while (page.cursor[0] != '\0');
    progress_clear();
    return DAYBOOK_OK;
}

/* What speaks of one request, which the one of each customer cannot all be. NULL: none was given. */
static const char *find_lone_option(const struct options *options) {
    static const char *const names[] = {"on",        "original-on", "currency",     "key",
                                        "not-after", "propose",     "propose-until"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (options_has(options, names[i])) {
            return names[i];
        }
    }
    return NULL;
}

static void print_expired(const struct expiring *expiring) {
    const char *text =
        expiring->is_dry
            ? text_count("would expire for %" PRIu64 " of %" PRIu64 " customer, ",
                         "would expire for %" PRIu64 " of %" PRIu64 " customers, ", expiring->customer_count)
            : text_count("expired for %" PRIu64 " of %" PRIu64 " customer, ",
                         "expired for %" PRIu64 " of %" PRIu64 " customers, ", expiring->customer_count);
    (void)printf(text, expiring->expired_count, expiring->customer_count);
    (void)printf(text_count("%" PRIu64 " event\n", "%" PRIu64 " events\n", expiring->event_count),
                 expiring->event_count);
}

int command_expire_run(struct invocation *invocation) {
    if (invocation->options.argument_count > 0) {
        return command_write_run(invocation);
    }
    const char *lone = find_lone_option(&invocation->options);
    if (lone != NULL) {
        return command_usage(invocation, _("--%s is about one request; name its customer"), lone);
    }
    const char *through = options_value(&invocation->options, "through");
    struct expiring expiring = {.invocation = invocation,
                                .through = through == NULL ? "" : through,
                                .is_dry = options_has(&invocation->options, "dry-run")};
    struct daybook_error error;
    int32_t date;
    if (through != NULL && !date_parse(through, strlen(through), &date)) {
        return command_usage(invocation, _("--through \"%s\" is no date such as 2024-12-31"), through);
    }
    arena_init(&expiring.page_arena, PAGE_ARENA_BYTES);
    progress_watch_interrupt();
    enum daybook_status status = command_open_writer(invocation, true, &expiring.ledger, &error);
    if (status == DAYBOOK_OK) {
        status = expire_all(&expiring, &error);
    }
    progress_clear();
    daybook_close(expiring.ledger);
    arena_release(&expiring.page_arena);
    if (status != DAYBOOK_OK) {
        return command_fail(&error);
    }
    print_expired(&expiring);
    return EXIT_DONE;
}
