/* One history, run by the engine and judged. */
#ifndef TESTS_MODEL_RUN_H
#define TESTS_MODEL_RUN_H

#include "history.h"

/*
 * Runs the history in ledgers under `directory` (made and removed). With `steps`
 * it is generated as it runs, from its seed; without, it is run as it is.
 * What was wrong is in history->failure.
 */
void run_history(struct history *history, size_t steps, const char *directory);

#endif
