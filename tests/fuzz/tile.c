/*
 * Bytes as what happened to a tree of tiles before an auditor got it. The first byte says how they are read:
 *
 *   even  edits of a good tree of 258 events, each FILE OP and its operands: the file's whole content (length, bytes),
 * one byte of it (place, value), its new size, a byte more. Only a tree that says the same is good. odd   entries
 * (length, bytes), of which a tree is made and signed: a log that lies about itself. Only entries that begin with their
 * own place are good.
 *
 * Lengths, places and sizes are two bytes, the greater one first.
 */
#include "tests/fuzz/fuzz.h"

#include <sys/stat.h>

#include "base/bytes.h"
#include "proof/tile_builder.h"
#include "tests/fuzz/small_log.h"

enum { EVENTS = 258, FILES_MAX = 16, PATH_SIZE = 160 };

struct file {
    char path[PATH_SIZE];
    struct daybook_buffer good;
    struct daybook_buffer now;
};

static struct small_log events_log;
static struct file files[FILES_MAX];
static size_t file_count;

static void write_file(const char *path, struct daybook_bytes bytes) {
    FILE *stream = fopen(path, "wb");
    FUZZ_CHECK(stream != NULL);
    FUZZ_CHECK(fwrite(bytes.data, 1, bytes.size, stream) == bytes.size && fclose(stream) == 0);
}

/* Makes the directories above, too. */
static enum daybook_status keep_tile(void *context, const char *name, struct daybook_bytes tile,
                                     struct daybook_error *error) {
    (void)context;
    (void)error;
    FUZZ_CHECK(file_count < FILES_MAX);
    struct file *file = &files[file_count++];
    (void)snprintf(file->path, sizeof file->path, "%s/%s", small_log_directory(), name);
    for (char *slash = strchr(file->path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(file->path, 0700);
        *slash = '/';
    }
    daybook_buffer_reset(&file->good);
    FUZZ_CHECK(daybook_buffer_append(&file->good, tile.data, tile.size) == DAYBOOK_OK);
    write_file(file->path, tile);
    return DAYBOOK_OK;
}

static void make_tree(const struct daybook_bytes *entries, size_t count) {
    static struct tile_builder builder;
    struct merkle_size tree;
    struct daybook_buffer checkpoint = {0};
    file_count = 0;
    FUZZ_CHECK(tile_builder_open(&builder, keep_tile, NULL, NULL) == DAYBOOK_OK);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(tile_builder_add(&builder, entries[i], NULL) == DAYBOOK_OK);
    }
    FUZZ_CHECK(tile_builder_end(&builder, &tree, NULL) == DAYBOOK_OK);
    tile_builder_close(&builder);
    small_log_checkpoint(&events_log, tree.size, &tree.root, &checkpoint);
    (void)keep_tile(NULL, "checkpoint", daybook_buffer_view(&checkpoint), NULL);
    daybook_buffer_release(&checkpoint);
}

static void make_good_tree(void) {
    static struct daybook_bytes entries[EVENTS];
    for (size_t i = 0; i < EVENTS; i++) {
        entries[i] = daybook_buffer_view(&events_log.events[i]);
    }
    make_tree(entries, EVENTS);
}

struct input {
    const uint8_t *at;
    const uint8_t *end;
};

static unsigned take(struct input *input, unsigned bytes) {
    unsigned value = 0;
    for (; bytes > 0 && input->at < input->end; bytes--) {
        value = value << 8 | *input->at++;
    }
    return value;
}

static struct daybook_bytes take_bytes(struct input *input) {
    size_t size = take(input, 2);
    size_t left = (size_t)(input->end - input->at);
    struct daybook_bytes bytes = {input->at, size < left ? size : left};
    input->at += bytes.size;
    return bytes;
}

static void edit(struct input *input) {
    struct daybook_buffer *now = &files[take(input, 1) % file_count].now;
    switch (take(input, 1) % 4) {
    case 0: {
        struct daybook_bytes bytes = take_bytes(input);
        daybook_buffer_reset(now);
        FUZZ_CHECK(daybook_buffer_append(now, bytes.data, bytes.size) == DAYBOOK_OK);
        return;
    }
    case 1: {
        unsigned place = take(input, 2);
        uint8_t value = (uint8_t)take(input, 1);
        if (place < now->size) {
            now->data[place] = value;
        }
        return;
    }
    case 2: {
        unsigned size = take(input, 2);
        now->size = size < now->size ? size : now->size;
        return;
    }
    default: {
        uint8_t value = (uint8_t)take(input, 1);
        FUZZ_CHECK(daybook_buffer_append(now, &value, 1) == DAYBOOK_OK);
    }
    }
}

static bool is_same(const struct file *file) {
    return daybook_bytes_equal(daybook_buffer_view(&file->now), daybook_buffer_view(&file->good));
}

static enum daybook_status check(void) {
    struct daybook_error error = {0};
    enum daybook_status status = verify_tiles(&events_log.trust, small_log_directory(), &error);
    FUZZ_CHECK(status == DAYBOOK_OK || (status == DAYBOOK_DAMAGED && error.message[0] != '\0'));
    return status;
}

/* Of the checkpoint, lines of unknown keys may be added and taken. */
static void as_edits(struct input *input) {
    bool is_good = true;
    bool is_as_made = true;
    for (size_t i = 0; i < file_count; i++) {
        daybook_buffer_reset(&files[i].now);
        FUZZ_CHECK(daybook_buffer_append(&files[i].now, files[i].good.data, files[i].good.size) == DAYBOOK_OK);
    }
    while (input->at < input->end) {
        edit(input);
    }
    for (size_t i = 0; i < file_count; i++) {
        is_as_made = is_as_made && is_same(&files[i]);
        is_good = is_good && (is_same(&files[i]) || i + 1 == file_count);
        if (!is_same(&files[i])) {
            write_file(files[i].path, daybook_buffer_view(&files[i].now));
        }
    }
    enum daybook_status status = check();
    FUZZ_CHECK(is_good || status == DAYBOOK_DAMAGED);
    FUZZ_CHECK(!is_as_made || status == DAYBOOK_OK);
    for (size_t i = 0; i < file_count; i++) {
        if (!is_same(&files[i])) {
            write_file(files[i].path, daybook_buffer_view(&files[i].good));
        }
    }
}

static bool says_place(struct daybook_bytes entry, uint64_t place) {
    uint64_t told = 0;
    return entry.size > 1 && entry.data[0] == 0x08 && varint_load(entry.data + 1, entry.data + entry.size, &told) > 0 &&
           told == place;
}

static void as_entries(struct input *input) {
    static struct daybook_bytes entries[EVENTS];
    size_t count = 0;
    bool is_good = true;
    while (input->at < input->end && count < EVENTS) {
        entries[count] = take_bytes(input);
        is_good = is_good && says_place(entries[count], count + 1);
        count++;
    }
    make_tree(entries, count);
    FUZZ_CHECK((check() == DAYBOOK_OK) == is_good);
    for (size_t i = 0; i < file_count; i++) {
        (void)remove(files[i].path);
    }
    make_good_tree();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, data + size};
    if (events_log.count == 0) {
        FUZZ_CHECK(freopen("/dev/null", "w", stdout) != NULL);
        small_log_make(&events_log, EVENTS);
        make_good_tree();
    }
    if (take(&input, 1) % 2 == 0) {
        as_edits(&input);
    } else {
        as_entries(&input);
    }
    return 0;
}
