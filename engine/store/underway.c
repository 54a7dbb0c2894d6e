/*
 * The file has 16 bytes, and is never made shorter, since it is mapped:
 *
 *   at  bytes
 *    0      8  "DBUNDER1"
 *    8      8  the instant, as the machine has it; 0 = nothing is underway
 */
#include "store/underway.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

struct shared {
    char magic[8];
    _Atomic int64_t from_us;
};

_Static_assert(sizeof(struct shared) == 16, "the file is what is shared");

struct underway {
    char *path;
    struct shared own;               /* Of a writer without a file. */
    _Atomic(struct shared *) shared; /* NULL: not mapped. */
    pthread_mutex_t mutex;           /* Of whoever maps. */
};

static const char magic[8] = {'D', 'B', 'U', 'N', 'D', 'E', 'R', '1'};

struct underway *underway_new(const char *directory) {
    struct underway *underway = calloc(1, sizeof *underway);
    char *path = files_path(directory, "journal/underway");
    if (underway == NULL || path == NULL) {
        free(underway);
        free(path);
        return NULL;
    }
    underway->path = path;
    pthread_mutex_init(&underway->mutex, NULL);
    return underway;
}

void underway_free(struct underway *underway) {
    if (underway == NULL) {
        return;
    }
    struct shared *shared = atomic_load(&underway->shared);
    if (shared != NULL && shared != &underway->own) {
        (void)munmap(shared, sizeof *shared);
    }
    pthread_mutex_destroy(&underway->mutex);
    free(underway->path);
    free(underway);
}

/* NULL: it is not what it should be. */
static struct shared *map(int file, bool is_writer) {
    struct stat about;
    if (fstat(file, &about) != 0 || about.st_size != sizeof(struct shared)) {
        return NULL;
    }
    struct shared *shared =
        mmap(NULL, sizeof *shared, is_writer ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) {
        return NULL;
    }
    if (memcmp(shared->magic, magic, sizeof magic) != 0) {
        (void)munmap(shared, sizeof *shared);
        return NULL;
    }
    return shared;
}

void underway_take(struct underway *underway) {
    struct shared fresh = {.from_us = 0};
    struct shared *shared = NULL;
    memcpy(fresh.magic, magic, sizeof magic);
    const int file = open(underway->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    /* Written and not only made long: a page of a shared map that has no room on the disk ends the process. */
    if (file >= 0 && pwrite(file, &fresh, sizeof fresh, 0) == (ssize_t)sizeof fresh) {
        shared = map(file, true);
    }
    if (file >= 0) {
        close(file);
    }
    atomic_store(&underway->shared, shared != NULL ? shared : &underway->own);
}

void underway_set(struct underway *underway, int64_t from_us) {
    atomic_store(&atomic_load(&underway->shared)->from_us, from_us);
}

/* A reader's: the file may have come since it was last looked for. */
static struct shared *look(struct underway *underway) {
    pthread_mutex_lock(&underway->mutex);
    struct shared *shared = atomic_load(&underway->shared);
    if (shared == NULL) {
        const int file = open(underway->path, O_RDONLY | O_CLOEXEC);
        if (file >= 0) {
            shared = map(file, false);
            atomic_store(&underway->shared, shared);
            close(file);
        }
    }
    pthread_mutex_unlock(&underway->mutex);
    return shared;
}

int64_t underway_from(struct underway *underway) {
    struct shared *shared = atomic_load(&underway->shared);
    if (shared == NULL) {
        shared = look(underway);
    }
    return shared != NULL ? atomic_load(&shared->from_us) : 0;
}
