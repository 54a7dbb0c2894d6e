/*
 * The checkpoint of what deciding knows: DIRECTORY/views/state, a store with
 * the rows and the names of the state as of one journal position.
 *
 *   C1  Rows, names and position are committed together.
 *   C2  A checkpoint is written only when every event up to its position is
 *       durable in the journal.
 *   C3  A checkpoint that is missing, suspect after a power cut, of another
 *       version or of another journal is thrown away: the journal is replayed.
 *   C4  Before a checkpoint is written, the books and the rows must agree
 *       (domain/control.h). If they do not, it is marked as damaged instead, and
 *       the next opening replays the whole journal.
 *   C5  Writing one stops nobody: a thread of its own writes the image, and
 *       until it has ended rows and names are read as of the one before.
 *   C6  One that does not give back what was written, or does not fit the
 *       journal, is marked as damaged: opening then replays the journal at
 *       once, and a writer that meets it later stops, so that the next opening does.
 *   C7  The pages of a checkpoint that two writers in a row have not closed are
 *       looked at before LMDB does, unless the second lived until another one was
 *       due: that look takes the longer the longer the history is.
 *
 * The writer alone uses it, from the thread that decides; and whoever only reads what is there
 * (state_store_open_beside).
 */
#ifndef DAYBOOK_STATE_STORE_H
#define DAYBOOK_STATE_STORE_H

#include "domain/control.h"
#include "domain/state.h"
#include "store/journal.h"

struct state_store;

/* Opens or makes it. `reader` checks that the checkpoint belongs to this journal; borrowed until close. */
DAYBOOK_MUST_USE enum daybook_status state_store_open(const char *directory, size_t map_size_bytes,
                                                      struct journal_reader *reader, struct state_store **state_store,
                                                      struct daybook_error *error);
/* The checkpoint as it is now, for reading alone, whoever writes the ledger in another process: what is written later
 * is not seen, and its pages keep their room until this is closed. *state_store is NULL, and the result OK, where there
 * is none that could be used, or this process has the state open itself. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status state_store_open_beside(const char *directory, struct journal_reader *reader,
                                                             struct state_store **state_store,
                                                             struct daybook_error *error);
/* Whatever ended the writer before, it was not these pages (C7): this one has lived with them for so long. */
void state_store_trust(struct state_store *state_store);
/* Accepts NULL. Marks the store clean when all of it was synced. */
void state_store_close(struct state_store *state_store);

/* The last sequence that the checkpoint covers; 0 = none. */
uint64_t state_store_position(const struct state_store *state_store);

/* For struct state_source; the context is the state store. */
enum daybook_status state_store_load_row(void *context, uint64_t number, struct daybook_bytes *bytes, bool *is_found,
                                         struct daybook_error *error);
enum daybook_status state_store_find_names(void *context, uint64_t hash, size_t skip, uint64_t *numbers,
                                           size_t capacity, size_t *count, struct daybook_error *error);

/* A hint that the name will be looked for. */
void state_store_foresee_name(const struct state_store *state_store, uint64_t hash);

/* The sums that the checkpoint was checked with go into `control`, which is empty. */
DAYBOOK_MUST_USE enum daybook_status state_store_load_control(struct state_store *state_store, struct control *control,
                                                              struct daybook_error *error);

/* Starts writing the image, as of `position`, which the journal has (C2). `control` has the postings of every event up
 * to there, and counted the image's rows. The image stays as it is until the end. DAMAGED: books and rows do not
 * agree (C4). */
DAYBOOK_MUST_USE enum daybook_status state_store_begin_write(struct state_store *state_store, struct state_image image,
                                                             const struct control *control, uint64_t position,
                                                             struct daybook_error *error);
bool state_store_is_writing(const struct state_store *state_store);
/* Whether state_store_end_write would return at once. */
bool state_store_is_written(const struct state_store *state_store);
/* Waits for the write, and returns how it went. From then on it is what is read. */
DAYBOOK_MUST_USE enum daybook_status state_store_end_write(struct state_store *state_store,
                                                           struct daybook_error *error);

/* Marks it as damaged (C6). */
void state_store_doubt(const struct state_store *state_store, const char *reason);

/* Whether what was there was opened, and not made anew. */
bool state_store_was_kept(const struct state_store *state_store);

/* Whether what was there had been doubted (C4, C6), and was thrown away when this was opened: the
 * writer then checks as soon as it has replayed. */
bool state_store_was_doubted(const struct state_store *state_store);

/* What the last check of the books found, for a process that has not opened the state of
 * `directory`. Best effort: all zero where nothing can be read. */
void state_store_read_report(const char *directory, struct control_report *report);

#endif
