/* A directory for a test, and the little file work that tests of the store share. */
#ifndef DAYBOOK_TESTS_STORE_PLACE_H
#define DAYBOOK_TESTS_STORE_PLACE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLACE_SIZE = 128 };

static inline int place_remove_one(const char *path, const struct stat *facts, int kind, struct FTW *walk) {
    (void)facts;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void place_remove(const char *path) {
    nftw(path, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new empty directory; cmocka's state. */
static inline int place_set_up(void **state) {
    char *path = malloc(PLACE_SIZE);
    if (path == NULL) {
        return 1;
    }
    const char *base = getenv("TMPDIR");
    snprintf(path, PLACE_SIZE, "%.64s/daybook-test-XXXXXX", base != NULL ? base : "/tmp");
    *state = path;
    return mkdtemp(path) == NULL;
}

static inline int place_tear_down(void **state) {
    place_remove(*state);
    free(*state);
    return 0;
}

static inline const char *place_path(void **state, const char *name, char path[PLACE_SIZE]) {
    snprintf(path, PLACE_SIZE, "%.90s/%.30s", (const char *)*state, name);
    return path;
}

/* A small file system of its own; false where the test may not mount. */
static inline int place_mount_small(const char *path, const char *size) {
    char options[32];
    snprintf(options, sizeof options, "size=%s", size);
    return mount("tmpfs", path, "tmpfs", 0, options) == 0;
}

static inline int place_mount_read_only(const char *path) {
    return mount(path, path, NULL, MS_BIND, NULL) == 0 &&
           mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
}

static inline void place_unmount(const char *path) {
    umount2(path, MNT_DETACH);
}

#endif
