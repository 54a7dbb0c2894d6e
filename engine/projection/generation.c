/* A generation's directory: made, opened, listed and deleted. */
#include "projection/generation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/thread.h"

enum { GENERATIONS_LISTED = 64, REASON_SHOWN = 256 };

/* The letter in "NAME.gN". */
enum place_kind { PLACE_GENERATION = 'g', PLACE_PACK = 'p' };

static enum daybook_status note(const struct generation_place *place, enum place_kind kind, uint64_t number,
                                struct generation **generation, struct daybook_error *error) {
    struct generation *made = calloc(1, sizeof *made);
    if (made == NULL || asprintf(&made->path, "%s/%s.%c%llu", place->views_path, place->projection->name, (char)kind,
                                 (unsigned long long)number) < 0) {
        free(made);
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "opening view %s: memory was refused", place->projection->name);
    }
    made->number = number;
    made->directory = -1;
    *generation = made;
    return DAYBOOK_OK;
}

enum daybook_status generation_note(const struct generation_place *place, uint64_t number,
                                    struct generation **generation, struct daybook_error *error) {
    return note(place, PLACE_GENERATION, number, generation, error);
}

static void map_in(void *context) {
    struct generation *generation = context;
    thread_stand_back(THREAD_SERVES);
    store_map_in(generation->store, &generation->mapping_ends);
}

void generation_attend(struct generation *generation) {
    generation->memo = memo_open(store_size_bytes(generation->store));
    if (!generation->is_mapping) {
        atomic_store(&generation->mapping_ends, false);
        generation->is_mapping = uv_thread_create(&generation->mapping, map_in, generation) == 0;
    }
}

void generation_shut(struct generation *generation) {
    if (generation->is_mapping) {
        atomic_store(&generation->mapping_ends, true);
        (void)uv_thread_join(&generation->mapping);
        generation->is_mapping = false;
    }
    store_close(generation->store);
    generation->store = NULL;
    generation->read_commit = 0;
    generation->read_count = 0;
    memo_close(generation->memo);
    generation->memo = NULL;
    if (generation->directory >= 0) {
        close(generation->directory);
        generation->directory = -1;
    }
}

void generation_close(struct generation *generation) {
    if (generation == NULL) {
        return;
    }
    generation_shut(generation);
    free(generation->path);
    free(generation);
}

/* Nothing but marks that are being written. */
static bool is_bare(const char *path) {
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return false;
    }
    bool is_found = false;
    for (struct dirent *entry; !is_found && (entry = readdir(directory)) != NULL;) {
        is_found = entry->d_name[0] != '.' && strncmp(entry->d_name, "mark", 4) != 0;
    }
    closedir(directory);
    return !is_found;
}

static enum daybook_status make_directory(const char *path, struct daybook_error *error) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) {
        return DAYBOOK_OK;
    }
    int reason = errno;
    enum daybook_status status = reason == ENOSPC || reason == EDQUOT                     ? DAYBOOK_LIMIT
                                 : reason == EACCES || reason == EROFS || reason == EPERM ? DAYBOOK_READ_ONLY
                                                                                          : DAYBOOK_IO;
    return daybook_fail(error, status, "making the directory %s: %s", path, strerror(reason));
}

static enum daybook_status fail_given_up(const char *path, struct daybook_error *error) {
    char reason[REASON_SHOWN];
    if (mark_read_damaged(path, reason, sizeof reason) && reason[0] != '\0') {
        return daybook_fail(error, DAYBOOK_DAMAGED, "opening %s: it was given up, and is to be rebuilt: %s", path,
                            reason);
    }
    return daybook_fail(error, DAYBOOK_DAMAGED, "opening %s: it was found damaged; it is to be rebuilt", path);
}

/* Before anything of the store is opened: damaged pages are not to be touched. */
static enum daybook_status check_mark(const struct generation_place *place, const char *path, bool is_new,
                                      struct daybook_error *error) {
    switch (mark_read(path, place->boot)) {
    case MARK_CLEAN:
    case MARK_DIRTY:
    case MARK_AGAIN:
        return DAYBOOK_OK;
    case MARK_NONE:
        if (!is_bare(path)) {
            break;
        }
        if (is_new) {
            return mark_write_dirty(path, place->boot, error);
        }
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "opening %s: it is only just being made", path);
    case MARK_SUSPECT:
        return daybook_fail(error, DAYBOOK_DAMAGED,
                            "opening %s: it was being written when the machine went down; it is to be rebuilt", path);
    case MARK_DAMAGED:
        return fail_given_up(path, error);
    }
    if (access(path, F_OK) != 0) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "opening %s: it is gone", path);
    }
    return daybook_fail(error, DAYBOOK_DAMAGED, "opening %s: its mark is missing; it is to be rebuilt", path);
}

static enum daybook_status open_store(const struct generation_place *place, struct generation *generation,
                                      bool may_create, struct daybook_error *error) {
    const struct projection *projection = place->projection;
    const char *tables[STORE_TABLES_MAX];
    for (size_t i = 0; i < projection->table_count; i++) {
        tables[i] = projection->tables[i];
    }
    tables[projection->table_count] = CHECKPOINT_TABLE;
    struct store_options options = {
        .tables = tables,
        .table_count = projection->table_count + 1,
        .map_size_bytes = place->options->map_size_bytes,
        .is_read_only = place->options->is_read_only,
        .is_durable = false,
        .may_create = may_create,
        .lost = mark_write_damaged,
    };
    generation->directory = open(generation->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return store_open(generation->path, &options, &generation->store, error);
}

enum daybook_status generation_look(struct generation *generation, const struct projection *projection,
                                    struct daybook_error *error) {
    struct store_txn *txn = NULL;
    bool is_found = false;
    enum daybook_status status = store_begin_read(generation->store, &txn, error);
    if (status == DAYBOOK_OK) {
        status = checkpoint_load(txn, projection, &generation->last, &is_found, error);
    }
    store_abort(txn);
    return status;
}

static enum daybook_status open_made(const struct generation_place *place, struct generation *made, bool is_new,
                                     struct daybook_error *error) {
    enum daybook_status status = check_mark(place, made->path, is_new, error);
    /* A process killed between the mark and the store leaves a directory to be filled. */
    if (status == DAYBOOK_OK) {
        status = open_store(place, made, is_new || (!place->options->is_read_only && is_bare(made->path)), error);
    }
    if (status == DAYBOOK_OK) {
        status = generation_look(made, place->projection, error);
    }
    /* Opening an older version's may have added tables, and nothing will fold it again. */
    bool is_older = status == DAYBOOK_OK && made->last.version != 0 && made->last.version != place->projection->version;
    if (is_older && !place->options->is_read_only) {
        status = store_sync(made->store, error);
    }
    if (status != DAYBOOK_OK && access(made->path, F_OK) != 0 && errno == ENOENT) {
        status = daybook_fail(error, DAYBOOK_NOT_FOUND, "opening %s: it is gone", made->path);
    } else if (status != DAYBOOK_OK && mark_read(made->path, place->boot) == MARK_DAMAGED) {
        status = fail_given_up(made->path, error); /* Perhaps emptied after its mark was looked at. */
    }
    return status;
}

enum daybook_status generation_open(const struct generation_place *place, uint64_t number, bool is_new,
                                    struct generation **generation, struct daybook_error *error) {
    struct generation *made = NULL;
    enum daybook_status status = generation_note(place, number, &made, error);
    if (status == DAYBOOK_OK && is_new) {
        status = make_directory(place->views_path, error);
        if (status == DAYBOOK_OK) {
            status = make_directory(made->path, error);
        }
    }
    if (status == DAYBOOK_OK) {
        status = open_made(place, made, is_new, error);
    }
    if (status != DAYBOOK_OK) {
        generation_close(made);
        return status;
    }
    *generation = made;
    return DAYBOOK_OK;
}

/* The N of "NAME.gN"; 0 for any other name. */
static uint64_t number_of(const char *entry, enum place_kind kind, const char *name) {
    size_t size = strlen(name);
    if (strncmp(entry, name, size) != 0 || entry[size] != '.' || entry[size + 1] != (char)kind) {
        return 0;
    }
    const char *digits = entry + size + 2;
    size_t digit_count = strspn(digits, "0123456789");
    if (digit_count == 0 || digit_count > 18 || digits[digit_count] != '\0' || digits[0] == '0') {
        return 0;
    }
    return strtoull(digits, NULL, 10);
}

/* The lowest of them falls out when there is no room. */
static void insert_descending(uint64_t *numbers, size_t capacity, size_t *count, uint64_t number) {
    size_t at = *count;
    while (at > 0 && numbers[at - 1] < number) {
        at--;
    }
    if (at == capacity) {
        return;
    }
    size_t moved = (*count < capacity ? *count : capacity - 1) - at;
    memmove(numbers + at + 1, numbers + at, moved * sizeof *numbers);
    numbers[at] = number;
    *count = at + 1 + moved;
}

static enum daybook_status list(const struct generation_place *place, enum place_kind kind, uint64_t *numbers,
                                size_t capacity, size_t *count, struct daybook_error *error) {
    *count = 0;
    DIR *directory = opendir(place->views_path);
    if (directory == NULL) {
        if (errno == ENOENT) {
            return DAYBOOK_OK;
        }
        return daybook_fail(error, DAYBOOK_IO, "listing %s: %s", place->views_path, strerror(errno));
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        uint64_t number = number_of(entry->d_name, kind, place->projection->name);
        if (number != 0) {
            insert_descending(numbers, capacity, count, number);
        }
    }
    closedir(directory);
    return DAYBOOK_OK;
}

enum daybook_status generation_list(const struct generation_place *place, uint64_t *numbers, size_t capacity,
                                    size_t *count, struct daybook_error *error) {
    return list(place, PLACE_GENERATION, numbers, capacity, count, error);
}

/* The mark goes first: whoever opens the rest meanwhile sees that it is none. */
static void remove_files(const char *path) {
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return;
    }
    unlinkat(dirfd(directory), "mark", 0);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            unlinkat(dirfd(directory), entry->d_name, 0);
        }
    }
    closedir(directory);
    rmdir(path);
}

static void remove_below(const struct generation_place *place, enum place_kind kind, uint64_t number,
                         bool is_given_up_only) {
    uint64_t numbers[GENERATIONS_LISTED];
    size_t count = 0;
    if (list(place, kind, numbers, GENERATIONS_LISTED, &count, NULL) != DAYBOOK_OK) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s.%c%llu", place->views_path, place->projection->name, (char)kind,
                 (unsigned long long)numbers[i]);
        if (numbers[i] < number && (!is_given_up_only || mark_read(path, place->boot) == MARK_DAMAGED)) {
            remove_files(path);
        }
    }
}

/* Nobody prepares a generation of a number that is below one that answers, or that it already has. */
void generation_remove_below(const struct generation_place *place, uint64_t number) {
    remove_below(place, PLACE_GENERATION, number, false);
    remove_below(place, PLACE_PACK, number + 1, false);
}

void generation_empty(const struct generation_place *place, const struct generation *generation, const char *reason) {
    static const char *const files[] = {"data.mdb", "lock.mdb"};
    mark_write_damaged(generation->path, reason);
    if (mark_read(generation->path, place->boot) != MARK_DAMAGED) {
        return;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", generation->path, files[i]);
        unlink(path);
    }
}

void generation_remove_given_up(const struct generation_place *place, uint64_t number) {
    remove_below(place, PLACE_GENERATION, number, true);
}

/* ---- packs ---- */

void generation_discard_pack(struct generation *pack) {
    if (pack != NULL) {
        generation_shut(pack);
        remove_files(pack->path);
        generation_close(pack);
    }
}

enum daybook_status generation_open_pack(const struct generation_place *place, uint64_t number,
                                         struct generation **pack, struct daybook_error *error) {
    struct generation *made = NULL;
    DAYBOOK_TRY(note(place, PLACE_PACK, number, &made, error));
    remove_files(made->path);
    enum daybook_status status = make_directory(made->path, error);
    if (status == DAYBOOK_OK) {
        status = mark_write_dirty(made->path, place->boot, error);
    }
    if (status == DAYBOOK_OK) {
        status = open_store(place, made, true, error);
    }
    if (status != DAYBOOK_OK) {
        generation_discard_pack(made);
        return status;
    }
    *pack = made;
    return DAYBOOK_OK;
}

enum daybook_status generation_adopt_pack(const struct generation_place *place, struct generation *pack,
                                          struct daybook_error *error) {
    struct generation *adopted = NULL;
    enum daybook_status status = note(place, PLACE_GENERATION, pack->number, &adopted, error);
    generation_shut(pack);
    if (status == DAYBOOK_OK && rename(pack->path, adopted->path) != 0) {
        bool is_there = errno == ENOTEMPTY || errno == EEXIST;
        status = daybook_fail(error, is_there ? DAYBOOK_EXISTS : DAYBOOK_IO, "making %s of %s: %s", adopted->path,
                              pack->path, strerror(errno));
    }
    if (status != DAYBOOK_OK) {
        remove_files(pack->path);
    }
    generation_close(adopted);
    generation_close(pack);
    return status;
}
