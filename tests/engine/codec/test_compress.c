/* One zstd frame: the library itself reads it back. */
#include <stdlib.h>
#include <string.h>

#include "tests/rows.h"

#include <zstd.h>

#include "codec/compress.h"

static void comes_back(struct compressor *compressor, const uint8_t *raw, size_t size) {
    struct daybook_buffer packed = {0};
    struct daybook_error error;
    uint8_t *again = malloc(size + 1);
    assert_non_null(again);
    assert_int_equal(daybook_buffer_append(&packed, "before", 6), DAYBOOK_OK);
    assert_int_equal(compressor_pack(compressor, (struct daybook_bytes){raw, size}, &packed, &error), DAYBOOK_OK);
    assert_memory_equal(packed.data, "before", 6);
    assert_int_equal(ZSTD_getFrameContentSize(packed.data + 6, packed.size - 6), size);
    assert_int_equal(ZSTD_decompress(again, size + 1, packed.data + 6, packed.size - 6), size);
    assert_memory_equal(again, raw, size);
    free(again);
    daybook_buffer_release(&packed);
}

static void one_context_packs_all(void **state) {
    (void)state;
    static uint8_t raw[1 << 20];
    uint32_t x = 1;
    struct compressor *compressor = compressor_open();
    assert_non_null(compressor);
    for (size_t i = 0; i < sizeof raw; i++) {
        x = x * 1664525 + 1013904223;
        raw[i] = (uint8_t)(x >> 24); /* What cannot be made smaller grows a little. */
    }
    comes_back(compressor, raw, 0);
    comes_back(compressor, raw, 1);
    comes_back(compressor, raw, sizeof raw);
    memset(raw, 'x', sizeof raw);
    comes_back(compressor, raw, sizeof raw);
    compressor_close(compressor);
    compressor_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_context_packs_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
