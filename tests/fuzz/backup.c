/* Bytes as a backup file, alone and behind itself. */
#include "tests/fuzz/fuzz.h"

#include "engine/backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct backup_summary summary;
    const char *path = fuzz_file(data, size);
    FUZZ_CHECK(path != NULL);
    const char *paths[] = {path, path};
    struct daybook_error error = {0};
    if (backup_verify(paths, 1, NULL, &summary, &error) == DAYBOOK_OK) {
        /* A file joins to itself only where it holds no event at all. */
        FUZZ_CHECK(summary.last_sequence == 0 || backup_verify(paths, 2, NULL, &summary, NULL) != DAYBOOK_OK);
    } else {
        FUZZ_CHECK(error.message[0] != '\0');
    }
    FUZZ_CHECK(backup_read_end(path, NULL, &summary, &error) == DAYBOOK_OK || error.message[0] != '\0');
    return 0;
}
