/* For a program that is not our test's own (LD_PRELOAD): what is synced fails with EIO as long as the file exists that
 * DAYBOOK_FAIL_SYNC names. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/interposed.h"

static int fails(void) {
    const char *path = getenv("DAYBOOK_FAIL_SYNC");
    return path != NULL && access(path, F_OK) == 0;
}

static int refuse(void) {
    errno = EIO;
    return -1;
}

int fdatasync(int handle) {
    REAL(handle_function *, "fdatasync")
    return fails() ? refuse() : next(handle);
}

int fsync(int handle) {
    REAL(handle_function *, "fsync")
    return fails() ? refuse() : next(handle);
}
