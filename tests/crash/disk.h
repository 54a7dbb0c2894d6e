/*
 * What a disk may hold after the power failed: played back from a recording.
 *
 * What was synced is there. What was not may be there or not, each write by
 * itself, in any order, and torn at 512 bytes. Names (making, renaming,
 * removing) are taken to last at once and in their order, as journaling file
 * systems keep them.
 */
#ifndef DAYBOOK_TESTS_CRASH_DISK_H
#define DAYBOOK_TESTS_CRASH_DISK_H

#include "tests/crash/recorder.h"

/* What happens to writes that were not synced. */
enum disk_fate {
    DISK_KEEPS_ALL,  /* A killed program: the system goes on. */
    DISK_KEEPS_NONE, /* */
    DISK_KEEPS_SOME, /* In any order, torn; by the seed. */
    DISK_FATES
};

/* Makes `directory`, which must not exist, as it would be after the first `count` records. Every file
 * "mark" in it is changed to speak of another boot, where the power was what failed. */
void disk_play(const struct record *records, size_t count, enum disk_fate fate, uint64_t seed, const char *directory);

#endif
