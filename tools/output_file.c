/* Standard output, or a file that is there whole or not at all. */
#include "tools/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "tools/text.h"

static enum daybook_status fail(const struct output_file *file, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_IO, _("writing %s: %s"), file->name, strerror(errno));
}

static bool is_plain_or_new(const char *path) {
    struct stat place;
    return stat(path, &place) != 0 || S_ISREG(place.st_mode);
}

enum daybook_status output_file_open(struct output_file *file, const char *path, struct daybook_error *error) {
    *file = (struct output_file){.name = path};
    if (path == NULL || strcmp(path, "-") == 0) {
        file->name = _("standard output");
        file->stream = stdout;
        return DAYBOOK_OK;
    }
    if (!is_plain_or_new(path)) {
        file->stream = fopen(path, "wb");
        return file->stream != NULL ? DAYBOOK_OK : fail(file, error);
    }
    int size = snprintf(file->beside, sizeof file->beside, "%s.XXXXXX", path);
    if (size < 0 || (size_t)size >= sizeof file->beside) {
        file->beside[0] = '\0';
        return daybook_fail(error, DAYBOOK_INVALID, _("the path of the output is too long: %.60s..."), path);
    }
    int descriptor = mkstemp(file->beside);
    if (descriptor < 0) {
        file->beside[0] = '\0';
        return fail(file, error);
    }
    mode_t mask = umask(0);
    (void)umask(mask);
    bool is_open = fchmod(descriptor, 0666 & ~mask) == 0;
    file->stream = is_open ? fdopen(descriptor, "wb") : NULL;
    if (file->stream == NULL) {
        enum daybook_status status = fail(file, error);
        (void)close(descriptor);
        return status;
    }
    return DAYBOOK_OK;
}

static enum daybook_status put_in_place(struct output_file *file, struct daybook_error *error) {
    bool is_written = fflush(file->stream) == 0 && ferror(file->stream) == 0;
    bool is_beside = file->beside[0] != '\0';
    if (is_written && is_beside) {
        is_written = fsync(fileno(file->stream)) == 0;
    }
    enum daybook_status status = is_written ? DAYBOOK_OK : fail(file, error);
    if (file->stream != stdout && fclose(file->stream) != 0 && status == DAYBOOK_OK) {
        status = fail(file, error);
    }
    file->stream = NULL;
    if (status == DAYBOOK_OK && is_beside) {
        if (rename(file->beside, file->name) != 0) {
            return fail(file, error);
        }
        file->beside[0] = '\0';
        status = files_sync_parent(file->name, error);
    }
    return status;
}

enum daybook_status output_file_close(struct output_file *file, enum daybook_status status,
                                      struct daybook_error *error) {
    if (file->stream != NULL && status == DAYBOOK_OK) {
        status = put_in_place(file, error);
    }
    if (file->stream != NULL && file->stream != stdout) {
        (void)fclose(file->stream);
    }
    file->stream = NULL;
    if (file->beside[0] != '\0') {
        (void)unlink(file->beside);
        file->beside[0] = '\0';
    }
    return status;
}
