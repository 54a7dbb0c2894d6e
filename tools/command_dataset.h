/* daybook export TABLE: one of the tables for analysts. */
#ifndef DAYBOOK_TOOLS_COMMAND_DATASET_H
#define DAYBOOK_TOOLS_COMMAND_DATASET_H

#include "tools/dataset.h"
#include "tools/row_writer.h"

/* Runs the command with what --format named already; --since, --by, --output and the coordinates are read here. */
int command_dataset_run(struct invocation *invocation, const struct dataset *dataset, enum row_format format);

/* "events, postings, ...", for a sentence. Returns `text`. */
const char *dataset_list_names(char *text, size_t size);

#endif
