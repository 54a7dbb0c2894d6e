/*
 * The clean, dirty or damaged mark of a generation's directory.
 *
 *   DIRECTORY/mark     one line: "clean", or "dirty " or "again " and the boot id
 *   DIRECTORY/damaged  one line: why the generation was given up
 *
 * They are two files so that giving up, which any reader may do at any time,
 * can never be overwritten by a folder that marks clean.
 */
#include "projection/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/small_file.h"

enum { MARK_TEXT_SIZE = 128, MARK_REASON_SIZE = 1024, WORD_SIZE = 6 };

static const char dirty[] = "dirty ";
static const char again[] = "again ";

/* The first line of a small file, without its end; false when it cannot be read. */
static bool read_line(const char *path, char *text, size_t capacity) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    ssize_t size = read(file, text, capacity - 1);
    close(file);
    if (size < 0) {
        return false;
    }
    text[size] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return true;
}

void mark_boot_read(struct mark_boot *boot) {
    if (!read_line("/proc/sys/kernel/random/boot_id", boot->id, sizeof boot->id)) {
        boot->id[0] = '\0';
    }
}

enum mark mark_read(const char *directory, const struct mark_boot *boot) {
    char path[PATH_MAX];
    char text[MARK_TEXT_SIZE];
    snprintf(path, sizeof path, "%s/damaged", directory);
    if (access(path, F_OK) == 0) {
        return MARK_DAMAGED;
    }
    snprintf(path, sizeof path, "%s/mark", directory);
    if (!read_line(path, text, sizeof text)) {
        return errno == ENOENT || errno == ENOTDIR ? MARK_NONE : MARK_SUSPECT;
    }
    if (strcmp(text, "clean") == 0) {
        return MARK_CLEAN;
    }
    bool is_dirty = strncmp(text, dirty, WORD_SIZE) == 0;
    bool is_again = strncmp(text, again, WORD_SIZE) == 0;
    if ((!is_dirty && !is_again) || boot->id[0] == '\0' || strcmp(text + WORD_SIZE, boot->id) != 0) {
        return MARK_SUSPECT;
    }
    return is_dirty ? MARK_DIRTY : MARK_AGAIN;
}

static enum daybook_status write_mark(const char *directory, const char *line, struct daybook_error *error) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/mark", directory);
    struct daybook_bytes content = {(const uint8_t *)line, strlen(line)};
    return small_file_write(path, content, SMALL_FILE_PUBLIC, SMALL_FILE_REPLACE, error);
}

static enum daybook_status write_word(const char *directory, const char *word, const struct mark_boot *boot,
                                      struct daybook_error *error) {
    char line[MARK_TEXT_SIZE];
    snprintf(line, sizeof line, "%s%s\n", word, boot->id);
    return write_mark(directory, line, error);
}

enum daybook_status mark_write_dirty(const char *directory, const struct mark_boot *boot, struct daybook_error *error) {
    return write_word(directory, dirty, boot, error);
}

enum daybook_status mark_write_again(const char *directory, const struct mark_boot *boot, struct daybook_error *error) {
    return write_word(directory, again, boot, error);
}

enum daybook_status mark_write_clean(const char *directory, struct daybook_error *error) {
    return write_mark(directory, "clean\n", error);
}

void mark_write_damaged(const char *directory, const char *reason) {
    char path[PATH_MAX];
    char line[MARK_REASON_SIZE];
    snprintf(path, sizeof path, "%s/damaged", directory);
    snprintf(line, sizeof line, "%s\n", reason);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file >= 0) {
        /* That the file is there says it; why is for people. */
        ssize_t ignored = write(file, line, strlen(line));
        (void)ignored;
        close(file);
    }
}

bool mark_read_damaged(const char *directory, char *reason, size_t capacity) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/damaged", directory);
    reason[0] = '\0';
    return read_line(path, reason, capacity);
}
