/*
 * DIRECTORY/journal/underway: from which instant on more may still be recorded.
 *
 * An event has its instant when it is decided, and is seen when it is on the disk. In between nobody can say what was
 * known by that instant. The writing process keeps the first instant that such an event may have in eight bytes of
 * memory that it shares, through this file, with whoever reads. What they say is of use while it lives: nothing of it
 * has to last.
 */
#ifndef DAYBOOK_STORE_UNDERWAY_H
#define DAYBOOK_STORE_UNDERWAY_H

#include <stdbool.h>
#include <stdint.h>

struct underway; /* One thread sets; any thread asks. */

struct underway *underway_new(const char *directory); /* Of the ledger. NULL: no memory. */
void underway_free(struct underway *underway);        /* Accepts NULL. */

/* The writer's, before it sets anything: makes the file, and nothing is underway. Where there can be no file, other
 * processes do not learn of it. */
void underway_take(struct underway *underway);

/* The writer's: what will be seen next has that instant or a later one. 0: nothing is underway. */
void underway_set(struct underway *underway, int64_t from_us);

/* What was set, by this process or another; 0 as well where no writer ever made the file. */
int64_t underway_from(struct underway *underway);

#endif
