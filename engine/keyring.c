/* The files of keys of a ledger, and where each customer's key lies in them. */
#include "keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hash.h"

enum { RINGS_MAX = 16, NAME_BYTES = 31, SCAN_SLOTS = 256, PLACES_FIRST = 1024 };

/* Where a key lies: an open-addressed table by the hash of the customer's id. */
struct place {
    uint64_t hash;
    uint64_t slot; /* 0: nothing is here. */
    uint32_t ring;
};

/* An erasure that waits for its batch: the keys before a slot of the file that is written to, and all in the others. */
struct retired {
    uint64_t number; /* From 1, in the order in which they were decided. */
    uint64_t before;
    char customer[LIMIT_ID_BYTES + 1];
};

struct ring {
    int file;
    uint64_t end; /* The first slot behind all. */
    bool is_unsynced;
};

struct keyring {
    char *path; /* DIRECTORY/keys */
    uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES];
    bool is_writer;
    pthread_mutex_t lock; /* Guards what follows. */
    struct ring rings[RINGS_MAX];
    uint32_t ring_count;
    bool is_incomplete; /* A reader passed over a file that it could not read. */
    struct place *places;
    size_t place_count;
    size_t place_capacity; /* A power of two; 0: the slots were not read yet. */
    struct retired *retired;
    size_t retired_count;
    size_t retired_capacity;
    uint64_t retired_number; /* The last one's. */
};

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "reading the customers' keys: memory was refused");
}

/* ---- opening ---- */

static bool is_ring_name(const char *name) {
    return strlen(name) == NAME_BYTES && strncmp(name, "customers-", 10) == 0 && strcmp(name + 26, ".ring") == 0 &&
           strspn(name + 10, "0123456789abcdef") == 16;
}

static int pick_rings(const struct dirent *entry) {
    return is_ring_name(entry->d_name);
}

static enum daybook_status open_ring(struct keyring *keyring, const char *name, struct daybook_error *error) {
    struct ring *ring = &keyring->rings[keyring->ring_count];
    if (keyring->ring_count == RINGS_MAX) {
        return daybook_fail(error, DAYBOOK_LIMIT, "reading %s: it has more than %d files of keys", keyring->path,
                            RINGS_MAX);
    }
    char *path = files_path(keyring->path, name);
    if (path == NULL) {
        return no_memory(error);
    }
    *ring = (struct ring){.file = -1};
    enum daybook_status status =
        keyring_file_open(path, keyring->ledger_id, keyring->is_writer, &ring->file, &ring->end, error);
    free(path);
    keyring->ring_count += status == DAYBOOK_OK;
    return status;
}

static enum daybook_status open_rings(struct keyring *keyring, struct daybook_error *error) {
    struct dirent **names = NULL;
    int count = scandir(keyring->path, &names, pick_rings, alphasort);
    int code = errno;
    enum daybook_status status = DAYBOOK_OK;
    if (count < 0 && code != ENOENT) {
        status = daybook_fail(error, files_status(code), "reading the directory %s: %s", keyring->path, strerror(code));
        keyring->is_incomplete = true;
    }
    for (int i = 0; i < count; i++) {
        enum daybook_status opened = status == DAYBOOK_OK ? open_ring(keyring, names[i]->d_name, error) : status;
        if (opened != DAYBOOK_OK && !keyring->is_writer) {
            keyring->is_incomplete = true;
        } else {
            status = opened;
        }
        free(names[i]);
    }
    free(names);
    return keyring->is_writer ? status : DAYBOOK_OK;
}

enum daybook_status keyring_open(const char *directory, const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES],
                                 bool is_writer, struct keyring **keyring, struct daybook_error *error) {
    struct keyring *fresh = calloc(1, sizeof *fresh);
    *keyring = NULL;
    if (fresh == NULL) {
        return no_memory(error);
    }
    pthread_mutex_init(&fresh->lock, NULL);
    fresh->is_writer = is_writer;
    memcpy(fresh->ledger_id, ledger_id, KEYRING_LEDGER_ID_BYTES);
    fresh->path = files_path(directory, "keys");
    enum daybook_status status = fresh->path == NULL ? no_memory(error) : open_rings(fresh, error);
    if (status != DAYBOOK_OK) {
        keyring_close(fresh);
        return status;
    }
    *keyring = fresh;
    return DAYBOOK_OK;
}

void keyring_close(struct keyring *keyring) {
    if (keyring == NULL) {
        return;
    }
    for (uint32_t i = 0; i < keyring->ring_count; i++) {
        (void)close(keyring->rings[i].file);
    }
    pthread_mutex_destroy(&keyring->lock);
    free(keyring->retired);
    free(keyring->places);
    free(keyring->path);
    free(keyring);
}

/* ---- finding by place ---- */

static void give(const struct keyring_slot *slot, uint64_t number, struct keyring_key *key) {
    *key = (struct keyring_key){.slot = number, .id = slot->key_id};
    memcpy(key->bytes, slot->key, sizeof key->bytes);
}

enum keyring_found keyring_find(struct keyring *keyring, uint64_t slot, uint64_t id, const char *customer,
                                struct keyring_key *key) {
    enum keyring_found found = keyring->is_incomplete ? KEYRING_DAMAGED : KEYRING_MISSING;
    pthread_mutex_lock(&keyring->lock);
    for (uint32_t i = 0; i < keyring->ring_count; i++) {
        struct keyring_slot read;
        enum daybook_status status = keyring_file_read(keyring->rings[i].file, slot, &read, NULL);
        bool is_it = status == DAYBOOK_OK && read.key_id == id && strcmp(read.customer, customer) == 0;
        if (is_it && read.kind == SLOT_KEY) {
            give(&read, slot, key);
            found = KEYRING_FOUND;
        } else if (is_it && read.kind == SLOT_ERASED) {
            found = KEYRING_ERASED;
        } else if (status != DAYBOOK_OK || read.kind == SLOT_DAMAGED) {
            found = KEYRING_DAMAGED;
        }
        OPENSSL_cleanse(&read, sizeof read);
        if (found == KEYRING_FOUND || found == KEYRING_ERASED) {
            break;
        }
    }
    pthread_mutex_unlock(&keyring->lock);
    return found;
}

/* ---- finding by customer ---- */

static uint64_t hash_of(const char *customer) {
    return hash64(customer, strlen(customer), 0);
}

static void put_place(struct place *places, size_t capacity, struct place place) {
    size_t at = place.hash & (capacity - 1);
    while (places[at].slot != 0) {
        at = (at + 1) & (capacity - 1);
    }
    places[at] = place;
}

static enum daybook_status add_place(struct keyring *keyring, struct place place, struct daybook_error *error) {
    if (keyring->place_count * 2 >= keyring->place_capacity) {
        size_t capacity = keyring->place_capacity == 0 ? PLACES_FIRST : keyring->place_capacity * 2;
        struct place *places = calloc(capacity, sizeof *places);
        if (places == NULL) {
            return no_memory(error);
        }
        for (size_t i = 0; i < keyring->place_capacity; i++) {
            if (keyring->places[i].slot != 0) {
                put_place(places, capacity, keyring->places[i]);
            }
        }
        free(keyring->places);
        keyring->places = places;
        keyring->place_capacity = capacity;
    }
    put_place(keyring->places, keyring->place_capacity, place);
    keyring->place_count++;
    return DAYBOOK_OK;
}

static enum daybook_status read_ring(struct keyring *keyring, uint32_t ring, struct daybook_error *error) {
    struct keyring_slot slots[SCAN_SLOTS];
    size_t count = 1;
    enum daybook_status status = DAYBOOK_OK;
    for (uint64_t number = 1; status == DAYBOOK_OK && count > 0; number += count) {
        status = keyring_file_scan(keyring->rings[ring].file, number, SCAN_SLOTS, slots, &count, error);
        for (size_t i = 0; status == DAYBOOK_OK && i < count; i++) {
            if (slots[i].kind == SLOT_KEY) {
                status = add_place(keyring, (struct place){hash_of(slots[i].customer), number + i, ring}, error);
            }
        }
    }
    OPENSSL_cleanse(slots, sizeof slots);
    return status;
}

static enum daybook_status read_places(struct keyring *keyring, struct daybook_error *error) {
    if (keyring->place_capacity != 0) {
        return DAYBOOK_OK;
    }
    enum daybook_status status = DAYBOOK_OK;
    for (uint32_t i = 0; i < keyring->ring_count && status == DAYBOOK_OK; i++) {
        status = read_ring(keyring, i, error);
    }
    if (status != DAYBOOK_OK) { /* All of them or none: the next call reads again. */
        free(keyring->places);
        keyring->places = NULL;
        keyring->place_count = keyring->place_capacity = 0;
    }
    return status;
}

/* The customer's last erasure that waits. */
static const struct retired *find_retired(const struct keyring *keyring, const char *customer) {
    for (size_t i = keyring->retired_count; i > 0; i--) {
        if (strcmp(keyring->retired[i - 1].customer, customer) == 0) {
            return &keyring->retired[i - 1];
        }
    }
    return NULL;
}

static bool is_retired(const struct retired *retired, uint32_t ring, uint64_t slot) {
    return retired != NULL && (ring != 0 || slot < retired->before);
}

/* key->slot 0: the customer has none. */
static enum daybook_status look_up(struct keyring *keyring, const char *customer, struct keyring_key *key,
                                   struct daybook_error *error) {
    uint64_t hash = hash_of(customer);
    *key = (struct keyring_key){0};
    if (keyring->place_capacity == 0) {
        return DAYBOOK_OK;
    }
    const struct retired *retired = find_retired(keyring, customer);
    size_t mask = keyring->place_capacity - 1;
    for (size_t at = hash & mask; keyring->places[at].slot != 0; at = (at + 1) & mask) {
        const struct place *place = &keyring->places[at];
        struct keyring_slot slot;
        if (place->hash != hash || is_retired(retired, place->ring, place->slot)) {
            continue;
        }
        DAYBOOK_TRY(keyring_file_read(keyring->rings[place->ring].file, place->slot, &slot, error));
        if (slot.kind == SLOT_KEY && strcmp(slot.customer, customer) == 0) {
            give(&slot, place->slot, key);
            OPENSSL_cleanse(&slot, sizeof slot);
            return DAYBOOK_OK;
        }
    }
    return DAYBOOK_OK;
}

/* ---- making ---- */

static enum daybook_status draw(void *bytes, int size, struct daybook_error *error) {
    return RAND_bytes(bytes, size) == 1
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_IO, "making a customer's key: the system gave no random bytes");
}

static enum daybook_status make_ring(struct keyring *keyring, struct daybook_error *error) {
    char name[NAME_BYTES + 1];
    uint64_t digits = 0;
    struct stat facts;
    DAYBOOK_TRY(draw(&digits, sizeof digits, error));
    (void)snprintf(name, sizeof name, "customers-%016" PRIx64 ".ring", digits);
    if (mkdir(keyring->path, 0700) != 0 && (errno != EEXIST || stat(keyring->path, &facts) != 0)) {
        int code = errno;
        return daybook_fail(error, files_status(code), "making the directory %s: %s", keyring->path, strerror(code));
    }
    char *parent = files_path(keyring->path, "..");
    char *path = files_path(keyring->path, name);
    enum daybook_status status =
        parent == NULL || path == NULL ? no_memory(error) : files_sync_directory(parent, error);
    if (status == DAYBOOK_OK) {
        status = keyring_file_make(path, keyring->ledger_id, error);
    }
    free(parent);
    free(path);
    return status == DAYBOOK_OK ? open_ring(keyring, name, error) : status;
}

static enum daybook_status make_key(struct keyring *keyring, const char *customer, struct keyring_key *key,
                                    struct daybook_error *error) {
    struct keyring_slot slot = {.kind = SLOT_KEY};
    if (keyring->ring_count == 0) {
        DAYBOOK_TRY(make_ring(keyring, error));
    }
    struct ring *ring = &keyring->rings[0];
    memcpy(slot.customer, customer, strlen(customer) + 1);
    DAYBOOK_TRY(draw(&slot.key_id, sizeof slot.key_id, error));
    slot.key_id += slot.key_id == 0;
    DAYBOOK_TRY(draw(slot.key, sizeof slot.key, error));
    enum daybook_status status = keyring_file_write(ring->file, ring->end, &slot, error);
    if (status == DAYBOOK_OK) {
        status = add_place(keyring, (struct place){hash_of(customer), ring->end, 0}, error);
    }
    if (status == DAYBOOK_OK) {
        give(&slot, ring->end++, key);
        ring->is_unsynced = true;
    }
    OPENSSL_cleanse(&slot, sizeof slot);
    return status;
}

enum daybook_status keyring_take(struct keyring *keyring, const char *customer, bool is_dry, struct keyring_key *key,
                                 struct daybook_error *error) {
    pthread_mutex_lock(&keyring->lock);
    enum daybook_status status = read_places(keyring, error);
    if (status == DAYBOOK_OK) {
        status = look_up(keyring, customer, key, error);
    }
    if (status == DAYBOOK_OK && key->slot == 0) {
        status = is_dry ? draw(key->bytes, sizeof key->bytes, error) : make_key(keyring, customer, key, error);
    }
    pthread_mutex_unlock(&keyring->lock);
    return status;
}

/* ---- durability ---- */

/* A file that is to be synced; -1: there is none. What is made from here on belongs to a later append. */
static int take_unsynced(struct keyring *keyring) {
    int file = -1;
    pthread_mutex_lock(&keyring->lock);
    for (uint32_t i = 0; i < keyring->ring_count && file < 0; i++) {
        if (keyring->rings[i].is_unsynced) {
            keyring->rings[i].is_unsynced = false;
            file = keyring->rings[i].file;
        }
    }
    pthread_mutex_unlock(&keyring->lock);
    return file;
}

static enum daybook_status sync_file(int file, struct daybook_error *error) {
    int code = fdatasync(file) == 0 ? 0 : errno;
    return code == 0 ? DAYBOOK_OK
                     : daybook_fail(error, files_status(code), "syncing the customers' keys: %s", strerror(code));
}

enum daybook_status keyring_sync(struct keyring *keyring, struct daybook_error *error) {
    for (int file; (file = take_unsynced(keyring)) >= 0;) {
        DAYBOOK_TRY(sync_file(file, error));
    }
    return DAYBOOK_OK;
}

/* ---- erasing ---- */

enum daybook_status keyring_retire(struct keyring *keyring, const char *customer, uint64_t *number,
                                   struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    pthread_mutex_lock(&keyring->lock);
    if (keyring->retired_count == keyring->retired_capacity) {
        size_t capacity = keyring->retired_capacity * 2 + 16;
        struct retired *retired = realloc(keyring->retired, capacity * sizeof *retired);
        if (retired == NULL) {
            status = no_memory(error);
        } else {
            keyring->retired = retired;
            keyring->retired_capacity = capacity;
        }
    }
    if (status == DAYBOOK_OK) {
        struct retired *retired = &keyring->retired[keyring->retired_count++];
        *retired = (struct retired){.number = ++keyring->retired_number,
                                    .before = keyring->ring_count == 0 ? 1 : keyring->rings[0].end};
        memcpy(retired->customer, customer, strlen(customer) + 1);
        *number = retired->number;
    }
    pthread_mutex_unlock(&keyring->lock);
    return status;
}

void keyring_take_back(struct keyring *keyring, uint64_t number) {
    pthread_mutex_lock(&keyring->lock);
    while (keyring->retired_count > 0 && keyring->retired[keyring->retired_count - 1].number > number) {
        keyring->retired_count--;
    }
    keyring->retired_number = number;
    pthread_mutex_unlock(&keyring->lock);
}

/* Takes the customer's oldest erasure that waits off the list; without one, all keys are meant. */
static struct retired take_retired(struct keyring *keyring, const char *customer) {
    struct retired taken = {.before = UINT64_MAX};
    for (size_t i = 0; i < keyring->retired_count; i++) {
        if (strcmp(keyring->retired[i].customer, customer) == 0) {
            taken = keyring->retired[i];
            keyring->retired_count--;
            memmove(&keyring->retired[i], &keyring->retired[i + 1],
                    (keyring->retired_count - i) * sizeof *keyring->retired);
            break;
        }
    }
    return taken;
}

static enum daybook_status erase_in(struct ring *ring, const char *customer, uint64_t before, uint64_t *count,
                                    struct daybook_error *error) {
    struct keyring_slot slots[SCAN_SLOTS];
    size_t read = 1;
    enum daybook_status status = DAYBOOK_OK;
    for (uint64_t number = 1; status == DAYBOOK_OK && read > 0; number += read) {
        status = keyring_file_scan(ring->file, number, SCAN_SLOTS, slots, &read, error);
        for (size_t i = 0; status == DAYBOOK_OK && i < read; i++) {
            bool has_key = slots[i].kind == SLOT_KEY || slots[i].kind == SLOT_DAMAGED;
            if (has_key && number + i < before && strcmp(slots[i].customer, customer) == 0) {
                OPENSSL_cleanse(slots[i].key, sizeof slots[i].key);
                slots[i].kind = SLOT_ERASED;
                status = keyring_file_write(ring->file, number + i, &slots[i], error);
                (*count)++;
            }
        }
    }
    OPENSSL_cleanse(slots, sizeof slots);
    return status == DAYBOOK_OK ? sync_file(ring->file, error) : status;
}

enum daybook_status keyring_erase(struct keyring *keyring, const char *customer, uint64_t *count,
                                  struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    *count = 0;
    pthread_mutex_lock(&keyring->lock);
    struct retired retired = take_retired(keyring, customer);
    for (uint32_t i = 0; i < keyring->ring_count && status == DAYBOOK_OK; i++) {
        status = erase_in(&keyring->rings[i], customer, i == 0 ? retired.before : UINT64_MAX, count, error);
    }
    pthread_mutex_unlock(&keyring->lock);
    return status;
}

/* ---- looking ---- */

static enum daybook_status count_slots(int file, struct keyring_look *look, struct daybook_error *error) {
    struct keyring_slot slots[SCAN_SLOTS];
    size_t read = 1;
    enum daybook_status status = DAYBOOK_OK;
    for (uint64_t number = 1; status == DAYBOOK_OK && read > 0; number += read) {
        status = keyring_file_scan(file, number, SCAN_SLOTS, slots, &read, error);
        for (size_t i = 0; status == DAYBOOK_OK && i < read; i++) {
            look->key_count += slots[i].kind == SLOT_KEY;
            look->erased_count += slots[i].kind == SLOT_ERASED;
            look->damaged_count += slots[i].kind == SLOT_DAMAGED;
        }
    }
    OPENSSL_cleanse(slots, sizeof slots);
    return status;
}

static void look_at(const char *path, const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES], struct keyring_look *look,
                    struct daybook_error *why) {
    int file = -1;
    uint64_t end = 0;
    struct stat facts;
    *look = (struct keyring_look){.path = path};
    enum daybook_status status = keyring_file_open(path, ledger_id, false, &file, &end, why);
    if (status == DAYBOOK_OK) {
        look->is_private = fstat(file, &facts) == 0 && (facts.st_mode & 077) == 0;
        status = count_slots(file, look, why);
        (void)close(file);
    }
    look->why = status == DAYBOOK_OK ? NULL : why->message;
}

enum daybook_status keyring_examine(const char *directory, const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES],
                                    void (*tell)(void *context, const struct keyring_look *look), void *context,
                                    struct daybook_error *error) {
    struct dirent **names = NULL;
    char *folder = files_path(directory, "keys");
    int count = folder == NULL ? 0 : scandir(folder, &names, pick_rings, alphasort);
    int code = errno;
    enum daybook_status status = folder == NULL ? no_memory(error) : DAYBOOK_OK;
    if (count < 0 && code != ENOENT) {
        status = daybook_fail(error, files_status(code), "reading the directory %s: %s", folder, strerror(code));
    }
    for (int i = 0; i < count; i++) {
        struct keyring_look look;
        struct daybook_error why;
        char *path = status == DAYBOOK_OK ? files_path(folder, names[i]->d_name) : NULL;
        if (path != NULL) {
            look_at(path, ledger_id, &look, &why);
            tell(context, &look);
        } else if (status == DAYBOOK_OK) {
            status = no_memory(error);
        }
        free(path);
        free(names[i]);
    }
    free(names);
    free(folder);
    return status;
}
