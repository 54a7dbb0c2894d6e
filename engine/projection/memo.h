/*
 * What questions found in a generation's rows, for the questions after them.
 *
 *   ME1  What is recalled was kept under the commit that is asked for, so it is what that commit's rows say.
 *
 * Any thread, without a lock. A line of memory for each key, and one line for some keys that share it: the last one
 * stays. What does not fit a line is not kept.
 */
#ifndef DAYBOOK_PROJECTION_MEMO_H
#define DAYBOOK_PROJECTION_MEMO_H

#include "base/bytes.h"

enum { MEMO_VALUE_SIZE = 12, MEMO_KEY_SIZE_MAX = 35 };

struct memo;

struct memo *memo_open(void);       /* NULL when memory is refused. */
void memo_close(struct memo *memo); /* Accepts NULL. */

/* False: nothing is known of the key under that commit. `memo` may be NULL. */
bool memo_recall(const struct memo *memo, uint64_t commit, struct daybook_bytes key, uint8_t value[MEMO_VALUE_SIZE]);
void memo_keep(struct memo *memo, uint64_t commit, struct daybook_bytes key, const uint8_t value[MEMO_VALUE_SIZE]);

#endif
