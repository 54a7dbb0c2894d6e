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
    bool is_json;
    int code; /* EXIT_REFUSED once something was refused. */
    uint64_t customer_count;
    uint64_t expired_count; /* Customers of whom something expired. */
    uint64_t event_count;
};

/* One request a customer, in the page's arena. */
static enum daybook_status make_request(struct expiring *expiring, const char *customer, Pb__Request **made,
                                        struct daybook_error *error) {
    Pb__Request *request = arena_alloc(&expiring->page_arena, sizeof *request);
    Pb__ExpireDue *command = arena_alloc(&expiring->page_arena, sizeof *command);
    uint8_t *key = arena_alloc(&expiring->page_arena, KEY_BYTES);
    if (request == NULL || command == NULL || key == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("expiring: memory was refused"));
    }
    if (getrandom(key, KEY_BYTES, 0) != (ssize_t)KEY_BYTES) {
        return daybook_fail(error, DAYBOOK_IO, _("drawing a random key: %s"), strerror(errno));
    }
    pb__expire_due__init(command);
    pb__request__init(request);
    command->through_on = (char *)(uintptr_t)expiring->through;
    request->key = (ProtobufCBinaryData){KEY_BYTES, key};
    request->actor = (char *)(uintptr_t)command_actor(expiring->invocation);
    request->customer = (char *)(uintptr_t)customer;
    request->command_case = PB__REQUEST__COMMAND_EXPIRE_DUE;
    request->expire_due = command;
    *made = request;
    return DAYBOOK_OK;
}

/* A customer who was closed has nothing left that could expire. `ends[i]` is where the i-th request ends. */
static enum daybook_status encode_page(struct expiring *expiring, const Pb__CustomersAnswer *page,
                                       struct daybook_buffer *encoded, Pb__Request **requests, size_t *ends,
                                       size_t *count, struct daybook_error *error) {
    *count = 0;
    for (size_t i = 0; i < page->n_rows; i++) {
        if (page->rows[i]->closed_on[0] != '\0') {
            continue;
        }
        DAYBOOK_TRY(make_request(expiring, page->rows[i]->customer, &requests[*count], error));
        if (wire_encode(&requests[*count]->base, encoded) != DAYBOOK_OK) {
            return daybook_fail(error, DAYBOOK_NO_MEMORY, _("expiring: memory was refused"));
        }
        ends[(*count)++] = encoded->size;
    }
    return DAYBOOK_OK;
}

/* What is refused for one customer (who was closed meanwhile, for one) stops none of the others. */
static enum daybook_status count_answer(struct expiring *expiring, const Pb__Request *request,
                                        const struct daybook_answer *answer, struct daybook_error *error) {
    bool is_news = answer->refusal != NULL || answer->last_sequence >= answer->first_sequence;
    if (is_news && expiring->is_json) {
        DAYBOOK_TRY(command_write_print_json(request, answer, error));
    }
    if (answer->refusal != NULL) {
        progress_clear();
        expiring->code = command_refused(answer->refusal);
    } else if (is_news) {
        expiring->expired_count++;
        expiring->event_count += answer->last_sequence - answer->first_sequence + 1;
    }
    return DAYBOOK_OK;
}

static enum daybook_status submit_page(struct expiring *expiring, const struct daybook_buffer *encoded,
                                       Pb__Request *const *requests, const size_t *ends, size_t count,
                                       struct daybook_error *error) {
    struct daybook_bytes *bytes = arena_alloc(&expiring->page_arena, count * sizeof *bytes + 1);
    if (bytes == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("expiring: memory was refused"));
    }
    for (size_t i = 0; i < count; i++) {
        size_t begin = i == 0 ? 0 : ends[i - 1];
        bytes[i] = (struct daybook_bytes){encoded->data + begin, ends[i] - begin};
    }
    struct daybook_submission submission = {
        .requests = bytes, .count = count, .mode = expiring->is_dry ? DAYBOOK_SUBMIT_DRY : DAYBOOK_SUBMIT_EACH};
    enum daybook_status status = command_submit(expiring->invocation, expiring->ledger, &submission, error);
    for (size_t i = 0; status == DAYBOOK_OK && i < count; i++) {
        status = count_answer(expiring, requests[i], &submission.answers.items[i], error);
    }
    expiring->customer_count += count;
    daybook_answers_release(&submission.answers);
    return status;
}

static enum daybook_status expire_page(struct expiring *expiring, const Pb__CustomersAnswer *page,
                                       struct daybook_error *error) {
    struct daybook_buffer encoded = {0};
    size_t count = 0;
    size_t *ends = arena_alloc(&expiring->page_arena, page->n_rows * sizeof *ends + 1);
    Pb__Request **requests = arena_alloc(&expiring->page_arena, page->n_rows * sizeof(Pb__Request *) + 1);
    enum daybook_status status = ends == NULL || requests == NULL
                                     ? daybook_fail(error, DAYBOOK_NO_MEMORY, _("expiring: memory was refused"))
                                     : encode_page(expiring, page, &encoded, requests, ends, &count, error);
    if (status == DAYBOOK_OK && count > 0) {
        status = submit_page(expiring, &encoded, requests, ends, count, error);
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
                                .is_dry = options_has(&invocation->options, "dry-run"),
                                .is_json = options_has(&invocation->options, "json"),
                                .code = EXIT_DONE};
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
    if (!expiring.is_json) {
        print_expired(&expiring);
    }
    return expiring.code;
}
