/* The lock of the ledger's one writer, and its name for others to read. */
#include "store/writer_lock.h"
#include "base/files.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_LINE_SIZE = 512, WORD_SIZE = 32 };

/* A subcommand, as opposed to a path or a value that is nobody's business. */
static bool is_subcommand(const char *word) {
    size_t length = strlen(word);
    if (length == 0 || length >= WORD_SIZE || word[0] == '-') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!islower((unsigned char)word[i]) && word[i] != '-') {
            return false;
        }
    }
    return true;
}

/* "daybook import (pid 4711)". */
static int own_name(char name[WRITER_NAME_SIZE]) {
    char line[COMMAND_LINE_SIZE] = "";
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t size = 0;
    if (file >= 0) {
        size = read(file, line, sizeof line - 2); /* Two NULs are left: a first word, and an empty second. */
        close(file);
    }
    const char *program = program_invocation_short_name;
    const char *word = size > 0 ? line + strlen(line) + 1 : "";
    const bool has_word = is_subcommand(word);
    return snprintf(name, WRITER_NAME_SIZE, "%.64s%s%s (pid %ld)", program, has_word ? " " : "", has_word ? word : "",
                    (long)getpid());
}

static void name_read(int file, char name[WRITER_NAME_SIZE]) {
    ssize_t size = pread(file, name, WRITER_NAME_SIZE - 1, 0);
    name[size > 0 ? size : 0] = '\0';
    name[strcspn(name, "\r\n")] = '\0';
    if (name[0] == '\0') {
        snprintf(name, WRITER_NAME_SIZE, "a process that has not said its name yet");
    }
}

enum daybook_status writer_lock_take(const char *directory, int *lock, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char name[WRITER_NAME_SIZE];
    *lock = -1;
    char *path = files_path(directory, "writer.lock");
    if (path == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "locking %s: no memory", directory);
    }
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        status = daybook_fail(error, files_status(errno), "opening %s: %s", path, strerror(errno));
        goto out;
    }
    if (fcntl(file, F_OFD_SETLK, &whole) != 0) {
        int code = errno;
        if (code == EAGAIN) {
            name_read(file, name);
            status = daybook_fail(error, DAYBOOK_BUSY,
                                  "writing to the ledger %s: %s writes to it; wait for it or end it", directory, name);
        } else {
            status = daybook_fail(error, files_status(code), "locking %s: %s", path, strerror(code));
        }
        goto out;
    }
    /* The lock is what counts. Where the name cannot be written (a full disk), the holder stays nameless. */
    int size = own_name(name);
    if (ftruncate(file, 0) == 0 && pwrite(file, name, (size_t)size, 0) != size) {
        int ignored = ftruncate(file, 0);
        (void)ignored;
    }
    *lock = file;
    file = -1;
out:
    if (file >= 0) {
        close(file);
    }
    free(path);
    return status;
}

void writer_lock_release(int lock) {
    if (lock >= 0) {
        int ignored = ftruncate(lock, 0);
        (void)ignored;
        close(lock);
    }
}

void writer_lock_holder(const char *directory, char name[WRITER_NAME_SIZE]) {
    name[0] = '\0';
    char *path = files_path(directory, "writer.lock");
    if (path == NULL) {
        return;
    }
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        if (fcntl(file, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) {
            name_read(file, name);
        }
        close(file);
    }
    free(path);
}
