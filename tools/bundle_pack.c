/* Files of a bundle: gathered with their digests, and packed. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/small_file.h"
#include "tools/bundle.h"
#include "tools/text.h"

enum { COPY_BYTES = 1 << 16 };

/* ---- gathering ---- */

static enum daybook_status place_of(const struct bundle *bundle, const char *path, char place[PATH_MAX],
                                    struct daybook_error *error) {
    if (snprintf(place, PATH_MAX, "%s/%s", bundle->directory, path) >= PATH_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the path %s is too long"), bundle->directory);
    }
    return DAYBOOK_OK;
}

static void make_folders(char *path, size_t root_size) {
    for (char *slash = strchr(path + root_size + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700); /* What is wrong is seen when the file is opened. */
        *slash = '/';
    }
}

enum daybook_status bundle_file_open(struct bundle *bundle, const char *path, struct bundle_file *file,
                                     struct daybook_error *error) {
    char place[PATH_MAX];
    *file = (struct bundle_file){.bundle = bundle};
    if (bundle->entry_count == BUNDLE_FILES_MAX) {
        return daybook_fail(error, DAYBOOK_LIMIT, _("a bundle has at most %d files"), BUNDLE_FILES_MAX);
    }
    enum daybook_status status = place_of(bundle, path, place, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    make_folders(place, strlen(bundle->directory));
    file->sha256 = sha256_open();
    file->stream = fopen(place, "wb");
    if (file->sha256 == NULL || file->stream == NULL) {
        return daybook_fail(error, DAYBOOK_IO, _("opening %s to write: %s"), place, strerror(errno));
    }
    sha256_begin(file->sha256);
    file->entry = &bundle->entries[bundle->entry_count++];
    *file->entry = (struct bundle_entry){0};
    (void)snprintf(file->entry->path, sizeof file->entry->path, "%s", path);
    return DAYBOOK_OK;
}

enum daybook_status bundle_file_write(struct bundle_file *file, const void *data, size_t size,
                                      struct daybook_error *error) {
    if (fwrite(data, 1, size, file->stream) != size) {
        return daybook_fail(error, DAYBOOK_IO, _("writing %s: %s"), file->entry->path, strerror(errno));
    }
    sha256_update(file->sha256, data, size);
    file->entry->size += size;
    return DAYBOOK_OK;
}

enum daybook_status bundle_file_close(struct bundle_file *file, enum daybook_status status,
                                      struct daybook_error *error) {
    if (file->stream != NULL && fclose(file->stream) != 0 && status == DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_IO, "%s", _("writing a file of the bundle failed"));
    }
    if (file->entry != NULL) {
        sha256_end(file->sha256, file->entry->sha256);
    }
    sha256_close(file->sha256);
    *file = (struct bundle_file){0};
    return status;
}

enum daybook_status bundle_add(struct bundle *bundle, const char *path, struct daybook_bytes content,
                               struct daybook_error *error) {
    struct bundle_file file;
    enum daybook_status status = bundle_file_open(bundle, path, &file, error);
    if (status == DAYBOOK_OK) {
        status = bundle_file_write(&file, content.data, content.size, error);
    }
    return bundle_file_close(&file, status, error);
}

/* ---- packing ---- */

static enum daybook_status pack_failed(struct archive *archive, const char *path, struct daybook_error *error) {
    const char *why = archive_error_string(archive);
    return daybook_fail(error, DAYBOOK_IO, _("writing the bundle %s: %s"), path, why != NULL ? why : _("it failed"));
}

static enum daybook_status copy_content(struct archive *archive, FILE *stream, const char *path,
                                        struct daybook_error *error) {
    static uint8_t bytes[COPY_BYTES];
    for (size_t size = fread(bytes, 1, sizeof bytes, stream); size > 0; size = fread(bytes, 1, sizeof bytes, stream)) {
        if (archive_write_data(archive, bytes, size) != (la_ssize_t)size) {
            return pack_failed(archive, path, error);
        }
    }
    return ferror(stream) == 0 ? DAYBOOK_OK
                               : daybook_fail(error, DAYBOOK_IO, "%s", _("reading a file of the bundle failed"));
}

static enum daybook_status pack_one(const struct bundle *bundle, struct archive *archive,
                                    const struct bundle_entry *entry, const char *path, struct daybook_error *error) {
    char place[PATH_MAX];
    enum daybook_status status = place_of(bundle, entry->path, place, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    FILE *stream = fopen(place, "rb");
    struct archive_entry *head = archive_entry_new();
    if (stream == NULL || head == NULL) {
        status = daybook_fail(error, DAYBOOK_IO, _("reading %s: %s"), place, strerror(errno));
    } else {
        archive_entry_set_pathname(head, entry->path);
        archive_entry_set_size(head, (la_int64_t)entry->size);
        archive_entry_set_filetype(head, AE_IFREG);
        archive_entry_set_perm(head, 0644);
        status = archive_write_header(archive, head) == ARCHIVE_OK ? copy_content(archive, stream, path, error)
                                                                   : pack_failed(archive, path, error);
    }
    archive_entry_free(head);
    if (stream != NULL) {
        (void)fclose(stream);
    }
    return status;
}

enum daybook_status bundle_pack(const struct bundle *bundle, const char *path, struct daybook_error *error) {
    struct archive *archive = archive_write_new();
    if (archive == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("packing the bundle: memory was refused"));
    }
    enum daybook_status status = DAYBOOK_OK;
    if (archive_write_add_filter_zstd(archive) != ARCHIVE_OK ||
        archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
        archive_write_open_filename(archive, path) != ARCHIVE_OK) {
        status = pack_failed(archive, path, error);
    }
    /* BU1: the manifest was written last and comes first. */
    for (size_t i = 0; status == DAYBOOK_OK && i < bundle->entry_count; i++) {
        size_t index = i == 0 ? bundle->entry_count - 1 : i - 1;
        status = pack_one(bundle, archive, &bundle->entries[index], path, error);
    }
    if (archive_write_close(archive) != ARCHIVE_OK && status == DAYBOOK_OK) {
        status = pack_failed(archive, path, error);
    }
    (void)archive_write_free(archive);
    if (status != DAYBOOK_OK) {
        (void)remove(path);
    }
    return status;
}
