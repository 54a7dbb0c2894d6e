/* How far a rebuild of several views has come: a small file of lines. */
#include "projection/rebuild_list.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/small_file.h"

enum { LIST_BYTES_MAX = 1 << 20, WORD_SIZE = 6 };

static const char built[] = "built ";
static const char left[] = "left  ";

static enum daybook_status path_of(const char *directory, char path[PATH_MAX], struct daybook_error *error) {
    return snprintf(path, PATH_MAX, "%s/views/rebuilding", directory) < PATH_MAX
               ? DAYBOOK_OK
               : daybook_fail(error, DAYBOOK_INVALID, "the path %s is too long", directory);
}

/* The next line is `word` and `name`: then `at` moves behind it. */
static bool takes(struct daybook_bytes *at, const char *word, const char *name) {
    size_t size = WORD_SIZE + strlen(name) + 1;
    bool is_it = at->size >= size && memcmp(at->data, word, WORD_SIZE) == 0 &&
                 memcmp(at->data + WORD_SIZE, name, size - WORD_SIZE - 1) == 0 && at->data[size - 1] == '\n';
    if (is_it) {
        at->data += size;
        at->size -= size;
    }
    return is_it;
}

enum daybook_status rebuild_list_read(const char *directory, const char *const *names, size_t count, bool *is_built,
                                      struct daybook_error *error) {
    char path[PATH_MAX];
    struct daybook_buffer content = {0};
    DAYBOOK_TRY(path_of(directory, path, error));
    enum daybook_status status = small_file_read(path, LIST_BYTES_MAX, &content, error);
    struct daybook_bytes at = daybook_buffer_view(&content);
    bool is_same = status == DAYBOOK_OK;
    for (size_t i = 0; is_same && i < count; i++) {
        is_built[i] = takes(&at, built, names[i]);
        is_same = is_built[i] || takes(&at, left, names[i]);
    }
    if (!is_same || at.size > 0) {
        memset(is_built, 0, count * sizeof *is_built);
    }
    daybook_buffer_release(&content);
    /* Whatever else it may be, it is no list of ours. */
    return status == DAYBOOK_NOT_FOUND || status == DAYBOOK_LIMIT ? DAYBOOK_OK : status;
}

static enum daybook_status add_line(struct daybook_buffer *text, const char *word, const char *name) {
    bool is_added = daybook_buffer_append(text, word, WORD_SIZE) == DAYBOOK_OK &&
                    daybook_buffer_append(text, name, strlen(name)) == DAYBOOK_OK &&
                    daybook_buffer_append(text, "\n", 1) == DAYBOOK_OK;
    return is_added ? DAYBOOK_OK : DAYBOOK_NO_MEMORY;
}

enum daybook_status rebuild_list_write(const char *directory, const char *const *names, size_t count,
                                       const bool *is_built, struct daybook_error *error) {
    char path[PATH_MAX];
    struct daybook_buffer text = {0};
    size_t built_count = 0;
    DAYBOOK_TRY(path_of(directory, path, error));
    enum daybook_status status = DAYBOOK_OK;
    for (size_t i = 0; status == DAYBOOK_OK && i < count; i++) {
        built_count += is_built[i] ? 1 : 0;
        status = add_line(&text, is_built[i] ? built : left, names[i]);
    }
    if (status != DAYBOOK_OK) {
        status = daybook_fail(error, status, "writing %s: memory was refused", path);
    } else if (built_count < count) {
        status = small_file_write(path, daybook_buffer_view(&text), SMALL_FILE_PUBLIC, SMALL_FILE_REPLACE, error);
    } else if (unlink(path) != 0 && errno != ENOENT) {
        int code = errno;
        status = daybook_fail(error, files_status(code), "removing %s: %s", path, strerror(code));
    }
    daybook_buffer_release(&text);
    return status;
}
