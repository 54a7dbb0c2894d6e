/* Rows of the tables that are made of events: one event may be several rows, or none. */
#ifndef DAYBOOK_TOOLS_DATASET_EVENTS_H
#define DAYBOOK_TOOLS_DATASET_EVENTS_H

#include "tools/dataset.h"

dataset_fill dataset_fill_event;      /* Of an Event. */
dataset_fill dataset_fill_allocation; /* Of an Event. */
dataset_fill dataset_fill_posting;    /* Of a PostingsRow. */

#endif
