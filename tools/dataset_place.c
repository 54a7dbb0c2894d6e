/* Where an exported table goes. */
#include "tools/dataset_place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/files.h"
#include "tools/text.h"

enum { ROWS_BETWEEN_LOOKS = 4096 };

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("exporting a table: memory was refused"));
}

/* ---- one file ---- */

static enum daybook_status write_bytes(void *context, struct daybook_bytes bytes, struct daybook_error *error) {
    struct dataset_part *part = context;
    sha256_update(part->sha256, bytes.data, bytes.size);
    part->size_bytes += bytes.size;
    if (bytes.size > 0 && fwrite(bytes.data, 1, bytes.size, part->file.stream) != bytes.size) {
        return daybook_fail(error, DAYBOOK_IO, _("writing %s: %s"), part->file.name, strerror(errno));
    }
    return DAYBOOK_OK;
}

static enum daybook_status open_part(struct dataset_place *place, struct dataset_part *part,
                                     struct daybook_error *error) {
    const struct dataset *dataset = place->facts->dataset;
    struct byte_sink sink = {write_bytes, part};
    DAYBOOK_TRY(output_file_open(&part->file, place->path == NULL ? NULL : part->path, error));
    part->sha256 = sha256_open();
    if (part->sha256 == NULL) {
        return no_memory(error);
    }
    sha256_begin(part->sha256);
    return row_writer_open(&part->writer, place->format, dataset->columns, dataset->column_count, place->compressor,
                           sink, error);
}

static void put_hex(char *to, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(to + i * 2, 3, "%02x", bytes[i]);
    }
}

static enum daybook_status end_part(const struct dataset_place *place, struct dataset_part *part,
                                    struct daybook_error *error) {
    const struct dataset_facts *facts = place->facts;
    uint8_t digest[SHA256_SIZE];
    char known_at[24];
    char since[24];
    char version[16];
    (void)snprintf(known_at, sizeof known_at, "%" PRIu64, facts->known_at);
    (void)snprintf(since, sizeof since, "%" PRIu64, facts->since);
    (void)snprintf(version, sizeof version, "%d", DATASET_VERSION);
    const struct parquet_note notes[] = {
        {"daybook.table", facts->dataset->name},
        {"daybook.schema_version", version},
        {"daybook.ledger_id", facts->ledger_id},
        {"daybook.as_of", facts->as_of},
        {"daybook.since", since},
        {"daybook.known_at", known_at},
        {"daybook.journal_root", facts->root},
    };
    DAYBOOK_TRY(row_writer_end(&part->writer, notes, sizeof notes / sizeof *notes, error));
    sha256_end(part->sha256, digest);
    put_hex(part->digest, digest, sizeof digest);
    return DAYBOOK_OK;
}

static enum daybook_status close_part(const struct dataset_place *place, struct dataset_part *part,
                                      enum daybook_status status, struct daybook_error *error) {
    if (status == DAYBOOK_OK) {
        status = end_part(place, part, error);
    }
    status = output_file_close(&part->file, status, error);
    row_writer_release(&part->writer);
    sha256_close(part->sha256);
    part->sha256 = NULL;
    return status;
}

/* Makes the part that stands at `index`, without opening it. */
static enum daybook_status insert_part(struct dataset_place *place, size_t index, const char *month,
                                       struct dataset_part **part, struct daybook_error *error) {
    size_t count = place->part_count;
    struct dataset_part *made = calloc(1, sizeof *made);
    struct dataset_part **grown = realloc(place->parts, (count + 1) * sizeof(struct dataset_part *));
    if (grown != NULL) {
        place->parts = grown;
    }
    if (made == NULL || grown == NULL) {
        free(made);
        return no_memory(error);
    }
    memmove(&grown[index + 1], &grown[index], (count - index) * sizeof(struct dataset_part *));
    grown[index] = made;
    place->part_count++;
    (void)snprintf(made->month, sizeof made->month, "%s", month);
    *part = made;
    return DAYBOOK_OK;
}

/* ---- a directory of months ---- */

static enum daybook_status fail_at(const char *path, struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_IO, _("writing %s: %s"), path, strerror(errno));
}

static enum daybook_status begin_directory(struct dataset_place *place, struct daybook_error *error) {
    struct stat there;
    size_t size = strlen(place->path);
    while (size > 1 && place->path[size - 1] == '/') {
        size--;
    }
    if (lstat(place->path, &there) == 0) {
        return daybook_fail(error, DAYBOOK_EXISTS, _("%s is there already; months go to a directory that is new"),
                            place->path);
    }
    int written = snprintf(place->beside, sizeof place->beside, "%.*s.XXXXXX", (int)size, place->path);
    if (written < 0 || (size_t)written + 64 >= sizeof place->beside) {
        place->beside[0] = '\0';
        return daybook_fail(error, DAYBOOK_INVALID, _("the path of the output is too long: %.60s..."), place->path);
    }
    if (mkdtemp(place->beside) == NULL) {
        place->beside[0] = '\0';
        return fail_at(place->path, error);
    }
    mode_t mask = umask(0);
    (void)umask(mask);
    return chmod(place->beside, 0777 & ~mask) == 0 ? DAYBOOK_OK : fail_at(place->beside, error);
}

/* "DIR/month=2024-02" of a part's path. */
static void month_directory(const struct dataset_part *part, char path[PATH_MAX]) {
    (void)snprintf(path, PATH_MAX, "%s", part->path);
    char *slash = strrchr(path, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
}

static enum daybook_status put_directory(struct dataset_place *place, struct daybook_error *error) {
    size_t size = strlen(place->beside) - strlen(".XXXXXX");
    char final[PATH_MAX];
    (void)snprintf(final, sizeof final, "%.*s", (int)size, place->beside);
    DAYBOOK_TRY(files_sync_directory(place->beside, error));
    if (rename(place->beside, final) != 0) {
        return fail_at(final, error);
    }
    place->beside[0] = '\0';
    return files_sync_parent(final, error);
}

static void remove_directory(struct dataset_place *place) {
    char path[PATH_MAX];
    for (size_t i = 0; i < place->part_count; i++) {
        (void)unlink(place->parts[i]->path);
        month_directory(place->parts[i], path);
        (void)rmdir(path);
    }
    if (snprintf(path, sizeof path, "%s/manifest.json", place->beside) < (int)sizeof path) {
        (void)unlink(path);
    }
    (void)rmdir(place->beside);
    place->beside[0] = '\0';
}

static enum daybook_status open_month(struct dataset_place *place, size_t index, const char *month,
                                      struct dataset_part **part, struct daybook_error *error) {
    char directory[PATH_MAX];
    if (place->part_count == PLACE_MONTHS_MAX) {
        return daybook_fail(error, DAYBOOK_LIMIT,
                            _("the rows are of more than %d months, and each would be an open file; export them as one "
                              "file, without --by"),
                            PLACE_MONTHS_MAX);
    }
    DAYBOOK_TRY(insert_part(place, index, month, part, error));
    int size = snprintf((*part)->path, sizeof(*part)->path, "%s/month=%s/part.%s", place->beside, month,
                        row_format_name(place->format));
    if (size < 0 || (size_t)size >= sizeof(*part)->path) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the path of the output is too long: %.60s..."), place->path);
    }
    month_directory(*part, directory);
    if (mkdir(directory, 0777) != 0) {
        return fail_at(directory, error);
    }
    return open_part(place, *part, error);
}

/* The part of a row's month, opened with its first row. Rows of one month often come together. */
static enum daybook_status find_month(struct dataset_place *place, int32_t day, struct dataset_part **part,
                                      struct daybook_error *error) {
    struct civil civil = date_to_civil(day);
    char month[MONTH_TEXT_SIZE];
    size_t low = 0;
    size_t high = place->part_count;
    (void)snprintf(month, sizeof month, "%04" PRId32 "-%02" PRId32, civil.year, civil.month);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(place->parts[middle]->month, month) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < place->part_count && strcmp(place->parts[low]->month, month) == 0) {
        *part = place->parts[low];
        return DAYBOOK_OK;
    }
    return open_month(place, low, month, part, error);
}

/* With many months none may be full when memory is: the largest is written out. */
static enum daybook_status keep_bound(struct dataset_place *place, struct daybook_error *error) {
    if (place->part_count < 2 || ++place->rows_since_look < ROWS_BETWEEN_LOOKS) {
        return DAYBOOK_OK;
    }
    size_t held = 0;
    size_t most = 0;
    struct dataset_part *largest = NULL;
    place->rows_since_look = 0;
    for (size_t i = 0; i < place->part_count; i++) {
        size_t bytes = row_writer_bytes(&place->parts[i]->writer);
        held += bytes;
        if (bytes > most) {
            most = bytes;
            largest = place->parts[i];
        }
    }
    return held > PLACE_BYTES && largest != NULL ? row_writer_flush(&largest->writer, error) : DAYBOOK_OK;
}

/* ---- the place ---- */

enum daybook_status dataset_place_open(struct dataset_place *place, const struct dataset_facts *facts,
                                       enum row_format format, const char *path, bool is_by_month,
                                       struct daybook_error *error) {
    struct dataset_part *part;
    bool is_stdout = path == NULL || strcmp(path, "-") == 0;
    *place = (struct dataset_place){
        .facts = facts, .format = format, .path = is_stdout ? NULL : path, .is_by_month = is_by_month};
    place->compressor = compressor_open();
    if (place->compressor == NULL) {
        return no_memory(error);
    }
    if (is_by_month) {
        return begin_directory(place, error);
    }
    DAYBOOK_TRY(insert_part(place, 0, "", &part, error));
    if (snprintf(part->path, sizeof part->path, "%s", is_stdout ? "" : path) >= (int)sizeof part->path) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the path of the output is too long: %.60s..."), path);
    }
    return open_part(place, part, error);
}

enum daybook_status dataset_place_take(void *context, const struct cell *cells, struct daybook_error *error) {
    struct dataset_place *place = context;
    struct dataset_part *part = place->is_by_month ? NULL : place->parts[0];
    if (place->is_by_month) {
        int32_t day = (int32_t)cells[place->facts->dataset->month_column].number;
        DAYBOOK_TRY(find_month(place, day, &part, error));
        DAYBOOK_TRY(keep_bound(place, error));
    }
    return row_writer_add(&part->writer, cells, error);
}

static enum daybook_status write_manifest(const struct dataset_place *place, struct daybook_error *error) {
    struct daybook_buffer text = {0};
    struct output_file file;
    char path[PATH_MAX];
    int size = place->is_by_month ? snprintf(path, sizeof path, "%s/manifest.json", place->beside)
                                  : snprintf(path, sizeof path, "%s.manifest.json", place->path);
    if (size < 0 || (size_t)size >= sizeof path) {
        return daybook_fail(error, DAYBOOK_INVALID, _("the path of the output is too long: %.60s..."), place->path);
    }
    enum daybook_status status = output_file_open(&file, path, error);
    if (status == DAYBOOK_OK && dataset_manifest(place, &text) != DAYBOOK_OK) {
        status = no_memory(error);
    }
    if (status == DAYBOOK_OK && fwrite(text.data, 1, text.size, file.stream) != text.size) {
        status = fail_at(path, error);
    }
    status = output_file_close(&file, status, error);
    daybook_buffer_release(&text);
    return status;
}

/* A pipe or a device is written to as it is, and has nothing beside it. */
static bool has_manifest(const struct dataset_place *place) {
    struct stat there;
    return place->path != NULL && (place->is_by_month || (stat(place->path, &there) == 0 && S_ISREG(there.st_mode)));
}

enum daybook_status dataset_place_close(struct dataset_place *place, enum daybook_status status,
                                        struct daybook_error *error) {
    for (size_t i = 0; i < place->part_count; i++) {
        status = close_part(place, place->parts[i], status, error);
    }
    if (status == DAYBOOK_OK && has_manifest(place)) {
        status = write_manifest(place, error);
    }
    if (status == DAYBOOK_OK && place->is_by_month) {
        status = put_directory(place, error);
    }
    if (place->beside[0] != '\0') {
        remove_directory(place);
    }
    for (size_t i = 0; i < place->part_count; i++) {
        free(place->parts[i]);
    }
    free(place->parts);
    compressor_close(place->compressor);
    *place = (struct dataset_place){0};
    return status;
}
