/*
 * What a question to the past can at best do about memory: single words of the
 * balance view's file, at random, each of which must have come before the next
 * can be asked for. It grows with the file: caches hold less of it, and what
 * translates addresses holds less of its pages.
 */
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/random.h"

enum { READS = 1000000, ROUNDS = 3 };

static bool open_view_file(struct bench *bench, int *file, size_t *size) {
    char pattern[PATH_MAX];
    glob_t found = {0};
    struct stat about = {0};
    bool is_done = glob(bench_path(bench, "ledger/views/balance.g*/data.mdb", pattern), 0, NULL, &found) == 0;
    *file = is_done ? open(found.gl_pathv[found.gl_pathc - 1], O_RDONLY | O_CLOEXEC) : -1;
    globfree(&found);
    is_done = is_done && *file >= 0 && fstat(*file, &about) == 0 && (size_t)about.st_size >= sizeof(uint64_t);
    *size = is_done ? (size_t)about.st_size : 0;
    return is_done;
}

/* Nanoseconds a read. The address of each has the low bit of what the one before found, so none begins before it ends.
 */
static double read_words(const uint64_t *words, size_t count, struct random_source *random, uint64_t *last) {
    uint64_t found = *last;
    uint64_t start = clock_monotonic_ns();
    for (int i = 0; i < READS; i++) {
        found = words[(random_below(random, count - 1)) + (found & 1)];
    }
    *last = found;
    return (double)(clock_monotonic_ns() - start) / READS;
}

bool bench_read_words(struct bench *bench) {
    struct random_source random = random_seeded(bench->seed + 5);
    volatile uint64_t seen = 0; /* Or nothing would have to be read. */
    uint64_t last = 0;
    double best_ns = 0;
    size_t size = 0;
    int file = -1;
    void *map = MAP_FAILED;
    if (open_view_file(bench, &file, &size)) {
        map = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    }
    bool is_done = map != MAP_FAILED;
    for (int i = 0; is_done && i < ROUNDS; i++) {
        double ns = read_words(map, size / sizeof(uint64_t), &random, &last);
        best_ns = i == 0 || ns < best_ns ? ns : best_ns;
        seen = seen + last;
    }
    if (is_done) {
        (void)munmap(map, size);
        figures_add(&bench->figures, "part: a word at random in the balance view's file", best_ns, "ns");
        figures_add(&bench->figures, "part: that file", (double)size / (1 << 20), "MiB");
    } else {
        perror("daybook-bench: the balance view's file");
    }
    if (file >= 0) {
        (void)close(file);
    }
    return is_done;
}
