/*
 * Parties: customers in currencies, numbered in memory in the order in which a
 * feed meets them, so that a name is looked up once for all views and not once
 * in each. A number is no more than a hint: what it stands for is kept by whoever
 * looked the name up, and forgotten with the feed.
 *
 *   PA1  One number never stands for two pairs.
 *
 * Any thread.
 */
#ifndef DAYBOOK_PROJECTION_PARTIES_H
#define DAYBOOK_PROJECTION_PARTIES_H

#include "projection/projection.h"

struct parties;

DAYBOOK_MUST_USE enum daybook_status parties_open(struct parties **parties, struct daybook_error *error);
void parties_close(struct parties *parties); /* Accepts NULL. */

/* Fills `party` of these events: 0 for one without a customer, or where memory was refused. */
void parties_number(struct parties *parties, struct fold_event *events, size_t count);

#endif
