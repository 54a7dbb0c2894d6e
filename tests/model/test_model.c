/*
 * Random histories, run by the engine and judged by a reference of plain lists.
 *
 *     test_model [COUNT [SEED]]
 *
 * Each history runs in a process of its own, so that a crash or a hang is a
 * failure like any other: it is shrunk to a few requests and printed.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "history.h"
#include "random.h"
#include "run.h"

#ifndef MODEL_COUNT /* Builds that are slow try fewer, and others. */
#define MODEL_COUNT 300
#define MODEL_SEED  20240229
#endif

enum { DEFAULT_COUNT = MODEL_COUNT, DEFAULT_SEED = MODEL_SEED, STEPS_LEAST = 60, STEPS_MOST = 150, HANG_SECONDS = 120 };

struct bench {
    struct history *shared; /* What a child works on. */
    char directory[64];
    bool is_quiet;
};

static void fail_history(struct history *history, const char *check, const char *text, int number) {
    if (!history->failure.is_set) {
        history->failure.is_set = true;
        history->failure.step = history->step_count;
        (void)snprintf(history->failure.check, sizeof history->failure.check, "%s", check);
        (void)snprintf(history->failure.text, sizeof history->failure.text, text, number);
    }
}

static void clean(const struct bench *bench) {
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf '%s'/*", bench->directory);
    if (system(command) != 0) {
        fprintf(stderr, "cannot clean %s\n", bench->directory);
    }
}

/* Runs the shared history in a child. True: nothing was wrong. */
static bool run_in_child(struct bench *bench, size_t steps) {
    int status = 0;
    struct history *history = bench->shared;
    history->failure = (struct failure){0};
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (bench->is_quiet && freopen("/dev/null", "w", stderr) == NULL) {
            _exit(3);
        }
        (void)alarm(HANG_SECONDS);
        run_history(history, steps, bench->directory);
        _exit(0);
    }
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        fail_history(history, "hang", "not done after %d seconds", HANG_SECONDS);
    } else if (WIFSIGNALED(status)) {
        fail_history(history, "crash", "the process died of signal %d", WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
        fail_history(history, "crash", "the process ended with %d", WEXITSTATUS(status));
    }
    clean(bench);
    return !history->failure.is_set;
}

/* ---- shrinking ---- */

/* Drops steps, many at once and then one by one, as long as the same check still fails. */
static void shrink(struct bench *bench, struct history *kept) {
    char check[sizeof kept->failure.check];
    struct history *shared = bench->shared;
    *kept = *shared;
    memcpy(check, kept->failure.check, sizeof check);
    bench->is_quiet = true;
    /* What followed the failing step first: mostly it has nothing to do with it. */
    if (kept->failure.step + 1 < kept->step_count) {
        history_without(kept, kept->failure.step + 1, kept->step_count, shared);
        if (!run_in_child(bench, 0) && strcmp(shared->failure.check, check) == 0) {
            *kept = *shared;
        }
    }
    for (size_t size = kept->step_count / 2 + 1; size > 0;) {
        bool has_shrunk = false;
        for (size_t end = kept->step_count; end > 0; end = end > size ? end - size : 0) {
            size_t first = end > size ? end - size : 0;
            history_without(kept, first, end - first, shared);
            if (!run_in_child(bench, 0) && strcmp(shared->failure.check, check) == 0) {
                *kept = *shared;
                has_shrunk = true;
            }
        }
        size = has_shrunk && size == 1 ? 1 : size / 2;
    }
    bench->is_quiet = false;
}

static void report(const struct history *history) {
    printf("FAILED at step %zu, %s: %s\n", history->failure.step, history->failure.check, history->failure.text);
    printf("seed %" PRIu64 ", %zu steps:\n", history->seed, history->step_count);
    history_print(history, stdout);
    fflush(stdout);
}

/* ---- what was tested ---- */

static int report_coverage(const struct coverage *coverage) {
    int missing = 0;
    printf("%" PRIu64 " requests, %" PRIu64 " events, %" PRIu64 " points in time\n", coverage->requests,
           coverage->events, coverage->questions);
    for (unsigned i = 0; i < pb__event__descriptor.n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &pb__event__descriptor.fields[i];
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 && field->id <= PB__EVENT__BODY_PERIOD_REOPENED) {
            printf("  %-22s %8" PRIu64 "\n", field->name, coverage->bodies[field->id]);
            missing += coverage->bodies[field->id] == 0;
        }
    }
    printf("  %-22s %8" PRIu64 "\n", "made good for", coverage->made_good);
    missing += coverage->made_good == 0;
    for (unsigned i = 0; i < pb__refusal_code__descriptor.n_values; i++) {
        const ProtobufCEnumValue *value = &pb__refusal_code__descriptor.values[i];
        if (coverage->refusals[value->value] > 0) {
            printf("  %-40s %8" PRIu64 "\n", value->name, coverage->refusals[value->value]);
        }
    }
    return missing;
}

static void *map_shared(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return memory;
}

static int run_many(struct bench *bench, uint64_t count, uint64_t seed) {
    static struct history kept;
    struct random_source random = {seed};
    for (uint64_t i = 0; i < count; i++) {
        struct history *history = bench->shared;
        struct coverage coverage = history->coverage;
        uint64_t own = count == 1 ? seed : random_next(&random);
        memset(history, 0, sizeof *history);
        history->coverage = coverage;
        history->seed = own;
        struct random_source sizes = {own};
        if (!run_in_child(bench, (size_t)random_between(&sizes, STEPS_LEAST, STEPS_MOST))) {
            printf("history %" PRIu64 " of %" PRIu64 " failed, seed %" PRIu64 ": %s: %s; shrinking\n", i + 1, count,
                   own, history->failure.check, history->failure.text);
            fflush(stdout);
            shrink(bench, &kept);
            report(&kept);
            printf("again: test_model 1 %" PRIu64 "\n", own);
            return 1;
        }
    }
    int missing = report_coverage(&bench->shared->coverage);
    if (missing > 0 && count >= DEFAULT_COUNT) {
        printf("FAILED: %d kinds of events were never made\n", missing);
        return 1;
    }
    return 0;
}

static uint64_t number_or(const char *text, uint64_t otherwise) {
    return text != NULL && text[0] != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv) {
    uint64_t longer = number_or(getenv("DAYBOOK_TEST_LONG"), 1);
    uint64_t count = argc > 1 ? number_or(argv[1], DEFAULT_COUNT) : DEFAULT_COUNT * longer;
    uint64_t seed = argc > 2 ? number_or(argv[2], 1) : number_or(getenv("DAYBOOK_TEST_SEED"), DEFAULT_SEED);
    struct bench bench = {.shared = map_shared(sizeof(struct history))};
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(bench.directory, sizeof bench.directory, "%s/daybook-model.XXXXXX", base);
    if (mkdtemp(bench.directory) == NULL) {
        perror(bench.directory);
        return 2;
    }
    printf("%" PRIu64 " histories, seed %" PRIu64 "\n", count, seed);
    int result = run_many(&bench, count, seed);
    (void)rmdir(bench.directory);
    return result;
}
