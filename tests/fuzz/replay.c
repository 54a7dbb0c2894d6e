/*
 * Runs a fuzz target without a fuzzer: over every file of a corpus, and over
 * copies that were changed by a fixed generator, so that a failure comes again.
 *   fuzz_x DIRECTORY [CHANGES]      CHANGES: copies of each file (50)
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>

enum { FILE_MAX = 1 << 20, SEEDS_MAX = 1024, CHANGES = 50 };

struct seed {
    uint8_t *data;
    size_t size;
};

static uint64_t random_state = 0x9E3779B97F4A7C15U;

/* splitmix64. */
static uint64_t next_random(void) {
    uint64_t z = (random_state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static size_t below(size_t limit) {
    return limit == 0 ? 0 : (size_t)(next_random() % limit);
}

static struct seed read_seed(const char *directory, const char *name) {
    char path[4096];
    struct seed seed = {.data = malloc(FILE_MAX)};
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL || seed.data == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    seed.size = fread(seed.data, 1, FILE_MAX, stream);
    (void)fclose(stream);
    return seed;
}

/* One to four changes: a bit, a byte, a run taken out, doubled, or taken from another seed, the end cut off. */
static size_t change(uint8_t *data, size_t size, const struct seed *other) {
    for (size_t count = 1 + below(4); count > 0 && size > 0; count--) {
        size_t at = below(size);
        size_t run = 1 + below(size - at < 16 ? size - at : 16);
        switch (below(6)) {
        case 0:
            data[at] ^= (uint8_t)(1U << below(8));
            break;
        case 1:
            data[at] = (uint8_t)next_random();
            break;
        case 2:
            memmove(data + at, data + at + run, size - at - run);
            size -= run;
            break;
        case 3:
            memmove(data + at + run, data + at, size - at);
            size += run;
            break;
        case 4:
            if (other->size > 0) {
                size_t from = below(other->size);
                run = run < other->size - from ? run : other->size - from;
                memcpy(data + at, other->data + from, run);
            }
            break;
        default:
            size = at;
            break;
        }
    }
    return size;
}

/* A copy in memory of exactly its size, so that a sanitizer sees the byte behind it being read. */
static void run(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL) {
        exit(2);
    }
    memcpy(copy, data, size);
    copy = realloc(copy, size == 0 ? 1 : size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

int main(int argc, char **argv) {
    static struct seed seeds[SEEDS_MAX];
    size_t count = 0;
    long changes = argc > 2 ? atol(argv[2]) : CHANGES;
    const char *more = getenv("DAYBOOK_TEST_LONG");
    changes *= more != NULL && atol(more) > 0 ? atol(more) : 1;
    struct dirent **entries = NULL;
    int found = argc > 1 ? scandir(argv[1], &entries, NULL, alphasort) : -1;
    if (found < 0) {
        (void)fprintf(stderr, "usage: %s CORPUS [CHANGES]\n", argv[0]);
        return 2;
    }
    for (int i = 0; i < found; i++) {
        if (entries[i]->d_name[0] != '.' && count < SEEDS_MAX) {
            seeds[count++] = read_seed(argv[1], entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    if (count == 0) {
        (void)fprintf(stderr, "%s holds no file\n", argv[1]);
        return 2;
    }
    uint8_t *data = malloc(2 * FILE_MAX);
    for (size_t i = 0; i < count && data != NULL; i++) {
        run(seeds[i].data, seeds[i].size);
        for (long n = 0; n < changes; n++) {
            memcpy(data, seeds[i].data, seeds[i].size);
            run(data, change(data, seeds[i].size, &seeds[below(count)]));
        }
    }
    for (size_t i = 0; i < count; i++) {
        free(seeds[i].data);
    }
    free(data);
    (void)printf("%zu files, %ld changed copies of each\n", count, changes);
    return 0;
}
