/*
 * One build of a view's rows: a store in a directory VIEWS/NAME.gN, its mark
 * and its checkpoint.
 *
 *   G1  A generation's rows are of one version, for its whole life.
 *   G2  Numbers rise: a new generation's is above every one that is there.
 *   G3  One that has been complete stays complete.
 *
 * Nothing here locks: the view does (view_inside.h).
 */
#ifndef DAYBOOK_PROJECTION_GENERATION_H
#define DAYBOOK_PROJECTION_GENERATION_H

#include <stdatomic.h>
#include <uv.h>

#include "projection/checkpoint.h"
#include "projection/mark.h"
#include "projection/memo.h"
#include "projection/view.h"

/* An event (or the state of a fresh build) that a generation cannot get past. */
struct generation_stop {
    uint64_t sequence; /* 0: it has not stopped. */
    enum daybook_status status;
    char reason[DAYBOOK_ERROR_SIZE];
};

struct generation {
    struct generation *next;
    uint64_t number;
    char *path;
    int directory;          /* Held open with the store: else the number of its inode, by which the store
                             * knows what this process has open, could be given to a new one. -1: not open. */
    struct store *store;    /* NULL: known of, not open (damaged, or another version's). */
    unsigned pins;          /* Reads, folds, and the view itself; the store is closed at none. */
    struct checkpoint last; /* As this process last saw it. */
    struct checkpoint read; /* As it was at commit `read_commit`. */
    uint64_t read_commit;   /* 0: no reader has looked yet. */
    uint64_t read_count;    /* Of readers that have begun. */
    struct memo *memo;      /* NULL: too few have, or memory was refused. */
    uv_thread_t mapping;    /* Maps the store's pages in, once it is asked often. */
    bool is_mapping;        /* The thread was started. */
    atomic_bool mapping_ends;
    struct generation_stop stop; /* In this process: another one finds it again by itself. */
};

/* Where a view's generations are, and how they are opened. */
struct generation_place {
    const char *views_path; /* DIRECTORY/views */
    const struct projection *projection;
    const struct view_options *options;
    const struct mark_boot *boot;
};

/* Opens generation `number`, unpinned. With `is_new` the directories are made first;
 * two processes that make the same one share it.
 * NOT_FOUND: it is gone, or another process is just making it. DAMAGED: its mark, its
 * store or its checkpoint says so. */
DAYBOOK_MUST_USE enum daybook_status generation_open(const struct generation_place *place, uint64_t number, bool is_new,
                                                     struct generation **generation, struct daybook_error *error);
/* One that is known of and shall not be opened. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status generation_note(const struct generation_place *place, uint64_t number,
                                                     struct generation **generation, struct daybook_error *error);
/* It is asked often: from now on questions may remember what they found, and its pages are mapped beforehand. */
void generation_attend(struct generation *generation);
void generation_shut(struct generation *generation);  /* Closes the store; the rest is kept. */
void generation_close(struct generation *generation); /* Accepts NULL. */

/* The numbers that are there, highest first, at most `capacity`; none when there is no directory. */
DAYBOOK_MUST_USE enum daybook_status generation_list(const struct generation_place *place, uint64_t *numbers,
                                                     size_t capacity, size_t *count, struct daybook_error *error);

/* A directory beside the generations, in which generation `number` is prepared (view_pack.c); what a killed process
 * left there is deleted. Its name is none that is listed or opened. */
DAYBOOK_MUST_USE enum daybook_status generation_open_pack(const struct generation_place *place, uint64_t number,
                                                          struct generation **pack, struct daybook_error *error);
/* Closes it, and makes it generation `number`. EXISTS: there is one already. */
DAYBOOK_MUST_USE enum daybook_status generation_adopt_pack(const struct generation_place *place,
                                                           struct generation *pack, struct daybook_error *error);
void generation_discard_pack(struct generation *pack); /* Closes it, and deletes its files. Accepts NULL. */

/* Deletes the files of every generation below `number`, and of what was prepared to be one. What is open stays
 * readable. Best effort. */
void generation_remove_below(const struct generation_place *place, uint64_t number);
/* Gives up one that is not complete, and deletes its rows: the room is free once it is closed everywhere. Its directory
 * stays, and with it its number (G2). Best effort. In a write transaction of its store, so that no process completes it
 * meanwhile. */
void generation_empty(const struct generation_place *place, const struct generation *generation, const char *reason);
/* Deletes those below `number`, which is there, that were given up. */
void generation_remove_given_up(const struct generation_place *place, uint64_t number);

/* Reads the checkpoint in a transaction of its own, into `last`, too. */
DAYBOOK_MUST_USE enum daybook_status generation_look(struct generation *generation, const struct projection *projection,
                                                     struct daybook_error *error);

#endif
