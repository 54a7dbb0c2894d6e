/* Files as a disk would have them, built from a recording. */
#include "tests/crash/disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 4096, NAMES_MAX = 512, PATH_SIZE = 256, SECTOR = 512 };

struct pending {
    const struct record *record;
};

/* One file: what the disk surely has, and what is on its way there. */
struct image {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
    struct pending *pending;
    size_t pending_count;
    size_t pending_capacity;
};

struct disk {
    struct image files[FILES_MAX];
    struct {
        char path[PATH_SIZE];
        unsigned file; /* 0 = a directory. */
    } names[NAMES_MAX];
    size_t name_count;
    uint64_t random;
};

static void must(bool condition) {
    if (!condition) {
        (void)fprintf(stderr, "playing a recording back failed\n");
        abort();
    }
}

/* splitmix64 */
static uint64_t next_random(struct disk *disk) {
    uint64_t z = (disk->random += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static void resize(struct image *image, size_t size) {
    if (size > image->capacity) {
        size_t capacity = image->capacity == 0 ? 1 << 16 : image->capacity;
        while (capacity < size) {
            capacity *= 2;
        }
        image->bytes = realloc(image->bytes, capacity);
        must(image->bytes != NULL);
        image->capacity = capacity;
    }
    if (size > image->size) {
        memset(image->bytes + image->size, 0, size - image->size);
    }
    image->size = size;
}

static void apply_part(struct image *image, const struct record *record, size_t from, size_t size) {
    if (image->size < record->offset + from + size) {
        resize(image, record->offset + from + size);
    }
    memcpy(image->bytes + record->offset + from, record->data + from, size);
}

static void apply(struct image *image, const struct record *record) {
    if (record->kind == RECORD_SIZE) {
        resize(image, record->offset);
    } else {
        apply_part(image, record, 0, record->size);
    }
}

/* Sector by sector: each is there or not. */
static void apply_torn(struct disk *disk, struct image *image, const struct record *record) {
    for (size_t at = 0; at < record->size;) {
        size_t room = SECTOR - (record->offset + at) % SECTOR;
        size_t size = room < record->size - at ? room : record->size - at;
        if (next_random(disk) % 2 == 0) {
            apply_part(image, record, at, size);
        }
        at += size;
    }
}

static void add_pending(struct image *image, const struct record *record) {
    if (image->pending_count == image->pending_capacity) {
        image->pending_capacity = image->pending_capacity == 0 ? 64 : image->pending_capacity * 2;
        image->pending = realloc(image->pending, image->pending_capacity * sizeof *image->pending);
        must(image->pending != NULL);
    }
    image->pending[image->pending_count++].record = record;
}

static void settle(struct disk *disk, struct image *image, enum disk_fate fate) {
    if (fate == DISK_KEEPS_SOME) {
        for (size_t i = image->pending_count; i > 1; i--) { /* In any order. */
            size_t other = (size_t)(next_random(disk) % i);
            struct pending moved = image->pending[i - 1];
            image->pending[i - 1] = image->pending[other];
            image->pending[other] = moved;
        }
    }
    for (size_t i = 0; i < image->pending_count && fate != DISK_KEEPS_NONE; i++) {
        const struct record *record = image->pending[i].record;
        uint64_t luck = fate == DISK_KEEPS_ALL ? 0 : next_random(disk) % 3;
        if (luck == 0 || (luck == 1 && record->kind == RECORD_SIZE)) {
            apply(image, record);
        } else if (luck == 1) {
            apply_torn(disk, image, record);
        }
    }
    image->pending_count = 0;
}

/* ---- names ---- */

static void add_name(struct disk *disk, const char *path, unsigned file) {
    must(disk->name_count < NAMES_MAX);
    (void)snprintf(disk->names[disk->name_count].path, PATH_SIZE, "%s", path);
    disk->names[disk->name_count++].file = file;
}

/* The name itself and, of a directory, everything below it. */
static bool is_at_or_below(const char *path, const char *top) {
    size_t size = strlen(top);
    return strncmp(path, top, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

static void remove_name(struct disk *disk, const char *path) {
    for (size_t i = 0; i < disk->name_count;) {
        if (is_at_or_below(disk->names[i].path, path)) {
            disk->names[i] = disk->names[--disk->name_count];
        } else {
            i++;
        }
    }
}

static void move_name(struct disk *disk, const char *path, const char *to) {
    remove_name(disk, to);
    for (size_t i = 0; i < disk->name_count; i++) {
        if (is_at_or_below(disk->names[i].path, path)) {
            char rest[PATH_SIZE];
            (void)snprintf(rest, sizeof rest, "%s", disk->names[i].path + strlen(path));
            must((size_t)snprintf(disk->names[i].path, PATH_SIZE, "%s%s", to, rest) < PATH_SIZE);
        }
    }
}

static void link_name(struct disk *disk, const char *path, const char *to) {
    remove_name(disk, to);
    for (size_t i = 0; i < disk->name_count; i++) {
        if (strcmp(disk->names[i].path, path) == 0) {
            add_name(disk, to, disk->names[i].file);
            return;
        }
    }
}

/* ---- playing ---- */

static void play(struct disk *disk, const struct record *record) {
    struct image *image = &disk->files[record->file];
    switch (record->kind) {
    case RECORD_MAKE_DIRECTORY:
        add_name(disk, record->path, 0);
        break;
    case RECORD_MAKE_FILE:
        remove_name(disk, record->path);
        add_name(disk, record->path, record->file);
        break;
    case RECORD_WRITE:
        if (record->is_synced) {
            apply(image, record);
        } else {
            add_pending(image, record);
        }
        break;
    case RECORD_SIZE:
        add_pending(image, record);
        break;
    case RECORD_SYNC:
        settle(disk, image, DISK_KEEPS_ALL);
        break;
    case RECORD_RENAME:
        move_name(disk, record->path, record->to);
        break;
    case RECORD_LINK:
        link_name(disk, record->path, record->to);
        break;
    case RECORD_REMOVE:
        remove_name(disk, record->path);
        break;
    case RECORD_MARK:
        break;
    }
}

/* A mark that says "dirty" names the boot in which it was written; this one is over. */
static void change_boot(struct image *image) {
    char boot[64] = "";
    FILE *stream = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (stream == NULL || fgets(boot, sizeof boot, stream) == NULL) {
        boot[0] = '\0';
    }
    if (stream != NULL) {
        (void)fclose(stream);
    }
    boot[strcspn(boot, "\n")] = '\0';
    size_t size = strlen(boot);
    for (size_t at = 0; size > 0 && at + size <= image->size; at++) {
        if (memcmp(image->bytes + at, boot, size) == 0) {
            memset(image->bytes + at, 'f', 8);
        }
    }
}

static void write_out(const struct disk *disk, const char *directory) {
    must(mkdir(directory, 0777) == 0);
    for (int files = 0; files <= 1; files++) { /* Directories come first; a parent is named before its children. */
        for (size_t i = 0; i < disk->name_count; i++) {
            char path[4096];
            const struct image *image = &disk->files[disk->names[i].file];
            (void)snprintf(path, sizeof path, "%s/%s", directory, disk->names[i].path);
            if (disk->names[i].file == 0 && files == 0) {
                (void)mkdir(path, 0777);
            } else if (disk->names[i].file != 0 && files == 1) {
                int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
                must(file >= 0 &&
                     (image->size == 0 || pwrite(file, image->bytes, image->size, 0) == (ssize_t)image->size));
                must(close(file) == 0);
            }
        }
    }
}

void disk_play(const struct record *records, size_t count, enum disk_fate fate, uint64_t seed, const char *directory) {
    struct disk *disk = calloc(1, sizeof *disk);
    must(disk != NULL);
    disk->random = seed;
    for (size_t i = 0; i < count; i++) {
        must(records[i].file < FILES_MAX);
        bool is_in_flight = i + 1 == count && records[i].kind == RECORD_WRITE; /* It had not returned. */
        if (is_in_flight) {
            add_pending(&disk->files[records[i].file], &records[i]);
        } else {
            play(disk, &records[i]);
        }
    }
    for (size_t i = 0; i < FILES_MAX; i++) {
        settle(disk, &disk->files[i], fate);
    }
    for (size_t i = 0; i < disk->name_count; i++) {
        const char *slash = strrchr(disk->names[i].path, '/');
        if (fate != DISK_KEEPS_ALL && strcmp(slash == NULL ? disk->names[i].path : slash + 1, "mark") == 0) {
            change_boot(&disk->files[disk->names[i].file]);
        }
    }
    write_out(disk, directory);
    for (size_t i = 0; i < FILES_MAX; i++) {
        free(disk->files[i].bytes);
        free(disk->files[i].pending);
    }
    free(disk);
}
