/*
 * What questions found in a generation's rows, for the questions after them.
 *
 *   ME1  What is recalled was kept under the commit that is asked for, so it is what that commit's rows say.
 *
 * Any thread, without a lock. Two lines of memory for all keys that share them: the last ones stay. What does not fit a
 * line is not kept. Whoever keeps values of several sizes gives their keys other beginnings.
 */
#ifndef DAYBOOK_PROJECTION_MEMO_H
#define DAYBOOK_PROJECTION_MEMO_H

#include "base/bytes.h"

enum { MEMO_SIZE_MAX = 47 }; /* Of a key and its value together. */

struct memo;

/* For a generation of so many bytes; 4 to 16 MiB. NULL when memory is refused. */
struct memo *memo_open(uint64_t rows_bytes);
void memo_close(struct memo *memo); /* Accepts NULL. */

/* False: nothing is known of the key under that commit. `memo` may be NULL. */
bool memo_recall(const struct memo *memo, uint64_t commit, struct daybook_bytes key, uint8_t *value, size_t size);
void memo_keep(struct memo *memo, uint64_t commit, struct daybook_bytes key, struct daybook_bytes value);

#endif
