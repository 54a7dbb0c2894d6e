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

struct packing {
    const struct bundle *bundle;
    struct archive *archive;
    struct daybook_error error; /* Of giving away; status OK: nothing is wrong with it. */
};

static enum daybook_status pack_failed(const struct packing *packing, struct daybook_error *error) {
    const char *why = archive_error_string(packing->archive);
    return packing->error.status != DAYBOOK_OK
               ? daybook_fail_as(error, &packing->error)
               : daybook_fail(error, DAYBOOK_IO, _("packing the bundle: %s"), why != NULL ? why : _("it failed"));
}

static la_ssize_t give(struct archive *archive, void *context, const void *data, size_t size) {
    struct packing *packing = context;
    if (job_write(packing->bundle->job, data, size, &packing->error) != DAYBOOK_OK) {
        archive_set_error(archive, EIO, "%s", "nobody takes it");
        return ARCHIVE_FATAL;
    }
    return (la_ssize_t)size;
}

static enum daybook_status copy_content(struct packing *packing, FILE *stream, struct daybook_error *error) {
    uint8_t bytes[COPY_BYTES];
    for (size_t size = fread(bytes, 1, sizeof bytes, stream); size > 0; size = fread(bytes, 1, sizeof bytes, stream)) {
        if (archive_write_data(packing->archive, bytes, size) != (la_ssize_t)size) {
            return pack_failed(packing, error);
        }
    }
    return ferror(stream) == 0 ? DAYBOOK_OK
                               : daybook_fail(error, DAYBOOK_IO, "%s", _("reading a file of the bundle failed"));
}

static enum daybook_status pack_one(struct packing *packing, const struct bundle_entry *entry,
                                    struct daybook_error *error) {
    char place[PATH_MAX];
    DAYBOOK_TRY(place_of(packing->bundle, entry->path, place, error));
    FILE *stream = fopen(place, "rb");
    struct archive_entry *head = archive_entry_new();
    enum daybook_status status;
    if (stream == NULL || head == NULL) {
        status = daybook_fail(error, DAYBOOK_IO, _("reading %s: %s"), place, strerror(errno));
    } else {
        archive_entry_set_pathname(head, entry->path);
        archive_entry_set_size(head, (la_int64_t)entry->size);
        archive_entry_set_filetype(head, AE_IFREG);
        archive_entry_set_perm(head, 0644);
        status = archive_write_header(packing->archive, head) == ARCHIVE_OK ? copy_content(packing, stream, error)
                                                                            : pack_failed(packing, error);
    }
    archive_entry_free(head);
    if (stream != NULL) {
        (void)fclose(stream);
    }
    return status;
}

enum daybook_status bundle_pack(const struct bundle *bundle, struct daybook_error *error) {
    struct packing packing = {.bundle = bundle, .archive = archive_write_new()};
    if (packing.archive == NULL) {
        return job_no_memory(error);
    }
    enum daybook_status status = DAYBOOK_OK;
    if (archive_write_add_filter_zstd(packing.archive) != ARCHIVE_OK ||
        archive_write_set_format_pax_restricted(packing.archive) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(packing.archive, 1) != ARCHIVE_OK ||
        archive_write_open(packing.archive, &packing, NULL, give, NULL) != ARCHIVE_OK) {
        status = pack_failed(&packing, error);
    }
    /* BU1: the manifest was written last and comes first. */
    for (size_t i = 0; status == DAYBOOK_OK && i < bundle->entry_count; i++) {
        size_t index = i == 0 ? bundle->entry_count - 1 : i - 1;
        status = pack_one(&packing, &bundle->entries[index], error);
    }
    if (archive_write_close(packing.archive) != ARCHIVE_OK && status == DAYBOOK_OK) {
        status = pack_failed(&packing, error);
    }
    (void)archive_write_free(packing.archive);
    return status;
}
