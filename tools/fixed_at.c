/* Both coordinates of a question, made definite. */
#include "tools/fixed_at.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/text.h"

static void point(struct fixed_at *fixed) {
    pb__at__init(&fixed->at);
    fixed->at.as_of = fixed->as_of;
    fixed->at.known_at = fixed->known_at;
}

enum daybook_status fixed_at_find(struct fixed_at *fixed, const struct invocation *invocation,
                                  const struct invocation *page, struct daybook *ledger, const Pb__Position **position,
                                  struct daybook_error *error) {
    Pb__BalanceQuery question = PB__BALANCE_QUERY__INIT;
    Pb__Query query = PB__QUERY__INIT;
    Pb__Page one = PB__PAGE__INIT;
    Pb__At at = PB__AT__INIT;
    ProtobufCMessage *answer;
    const char *as_of = options_value(&invocation->options, "as-of");
    const char *known_at = options_value(&invocation->options, "known-at");
    at.as_of = (char *)(uintptr_t)(as_of == NULL ? "" : as_of);
    at.known_at = (char *)(uintptr_t)(known_at == NULL ? "" : known_at);
    at.with_time = true;
    one.limit = 1;
    question.at = &at;
    question.page = &one;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &question;
    DAYBOOK_TRY(command_ask(page, ledger, &query, &answer, error));
    const Pb__Position *found = ((Pb__BalanceAnswer *)answer)->position;
    (void)snprintf(fixed->as_of, sizeof fixed->as_of, "%s", found->as_of);
    (void)snprintf(fixed->known_at, sizeof fixed->known_at, "%" PRIu64, found->known_at);
    (void)snprintf(fixed->known_at_time, sizeof fixed->known_at_time, "%s", found->known_at_time);
    fixed->known_at_sequence = found->known_at;
    point(fixed);
    if (position != NULL) {
        *position = found;
    }
    if (!date_parse(fixed->as_of, strlen(fixed->as_of), &fixed->as_of_day)) {
        return daybook_fail(error, DAYBOOK_INVALID, _("--as-of: the answer's date %s is none"), fixed->as_of);
    }
    return DAYBOOK_OK;
}
