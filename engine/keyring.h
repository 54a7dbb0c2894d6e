/*
 * The customers' keys: what is personal in the journal is sealed with them, and they are kept outside it.
 *
 *   KR1  A key is on the disk before an event that was sealed with it is in the journal (keyring_sync).
 *   KR2  A key lies in one place, and this program never copies or moves it. Erasing overwrites it there and waits for
 *        the disk.
 *   KR3  An event names its key by slot and id. Another key in that slot is never taken for it.
 *
 * DIRECTORY/keys holds one file as a rule, customers-0123456789abcdef.ring (keyring_file.h): sixteen random digits. So
 * the file of a ledger can be copied into a restored one that has made another by now, and both are read. A slot's
 * number is its place in its file.
 *
 * Any thread. One process at a time as the writer, whoever holds the journal's writer.lock.
 */
#ifndef DAYBOOK_KEYRING_H
#define DAYBOOK_KEYRING_H

#include "keyring_file.h"

struct keyring; /* Opaque: keyring.c. */

/* A key in memory. Clear it after use: OPENSSL_cleanse. */
struct keyring_key {
    uint64_t slot;
    uint64_t id; /* 0: made for one dry run, and in no file. */
    uint8_t bytes[KEYRING_KEY_BYTES];
};

enum keyring_found {
    KEYRING_FOUND,
    KEYRING_MISSING, /* In none of the files that are there. */
    KEYRING_ERASED,
    KEYRING_DAMAGED, /* Its slot is, or a file that may have held it cannot be read. */
};

/* A directory without keys is an empty keyring. A writer is refused where one of the files is not sound (DAMAGED,
 * INVALID, VERSION, IO); a reader goes on with the others. `directory` is the ledger's. */
DAYBOOK_MUST_USE enum daybook_status keyring_open(const char *directory,
                                                  const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES], bool is_writer,
                                                  struct keyring **keyring, struct daybook_error *error);
void keyring_close(struct keyring *keyring); /* Accepts NULL. */

/* The key that an event about `customer` names. */
enum keyring_found keyring_find(struct keyring *keyring, uint64_t slot, uint64_t id, const char *customer,
                                struct keyring_key *key);

/* The customer's key; one is made where there is none, and is durable after keyring_sync. A dry run makes it in memory
 * only. Of a writer. The first call reads every slot. IO, LIMIT: a key could not be made. */
DAYBOOK_MUST_USE enum daybook_status keyring_take(struct keyring *keyring, const char *customer, bool is_dry,
                                                  struct keyring_key *key, struct daybook_error *error);

/* Waits until every key that keyring_take made is on the disk. */
DAYBOOK_MUST_USE enum daybook_status keyring_sync(struct keyring *keyring, struct daybook_error *error);

/* An erasure was decided, and its batch waits: from here on keyring_take makes the customer a new key, and the next
 * keyring_erase destroys those from before. *number: one more than the last one's. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status keyring_retire(struct keyring *keyring, const char *customer, uint64_t *number,
                                                    struct daybook_error *error);
/* What was retired after that number was not to be: its events were taken back. The number is given again. */
void keyring_take_back(struct keyring *keyring, uint64_t number);

/* Destroys the customer's retired keys, or all where none were retired, in all files, and waits for the disk. *count:
 * how many; 0 is no failure. A damaged slot that bears the customer's id is overwritten, too. Of a writer. */
DAYBOOK_MUST_USE enum daybook_status keyring_erase(struct keyring *keyring, const char *customer, uint64_t *count,
                                                   struct daybook_error *error);

/* What lies in one file. */
struct keyring_look {
    const char *path;
    const char *why; /* NULL, or why it cannot be used; then the rest is 0. */
    bool is_private; /* Nobody but its owner can read it. */
    uint64_t key_count;
    uint64_t erased_count;
    uint64_t damaged_count;
};

/* Looks at every file, for a doctor: reads only. IO, NO_MEMORY. */
DAYBOOK_MUST_USE enum daybook_status keyring_examine(const char *directory,
                                                     const uint8_t ledger_id[KEYRING_LEDGER_ID_BYTES],
                                                     void (*tell)(void *context, const struct keyring_look *look),
                                                     void *context, struct daybook_error *error);

#endif
