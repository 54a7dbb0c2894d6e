/* Keys that should be gone: an old copy of their file brings back whom a later event erased. */
#include "tools/doctor_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/event_decode.h"
#include "engine/ledger.h"
#include "keyring.h"
#include "store/journal.h"

/* The tags of the bodies that matter here, as they stand in an event: fields 20, 21 and 47. */
static const uint8_t opened_tag[2] = {0xA2, 0x01};
static const uint8_t changed_tag[2] = {0xAA, 0x01};
static const uint8_t acted_tag[2] = {0xFA, 0x02};

struct erasure {
    char customer[LIMIT_ID_BYTES + 1];
    uint64_t sequence; /* Of the last one. */
    bool is_back;
};

struct look {
    struct daybook_buffer erasures; /* struct erasure each; sorted by customer after the first pass. */
    struct keyring *keyring;
};

static int compare_erasures(const void *a, const void *b) {
    return strcmp(((const struct erasure *)a)->customer, ((const struct erasure *)b)->customer);
}

static struct erasure *find_erasure(const struct look *look, const char *customer) {
    struct erasure wanted;
    (void)snprintf(wanted.customer, sizeof wanted.customer, "%s", customer);
    return bsearch(&wanted, look->erasures.data, look->erasures.size / sizeof wanted, sizeof wanted, compare_erasures);
}

/* An event may hold these two bytes by chance; none that matters lacks them. */
static bool may_be(struct event_span event, const uint8_t tag[2]) {
    return memmem(event.data, event.size, tag, 2) != NULL;
}

static bool add_erasure(struct look *look, const Pb__Event *event) {
    struct erasure made = {.sequence = event->sequence};
    if (event->body_case != PB__EVENT__BODY_OPERATOR_ACTED ||
        event->operator_acted->action != PB__OPERATOR_ACTION__OPERATOR_ACTION_CUSTOMER_ERASED) {
        return true;
    }
    (void)snprintf(made.customer, sizeof made.customer, "%s", event->customer);
    return daybook_buffer_append(&look->erasures, &made, sizeof made) == DAYBOOK_OK;
}

static void check_sealed(struct look *look, const Pb__Event *event) {
    const Pb__CustomerProfile *profile = NULL;
    struct keyring_key key;
    if (event->body_case == PB__EVENT__BODY_CUSTOMER_OPENED) {
        profile = event->customer_opened->profile;
    } else if (event->body_case == PB__EVENT__BODY_CUSTOMER_CHANGED) {
        profile = event->customer_changed->profile;
    }
    struct erasure *erasure = profile == NULL || profile->sealed == NULL ? NULL : find_erasure(look, event->customer);
    if (erasure == NULL || erasure->is_back || event->sequence > erasure->sequence) {
        return;
    }
    erasure->is_back = keyring_find(look->keyring, profile->sealed->slot, profile->sealed->key_id, event->customer,
                                    &key) == KEYRING_FOUND;
    explicit_bzero(&key, sizeof key);
}

/* One pass over what can be read; what cannot was told by the scrub. False: memory was refused. */
static bool pass(struct daybook *ledger, struct look *look, bool is_first) {
    struct journal_reader *reader = NULL;
    struct journal_slice slice = {0};
    struct arena arena;
    bool goes_on = true;
    if (journal_reader_open(ledger_journal(ledger), &reader, NULL) != DAYBOOK_OK) {
        return true;
    }
    arena_init(&arena, LIMIT_EVENT_BYTES * 64);
    for (uint64_t next = 1; goes_on; next += slice.count) {
        if (journal_read(reader, next, &slice, NULL) != DAYBOOK_OK || slice.count == 0) {
            break;
        }
        for (size_t i = 0; i < slice.count && goes_on; i++) {
            Pb__Event *event = NULL;
            struct event_span span = slice.events[i];
            arena_reset(&arena);
            if (!(is_first ? may_be(span, acted_tag) : may_be(span, opened_tag) || may_be(span, changed_tag)) ||
                event_decode((struct daybook_bytes){span.data, span.size}, &arena, &event, NULL) != DAYBOOK_OK) {
                continue;
            }
            if (is_first) {
                goes_on = add_erasure(look, event);
            } else {
                check_sealed(look, event);
            }
        }
    }
    journal_reader_close(reader);
    arena_release(&arena);
    return goes_on;
}

/* One for each customer: the last of them. */
static void sort_erasures(struct look *look) {
    struct erasure *items = (struct erasure *)(void *)look->erasures.data;
    size_t count = look->erasures.size / sizeof *items;
    size_t kept = 0;
    qsort(items, count, sizeof *items, compare_erasures);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(items[kept - 1].customer, items[i].customer) == 0) {
            if (items[i].sequence > items[kept - 1].sequence) {
                items[kept - 1] = items[i];
            }
        } else {
            items[kept++] = items[i];
        }
    }
    look->erasures.size = kept * sizeof *items;
}

enum daybook_status doctor_keys_back(struct daybook *ledger, const char *directory, struct doctor_keys *found,
                                     struct daybook_error *error) {
    const Pb__LedgerConfig *config = ledger_config(ledger);
    struct look look = {0};
    *found = (struct doctor_keys){0};
    bool is_done = pass(ledger, &look, true);
    if (is_done && look.erasures.size > 0 &&
        keyring_open(directory, config->ledger_id.data, false, &look.keyring, NULL) == DAYBOOK_OK) {
        sort_erasures(&look);
        is_done = pass(ledger, &look, false);
        const struct erasure *items = (const struct erasure *)(const void *)look.erasures.data;
        for (size_t i = 0; i < look.erasures.size / sizeof *items; i++) {
            if (items[i].is_back && found->count++ == 0) {
                (void)snprintf(found->first, sizeof found->first, "%s", items[i].customer);
            }
        }
    }
    keyring_close(look.keyring);
    daybook_buffer_release(&look.erasures);
    return is_done ? DAYBOOK_OK : daybook_fail(error, DAYBOOK_NO_MEMORY, "looking at the keys: memory was refused");
}
