/* The log's key and its checkpoints, as files of a ledger's directory. */
#include "audit_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/small_file.h"

enum { SIZE_DIGITS = 20, KEY_FILE_MAX = 4096 };

static enum daybook_status path_of(const char *directory, const char *name, char path[PATH_MAX],
                                   struct daybook_error *error) {
    if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID, "the path %s is too long", directory);
    }
    return DAYBOOK_OK;
}

static enum daybook_status make_folder(const char *directory, const char *name, struct daybook_error *error) {
    char path[PATH_MAX];
    DAYBOOK_TRY(path_of(directory, name, path, error));
    return files_make_directory(path, error);
}

/* ---- keys ---- */

static enum daybook_status save_line(const char *path, const char *line, enum small_file_mode mode,
                                     struct daybook_error *error) {
    char text[NOTE_KEY_TEXT_MAX + 1];
    int size = snprintf(text, sizeof text, "%s\n", line);
    enum daybook_status status = small_file_write(path, (struct daybook_bytes){(const uint8_t *)text, (size_t)size},
                                                  mode, SMALL_FILE_NEW, error);
    explicit_bzero(text, sizeof text);
    return status;
}

enum daybook_status audit_signer_save(const char *path, const struct note_signer *signer, struct daybook_error *error) {
    char text[NOTE_KEY_TEXT_MAX];
    note_signer_format(signer, text);
    enum daybook_status status = save_line(path, text, SMALL_FILE_PRIVATE, error);
    explicit_bzero(text, sizeof text);
    return status;
}

/* The file's one line, without the newline. */
static enum daybook_status load_line(const char *path, struct daybook_buffer *content, struct daybook_error *error) {
    DAYBOOK_TRY(small_file_read(path, KEY_FILE_MAX, content, error));
    while (content->size > 0 &&
           (content->data[content->size - 1] == '\n' || content->data[content->size - 1] == '\r')) {
        content->size--;
    }
    return content->size > 0 ? DAYBOOK_OK : daybook_fail(error, DAYBOOK_INVALID, "reading %s: it is empty", path);
}

static bool has_file(const char *directory, const char *name) {
    char path[PATH_MAX];
    return path_of(directory, name, path, NULL) == DAYBOOK_OK && files_exists(path);
}

static bool has_checkpoints(const char *directory) {
    struct audit_sizes sizes;
    bool has_any = audit_checkpoints_list(directory, &sizes, NULL) == DAYBOOK_OK && sizes.count > 0;
    audit_sizes_release(&sizes);
    return has_any;
}

enum daybook_status audit_key_check_new(const char *directory, struct daybook_error *error) {
    if (has_file(directory, "keys/log.key")) {
        return daybook_fail(error, DAYBOOK_EXISTS,
                            "making a key for %s: it has one, and what it has signed needs that one", directory);
    }
    const char *left = has_file(directory, "keys/log.pub") ? "keys/log.pub"
                       : has_checkpoints(directory)        ? "checkpoints/"
                                                           : NULL;
    return left == NULL ? DAYBOOK_OK
                        : daybook_fail(error, DAYBOOK_EXISTS,
                                       "making a key for %s: it had one, as %s shows; put the copy of keys/log.key and "
                                       "keys/log.pub back. Where that is lost for ever, move keys/log.pub and "
                                       "checkpoints/ to another place, keep them, and tell the auditors why",
                                       directory, left);
}

enum daybook_status audit_key_keep(const char *directory, const struct note_signer *signer,
                                   struct daybook_error *error) {
    char path[PATH_MAX];
    char text[NOTE_KEY_TEXT_MAX];
    DAYBOOK_TRY(audit_key_check_new(directory, error));
    DAYBOOK_TRY(make_folder(directory, "keys", error));
    DAYBOOK_TRY(path_of(directory, "keys/log.key", path, error));
    DAYBOOK_TRY(audit_signer_save(path, signer, error));
    note_key_format(&signer->key, text);
    DAYBOOK_TRY(path_of(directory, "keys/log.pub", path, error));
    return save_line(path, text, SMALL_FILE_PUBLIC, error);
}

/* A private key that others can read is no secret any more. */
static enum daybook_status check_private(const char *path, struct daybook_error *error) {
    struct stat known;
    if (stat(path, &known) != 0) {
        int code = errno;
        return daybook_fail(error, files_status(code), "opening the key %s: %s", path, strerror(code));
    }
    if (S_ISREG(known.st_mode) && (known.st_mode & 077) != 0) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "opening the key %s: others than its owner can read or write it; \"chmod 600\" it, and "
                            "think of replacing it",
                            path);
    }
    return DAYBOOK_OK;
}

enum daybook_status audit_signer_load(const char *directory, const char *path, struct note_signer *signer,
                                      struct daybook_error *error) {
    char own[PATH_MAX];
    struct daybook_buffer content = {0};
    if (path == NULL) {
        DAYBOOK_TRY(path_of(directory, "keys/log.key", own, error));
        path = own;
    }
    enum daybook_status status = check_private(path, error);
    if (status == DAYBOOK_NOT_FOUND && path == own) {
        if (has_file(directory, "keys/log.pub") || has_checkpoints(directory)) {
            return daybook_fail(error, DAYBOOK_NOT_FOUND,
                                "the key that the ledger %s signs with is gone; put the copy of keys/log.key back",
                                directory);
        }
        return daybook_fail(error, DAYBOOK_NOT_FOUND,
                            "the ledger %s has no key to sign with; \"daybook audit key new NAME\" makes one",
                            directory);
    }
    if (status == DAYBOOK_OK) {
        status = load_line(path, &content, error);
    }
    if (status == DAYBOOK_OK) {
        status = note_signer_parse((const char *)content.data, content.size, signer, error);
    }
    if (content.size > 0) {
        explicit_bzero(content.data, content.size);
    }
    daybook_buffer_release(&content);
    return status;
}

/* Why keys/log.pub is not there. */
static enum daybook_status no_key(const char *directory, struct daybook_error *error) {
    if (has_file(directory, "keys/log.key")) {
        return daybook_fail(
            error, DAYBOOK_NOT_FOUND,
            "%s/keys/log.pub is gone; \"daybook audit key show --key\" with keys/log.key prints its line", directory);
    }
    if (has_checkpoints(directory)) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND,
                            "the ledger %s has checkpoints, and the key that signed them is gone; put the copy of "
                            "keys/log.pub back",
                            directory);
    }
    return daybook_fail(error, DAYBOOK_NOT_FOUND, "the ledger %s has no key; \"daybook audit key new NAME\" makes one",
                        directory);
}

enum daybook_status audit_key_load(const char *directory, struct note_key *key, struct daybook_error *error) {
    char path[PATH_MAX];
    struct daybook_buffer content = {0};
    DAYBOOK_TRY(path_of(directory, "keys/log.pub", path, error));
    enum daybook_status status = load_line(path, &content, error);
    if (status == DAYBOOK_OK) {
        status = note_key_parse((const char *)content.data, content.size, key, error);
    } else if (status == DAYBOOK_NOT_FOUND) {
        status = no_key(directory, error);
    }
    daybook_buffer_release(&content);
    return status;
}

/* ---- checkpoints ---- */

static bool parse_name(const char *name, uint64_t *size) {
    return strlen(name) == SIZE_DIGITS && strspn(name, "0123456789") == SIZE_DIGITS &&
           sscanf(name, "%20" SCNu64, size) == 1 && *size <= INT64_MAX;
}

static int compare_sizes(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static enum daybook_status add_size(struct daybook_buffer *sizes, uint64_t size, struct daybook_error *error) {
    if (daybook_buffer_append(sizes, &size, sizeof size) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "listing checkpoints: memory was refused");
    }
    return DAYBOOK_OK;
}

enum daybook_status audit_checkpoints_list(const char *directory, struct audit_sizes *sizes,
                                           struct daybook_error *error) {
    char path[PATH_MAX];
    struct daybook_buffer found = {0};
    uint64_t size = 0;
    enum daybook_status status = DAYBOOK_OK;
    *sizes = (struct audit_sizes){0};
    DAYBOOK_TRY(path_of(directory, "checkpoints", path, error));
    DIR *folder = opendir(path);
    if (folder == NULL) {
        int code = errno;
        return code == ENOENT ? DAYBOOK_OK
                              : daybook_fail(error, files_status(code), "listing %s: %s", path, strerror(code));
    }
    for (struct dirent *entry = readdir(folder); entry != NULL && status == DAYBOOK_OK; entry = readdir(folder)) {
        if (parse_name(entry->d_name, &size)) {
            status = add_size(&found, size, error);
        }
    }
    (void)closedir(folder);
    if (status != DAYBOOK_OK) {
        daybook_buffer_release(&found);
        return status;
    }
    sizes->items = (uint64_t *)(void *)found.data;
    sizes->count = found.size / sizeof size;
    if (sizes->count > 0) {
        qsort(sizes->items, sizes->count, sizeof size, compare_sizes);
    }
    return DAYBOOK_OK;
}

void audit_sizes_release(struct audit_sizes *sizes) {
    free(sizes->items);
    *sizes = (struct audit_sizes){0};
}

static enum daybook_status checkpoint_path(const char *directory, uint64_t size, char path[PATH_MAX],
                                           struct daybook_error *error) {
    char name[64];
    (void)snprintf(name, sizeof name, "checkpoints/%020" PRIu64, size);
    return path_of(directory, name, path, error);
}

enum daybook_status audit_checkpoint_read(const char *directory, uint64_t size, struct daybook_buffer *note,
                                          struct daybook_error *error) {
    char path[PATH_MAX];
    DAYBOOK_TRY(checkpoint_path(directory, size, path, error));
    return small_file_read(path, NOTE_SIZE_MAX, note, error);
}

enum daybook_status audit_checkpoint_newest(const char *directory, uint64_t limit, uint64_t *size,
                                            struct daybook_buffer *note, struct daybook_error *error) {
    struct audit_sizes sizes;
    size_t count;
    DAYBOOK_TRY(audit_checkpoints_list(directory, &sizes, error));
    for (count = sizes.count; count > 0 && sizes.items[count - 1] > limit; count--) {
    }
    *size = count > 0 ? sizes.items[count - 1] : 0;
    audit_sizes_release(&sizes);
    if (count == 0) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND,
                            "the ledger %s has no checkpoint of at most %" PRIu64
                            " entries; \"daybook audit checkpoint\" signs one",
                            directory, limit);
    }
    return audit_checkpoint_read(directory, *size, note, error);
}

enum daybook_status audit_checkpoint_write(const char *directory, uint64_t size, struct daybook_bytes note,
                                           struct daybook_error *error) {
    char path[PATH_MAX];
    DAYBOOK_TRY(checkpoint_path(directory, size, path, error));
    return small_file_write(path, note, SMALL_FILE_PUBLIC, SMALL_FILE_REPLACE, error);
}

/* ---- the configuration ---- */

static enum daybook_status config_text(struct daybook_bytes config, const char *origin, struct daybook_buffer *text,
                                       struct daybook_error *error) {
    static const char head[] = "daybook ledger configuration\n";
    struct merkle_hash digest;
    struct sha256 *sha256 = sha256_open();
    if (sha256 != NULL) {
        sha256_begin(sha256);
        sha256_update(sha256, config.data, config.size);
        sha256_end(sha256, digest.bytes);
    }
    bool is_made = sha256 != NULL && daybook_buffer_append(text, head, sizeof head - 1) == DAYBOOK_OK &&
                   daybook_buffer_append(text, origin, strlen(origin)) == DAYBOOK_OK &&
                   daybook_buffer_append(text, "\n", 1) == DAYBOOK_OK &&
                   merkle_hash_format(&digest, text) == DAYBOOK_OK;
    sha256_close(sha256);
    return is_made ? DAYBOOK_OK
                   : daybook_fail(error, DAYBOOK_NO_MEMORY, "digesting the configuration: memory was refused");
}

enum daybook_status audit_config_sign(const char *directory, struct daybook_bytes config,
                                      const struct note_signer *signer, struct daybook_error *error) {
    char path[PATH_MAX];
    struct daybook_buffer text = {0};
    struct daybook_buffer note = {0};
    enum daybook_status status = audit_config_check(directory, config, &signer->key, error);
    if (status != DAYBOOK_NOT_FOUND || has_checkpoints(directory)) {
        return status; /* L3 */
    }
    status = path_of(directory, "checkpoints/config", path, error);
    if (status == DAYBOOK_OK) {
        status = config_text(config, signer->key.name, &text, error);
    }
    if (status == DAYBOOK_OK) {
        status = note_sign(daybook_buffer_view(&text), signer, &note, error);
    }
    if (status == DAYBOOK_OK) {
        status = small_file_write(path, daybook_buffer_view(&note), SMALL_FILE_PUBLIC, SMALL_FILE_NEW, error);
    }
    daybook_buffer_release(&text);
    daybook_buffer_release(&note);
    return status;
}

enum daybook_status audit_config_check(const char *directory, struct daybook_bytes config, const struct note_key *key,
                                       struct daybook_error *error) {
    char path[PATH_MAX];
    struct daybook_buffer bytes = {0};
    struct daybook_buffer text = {0};
    struct note note;
    struct note_verdict verdict = {0};
    DAYBOOK_TRY(path_of(directory, "checkpoints/config", path, error));
    enum daybook_status status = small_file_read(path, NOTE_SIZE_MAX, &bytes, error);
    if (status == DAYBOOK_NOT_FOUND) {
        status = daybook_fail(error, status,
                              "%s is gone, which was signed with the first checkpoint and says what the ledger's "
                              "configuration was; put its copy back",
                              path);
    }
    if (status == DAYBOOK_OK) {
        status = note_parse(daybook_buffer_view(&bytes), &note, error);
    }
    if (status == DAYBOOK_OK) {
        status = note_check(&note, key, &verdict, error);
    }
    if (status == DAYBOOK_OK) {
        status = config_text(config, key->name, &text, error);
    }
    if (status == DAYBOOK_OK && !verdict.is_signed) {
        status = daybook_fail(error, DAYBOOK_DAMAGED, "it is foreign: %s has not signed it", key->name);
    } else if (status == DAYBOOK_OK && !daybook_bytes_equal(note.text, daybook_buffer_view(&text))) {
        status = daybook_fail(error, DAYBOOK_DAMAGED,
                              "the ledger's configuration in the journal is not the one that was signed");
    }
    daybook_buffer_release(&bytes);
    daybook_buffer_release(&text);
    return status;
}

enum daybook_status audit_lock(const char *directory, int *lock, struct daybook_error *error) {
    char path[PATH_MAX];
    *lock = -1;
    DAYBOOK_TRY(make_folder(directory, "checkpoints", error));
    DAYBOOK_TRY(path_of(directory, "checkpoints/lock", path, error));
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 || flock(file, LOCK_EX) != 0) {
        int code = errno;
        audit_unlock(file);
        return daybook_fail(error, files_status(code), "locking %s: %s", path, strerror(code));
    }
    *lock = file;
    return DAYBOOK_OK;
}

void audit_unlock(int lock) {
    if (lock >= 0) {
        (void)close(lock);
    }
}
