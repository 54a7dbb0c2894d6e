/* Bytes as the data file of a store. */
#include "tests/fuzz/fuzz.h"

#include "store/page_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct page_report report;
    struct daybook_error error = {0};
    const char *path = fuzz_file(data, size);
    FUZZ_CHECK(path != NULL);
    if (page_check(path, &report, &error) == DAYBOOK_OK) {
        FUZZ_CHECK(report.used_pages * 512 <= size);
    } else {
        FUZZ_CHECK(error.message[0] != '\0');
    }
    return 0;
}
