/* Sealing what comes in, opening what goes out. */
#include "personal.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/wire.h"
#include "keyring.h"
#include "limits.h"
#include "seal.h"

enum { ERASURE_ARENA_BYTES = 1 << 20 };

struct personal {
    struct personal_options options;
    pthread_mutex_t lock; /* Guards the next: the leader and who appends come for it. */
    struct keyring *keyring;

    uint64_t retired_number; /* The leader's: of the last erasure that was accepted. */
};

struct personal *personal_open(const struct personal_options *options) {
    struct personal *personal = calloc(1, sizeof *personal);
    if (personal != NULL) {
        personal->options = *options;
        pthread_mutex_init(&personal->lock, NULL);
    }
    return personal;
}

void personal_close(struct personal *personal) {
    if (personal == NULL) {
        return;
    }
    keyring_close(personal->keyring);
    pthread_mutex_destroy(&personal->lock);
    free(personal);
}

static enum daybook_status take_keyring(struct personal *personal, struct keyring **keyring,
                                        struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    pthread_mutex_lock(&personal->lock);
    if (personal->keyring == NULL) {
        status =
            keyring_open(personal->options.directory, personal->options.ledger_id, true, &personal->keyring, error);
    }
    *keyring = personal->keyring;
    pthread_mutex_unlock(&personal->lock);
    return status;
}

/* ---- sealing ---- */

/* What is being sealed, and why it cannot be. */
struct sealing {
    struct personal *personal;
    const Pb__Request *request;
    Pb__CustomerProfile *profile;
    bool is_dry;
    struct arena *arena;
    struct personal_refusal *refusal;
    struct daybook_error *error;
};

static enum daybook_status refuse(struct sealing *sealing, Pb__RefusalCode code, const char *why) {
    sealing->refusal->code = code;
    sealing->refusal->why = why;
    return why != NULL ? DAYBOOK_OK
                       : daybook_fail(sealing->error, DAYBOOK_NO_MEMORY, "sealing a request: memory was refused");
}

/* The world fails the request and not the writer: whatever is not personal goes on. */
static enum daybook_status refuse_for(struct sealing *sealing, const struct daybook_error *why) {
    if (why->status == DAYBOOK_NO_MEMORY) {
        return daybook_fail(sealing->error, DAYBOOK_NO_MEMORY, "%s", why->message);
    }
    return refuse(sealing, PB__REFUSAL_CODE__REFUSAL_CODE_KEYS_UNUSABLE,
                  arena_format(sealing->arena, "%s", why->message));
}

static Pb__CustomerProfile *profile_of(const Pb__Request *request) {
    switch ((int)request->command_case) {
    case PB__REQUEST__COMMAND_OPEN_CUSTOMER:
        return request->open_customer->profile;
    case PB__REQUEST__COMMAND_CHANGE_CUSTOMER:
        return request->change_customer->profile;
    default:
        return NULL;
    }
}

/* Told by size alone: a message must not repeat what is personal. */
static enum daybook_status check_lines(struct sealing *sealing) {
    static const Pb__Contact none = PB__CONTACT__INIT;
    const Pb__Contact *contact = sealing->profile->contact == NULL ? &none : sealing->profile->contact;
    const struct {
        const char *what;
        const char *text;
        size_t max_bytes;
    } lines[] = {
        {"the name", sealing->profile->name, LIMIT_NAME_BYTES},
        {"the contact person", contact->person, LIMIT_CONTACT_BYTES},
        {"the email address", contact->email, LIMIT_CONTACT_BYTES},
        {"the phone number", contact->phone, LIMIT_CONTACT_BYTES},
        {"the address", contact->address, LIMIT_ADDRESS_BYTES},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t size = strlen(lines[i].text);
        if (!text_is_line(lines[i].text, size, lines[i].max_bytes)) {
            return refuse(sealing, PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED,
                          arena_format(sealing->arena,
                                       "%s must be at most %zu bytes of UTF-8 without control characters; it has %zu "
                                       "bytes",
                                       lines[i].what, lines[i].max_bytes, size));
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status seal(struct sealing *sealing, struct keyring *keyring) {
    struct daybook_error why;
    struct keyring_key key;
    Pb__Sealed *sealed = NULL;
    struct seal_place place = {sealing->personal->options.ledger_id, sealing->request->customer};
    DAYBOOK_TRY(check_lines(sealing));
    if (sealing->refusal->code != PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = keyring_take(keyring, place.customer, sealing->is_dry, &key, &why);
    if (status == DAYBOOK_OK) {
        status = seal_profile(&key, &place, sealing->profile, sealing->arena, &sealed, &why);
    }
    OPENSSL_cleanse(&key, sizeof key);
    if (status != DAYBOOK_OK) {
        return refuse_for(sealing, &why);
    }
    sealing->profile->name = (char *)(uintptr_t)protobuf_c_empty_string;
    sealing->profile->contact = NULL;
    sealing->profile->sealed = sealed;
    return DAYBOOK_OK;
}

/* Sealed bytes that a caller gives back as they were answered: to change the rest of a profile. What cannot be checked,
 * because the key is not here, is kept. */
static enum daybook_status check_sealed(struct sealing *sealing, struct keyring *keyring) {
    const Pb__Sealed *sealed = sealing->profile->sealed;
    struct seal_place place = {sealing->personal->options.ledger_id, sealing->request->customer};
    Pb__CustomerProfile copy = *sealing->profile;
    struct keyring_key key;
    if (keyring_find(keyring, sealed->slot, sealed->key_id, place.customer, &key) != KEYRING_FOUND) {
        return DAYBOOK_OK;
    }
    struct daybook_error why;
    enum daybook_status status = seal_open_profile(&key, &place, &copy, sealing->arena, &why);
    OPENSSL_cleanse(&key, sizeof key);
    if (status != DAYBOOK_DAMAGED) {
        return status == DAYBOOK_OK ? DAYBOOK_OK : refuse_for(sealing, &why);
    }
    return refuse(sealing, PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED,
                  "the sealed data does not open under the customer's key; give name and contact instead");
}

static bool has_personal(const Pb__CustomerProfile *profile) {
    const Pb__Contact *contact = profile->contact;
    return profile->name[0] != '\0' || (contact != NULL && (contact->person[0] != '\0' || contact->email[0] != '\0' ||
                                                            contact->phone[0] != '\0' || contact->address[0] != '\0'));
}

bool personal_concerns(const struct personal *personal, const Pb__Request *request) {
    return personal->options.seals &&
           (profile_of(request) != NULL || request->command_case == PB__REQUEST__COMMAND_ERASE_CUSTOMER);
}

enum daybook_status personal_seal(struct personal *personal, Pb__Request *request, bool is_dry, struct arena *arena,
                                  struct personal_refusal *refusal, struct daybook_error *error) {
    struct sealing sealing = {personal, request, profile_of(request), is_dry, arena, refusal, error};
    struct keyring *keyring = NULL;
    struct daybook_error why;
    bool is_erasure = request->command_case == PB__REQUEST__COMMAND_ERASE_CUSTOMER;
    *refusal = (struct personal_refusal){0};
    if (!personal_concerns(personal, request)) {
        return DAYBOOK_OK;
    }
    if (!is_erasure && !has_personal(sealing.profile)) {
        sealing.profile->contact = NULL; /* Of empty texts: it says nothing. */
        if (sealing.profile->sealed == NULL) {
            return DAYBOOK_OK;
        }
    }
    if (!text_is_identifier(request->customer, strlen(request->customer), LIMIT_ID_BYTES)) {
        return refuse(&sealing, PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED,
                      arena_format(arena, "the customer's id must be 1 to %d bytes of UTF-8 without control characters",
                                   LIMIT_ID_BYTES));
    }
    /* An erasure must find the keys before it is decided: after that nothing may refuse it. */
    if (take_keyring(personal, &keyring, &why) != DAYBOOK_OK) {
        return refuse_for(&sealing, &why);
    }
    if (is_erasure) {
        return DAYBOOK_OK;
    }
    return has_personal(sealing.profile) ? seal(&sealing, keyring) : check_sealed(&sealing, keyring);
}

/* ---- erasing ---- */

/* NULL: nothing was sealed or erased since the writer was opened. */
static struct keyring *keyring_in_use(struct personal *personal) {
    pthread_mutex_lock(&personal->lock);
    struct keyring *keyring = personal->keyring;
    pthread_mutex_unlock(&personal->lock);
    return keyring;
}

/* Calls `act` for each customer whom the batch erases from event `from` on. */
static enum daybook_status for_erased(struct personal *personal, const struct event_batch *batch, size_t from,
                                      enum daybook_status (*act)(struct personal *personal, struct keyring *keyring,
                                                                 const char *customer, struct daybook_error *error),
                                      struct daybook_error *error) {
    struct arena arena;
    enum daybook_status status = DAYBOOK_OK;
    arena_init(&arena, ERASURE_ARENA_BYTES);
    for (size_t i = from; i < batch->count && status == DAYBOOK_OK; i++) {
        const struct batch_event *event = &batch->events[i];
        struct daybook_bytes bytes = {batch->bytes.data + event->offset_bytes, event->size_bytes};
        struct keyring *keyring = NULL;
        ProtobufCMessage *message = NULL;
        if (!event->is_erasure) {
            continue;
        }
        arena_reset(&arena);
        status = wire_decode(&pb__event__descriptor, bytes, &arena, &message, error);
        if (status == DAYBOOK_OK) {
            status = take_keyring(personal, &keyring, error);
        }
        if (status == DAYBOOK_OK) {
            status = act(personal, keyring, ((const Pb__Event *)message)->customer, error);
        }
    }
    arena_release(&arena);
    return status;
}

static enum daybook_status retire(struct personal *personal, struct keyring *keyring, const char *customer,
                                  struct daybook_error *error) {
    return keyring_retire(keyring, customer, &personal->retired_number, error);
}

enum daybook_status personal_accept(struct personal *personal, const struct event_batch *batch, size_t from,
                                    struct daybook_error *error) {
    bool has_erasure = false;
    for (size_t i = from; i < batch->count; i++) {
        has_erasure |= batch->events[i].is_erasure;
    }
    return !has_erasure ? DAYBOOK_OK : for_erased(personal, batch, from, retire, error);
}

uint64_t personal_mark(const struct personal *personal) {
    return personal->retired_number;
}

void personal_take_back(struct personal *personal, uint64_t mark) {
    if (personal->retired_number != mark) {
        keyring_take_back(keyring_in_use(personal), mark);
        personal->retired_number = mark;
    }
}

static enum daybook_status erase(struct personal *personal, struct keyring *keyring, const char *customer,
                                 struct daybook_error *error) {
    uint64_t count = 0;
    (void)personal;
    return keyring_erase(keyring, customer, &count, error);
}

enum daybook_status personal_settle(struct personal *personal, const struct event_batch *batch,
                                    struct daybook_error *error) {
    struct keyring *keyring = keyring_in_use(personal);
    if (keyring != NULL) {
        DAYBOOK_TRY(keyring_sync(keyring, error));
    }
    return for_erased(personal, batch, 0, erase, error);
}

/* ---- reading ---- */

void personal_begin_read(const char *directory, const Pb__LedgerConfig *config, struct personal_reader *reader) {
    struct daybook_error ignored;
    *reader = (struct personal_reader){.ledger_id = config->ledger_id.data};
    if (config->seals_personal) {
        enum daybook_status status = keyring_open(directory, reader->ledger_id, false, &reader->keyring, &ignored);
        (void)status;
    }
}

void personal_end_read(struct personal_reader *reader) {
    keyring_close(reader->keyring);
    reader->keyring = NULL;
}

Pb__PersonalState personal_read(struct personal_reader *reader, const struct personal_row *row,
                                Pb__CustomerProfile *profile, struct arena *arena) {
    const char *customer = row->customer;
    struct seal_place place = {reader->ledger_id, customer};
    struct keyring_key key;
    if (profile->sealed == NULL) {
        return row->erased_at != 0 && profile->name[0] == '\0' ? PB__PERSONAL_STATE__PERSONAL_STATE_ERASED
                                                               : PB__PERSONAL_STATE__PERSONAL_STATE_UNSPECIFIED;
    }
    if (row->profile_at < row->erased_at) { /* Whatever an old copy of the keys may bring back. */
        return PB__PERSONAL_STATE__PERSONAL_STATE_ERASED;
    }
    if (reader->keyring == NULL) {
        return PB__PERSONAL_STATE__PERSONAL_STATE_DAMAGED;
    }
    switch (keyring_find(reader->keyring, profile->sealed->slot, profile->sealed->key_id, customer, &key)) {
    case KEYRING_ERASED:
        return PB__PERSONAL_STATE__PERSONAL_STATE_ERASED;
    case KEYRING_MISSING:
        return PB__PERSONAL_STATE__PERSONAL_STATE_KEY_MISSING;
    case KEYRING_DAMAGED:
        return PB__PERSONAL_STATE__PERSONAL_STATE_DAMAGED;
    case KEYRING_FOUND:
        break;
    }
    struct daybook_error ignored;
    enum daybook_status status = seal_open_profile(&key, &place, profile, arena, &ignored);
    OPENSSL_cleanse(&key, sizeof key);
    return status == DAYBOOK_OK ? PB__PERSONAL_STATE__PERSONAL_STATE_OPENED
                                : PB__PERSONAL_STATE__PERSONAL_STATE_DAMAGED;
}
