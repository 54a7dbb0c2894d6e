/*
 * A bit flips, in one byte after the other of everything that a small ledger
 * keeps: it is found, or nothing that is said changes.
 *
 *     flips LEDGER SCRATCH [EVERY [SEED [PART]]]      EVERY: so many bytes on from one to the next (1)
 *                                                     PART: of a file's path; others are left out
 *
 * LEDGER is altered in place, and is as it was in the end; give it a copy in
 * memory. Nobody else has it open, and its views are up to its events. What is
 * asked of a byte depends on where it lies:
 *
 *   journal, checkpoints, keys   audit_run over the events and the tree
 *   a view                       its digest, as an audit computes it; where that differs, the whole audit must say so,
 *                                or call an older state of the view right
 *   views/state                  what a request becomes: the writer decides on it
 *
 * A flip is tried in a child process, since LMDB believes its own pages and may
 * be stopped by them: that is found, too. A child that hangs is not.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/wire.h"
#include "daybook.h"
#include "engine/audit.h"
#include "engine/ledger.h"
#include "projection/projection.h"
#include "projection/view.h"

enum { FILES_MAX = 64, PATH_SIZE = 512, HANG_SECONDS = 20, OTHER_ANSWER = 17, CUSTOMERS = 4 };
enum { MAP_BYTES = 1 << 26 };

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: %s does not hold (%s)\n", __FILE__, __LINE__, #condition, strerror(errno));  \
            exit(3);                                                                                                   \
        }                                                                                                              \
    } while (0)

struct kept {
    char path[PATH_SIZE];
    uint8_t *bytes;
    size_t size;
};

/* What is said; of all sizes, so that it is compared as bytes. */
struct said {
    enum daybook_status status;
    size_t finding_count;
    uint64_t position;
    uint64_t count;
    uint8_t digest[SHA256_SIZE];
};

enum outcome { UNCHANGED, FOUND, OLDER, OUTCOME_COUNT };

/* What the child has done, for its parent. */
struct progress {
    size_t place;
    bool is_done;
    size_t outcomes[OUTCOME_COUNT];
    char message[DAYBOOK_ERROR_SIZE];
};

static const char *ledger_path;
static const char *scratch_path;
static struct kept files[FILES_MAX];
static size_t file_count;
static struct progress *shared;
static struct daybook_error error;

static int64_t fixed_now(void *context) {
    (void)context;
    return INT64_C(4102444800000000); /* 2100-01-01 */
}

/* ---- files ---- */

static void keep(const char *path) {
    struct stat facts;
    MUST(file_count < FILES_MAX && stat(path, &facts) == 0);
    struct kept *kept = &files[file_count++];
    (void)snprintf(kept->path, sizeof kept->path, "%s", path);
    kept->size = (size_t)facts.st_size;
    kept->bytes = malloc(kept->size + 1);
    FILE *stream = fopen(path, "rb");
    MUST(kept->bytes != NULL && stream != NULL && fread(kept->bytes, 1, kept->size, stream) == kept->size);
    (void)fclose(stream);
}

static bool is_kept(const char *name) {
    return strcmp(name, "lock.mdb") != 0 && strcmp(name, "lock") != 0 && strcmp(name, "log.key") != 0;
}

static void keep_all(const char *directory) {
    char path[PATH_SIZE];
    struct stat facts;
    DIR *entries = opendir(directory);
    if (entries == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        (void)snprintf(path, sizeof path, "%.250s/%.250s", directory, entry->d_name);
        MUST(stat(path, &facts) == 0);
        if (S_ISDIR(facts.st_mode) && entry->d_name[0] != '.') {
            keep_all(path);
        } else if (S_ISREG(facts.st_mode) && facts.st_size > 0 && is_kept(entry->d_name)) {
            keep(path);
        }
    }
    (void)closedir(entries);
}

/* As it was; true when it was not. */
static bool restore(const struct kept *kept) {
    static uint8_t now[1 << 20];
    int file = open(kept->path, O_RDWR | O_CLOEXEC | O_CREAT, 0600);
    MUST(file >= 0 && kept->size < sizeof now);
    ssize_t size = pread(file, now, sizeof now, 0);
    bool was_same = size == (ssize_t)kept->size && memcmp(now, kept->bytes, kept->size) == 0;
    if (!was_same) {
        MUST(ftruncate(file, 0) == 0 && pwrite(file, kept->bytes, kept->size, 0) == (ssize_t)kept->size);
    }
    (void)close(file);
    return !was_same;
}

static void write_byte(const struct kept *kept, size_t place, uint8_t value) {
    int file = open(kept->path, O_WRONLY | O_CLOEXEC);
    MUST(file >= 0 && pwrite(file, &value, 1, (off_t)place) == 1);
    (void)close(file);
}

/* ---- asking ---- */

static void say_failure(struct said *said, enum daybook_status status) {
    said->status = status;
    MUST(error.message[0] != '\0');
}

static enum daybook_status open_reader(const struct projection *const *views, struct daybook **ledger) {
    struct daybook_open_options how = {.directory = ledger_path,
                                       .is_read_only = true,
                                       .views = views,
                                       .map_size_bytes = MAP_BYTES,
                                       .clock = {fixed_now, NULL}};
    return daybook_open(&how, ledger, &error);
}

static void ask_audit(bool skips_rules, struct said *said) {
    static struct audit_report report;
    struct daybook *ledger = NULL;
    struct audit_options options = {
        .scratch_directory = scratch_path, .query = daybook_query, .skips_rules = skips_rules};
    memset(&report, 0, sizeof report);
    enum daybook_status status = open_reader(skips_rules ? NULL : daybook_standard_views, &ledger);
    if (status == DAYBOOK_OK) {
        MUST(mkdir(scratch_path, 0700) == 0 || errno == EEXIST);
        status = audit_run(ledger, &options, &report, &error);
    }
    daybook_close(ledger);
    if (status != DAYBOOK_OK) {
        say_failure(said, status);
        return;
    }
    said->finding_count = report.finding_count;
    said->position = report.head;
    said->count = report.events + report.checkpoints;
    memcpy(said->digest, report.root.bytes, sizeof said->digest);
}

static const struct projection *projection_of(const char *path) {
    const char *name = strstr(path, "/views/") + strlen("/views/");
    for (size_t i = 0; daybook_standard_views[i] != NULL; i++) {
        size_t size = strlen(daybook_standard_views[i]->name);
        if (strncmp(name, daybook_standard_views[i]->name, size) == 0 && name[size] == '.') {
            return daybook_standard_views[i];
        }
    }
    return NULL;
}

static void ask_view(const struct projection *projection, struct said *said) {
    const struct projection *const views[] = {projection, NULL};
    struct daybook *ledger = NULL;
    struct view_digest digest;
    enum daybook_status status = open_reader(views, &ledger);
    if (status == DAYBOOK_OK) {
        status = view_compute_digest(ledger_view_at(ledger, 0), NULL, &digest, &error);
    }
    daybook_close(ledger);
    if (status != DAYBOOK_OK) {
        say_failure(said, status);
        return;
    }
    said->position = digest.position;
    said->count = digest.row_count;
    memcpy(said->digest, digest.sha256, sizeof said->digest);
}

/* A charge of each customer of the workload. */
static void encode_charge(unsigned customer, struct daybook_buffer *bytes) {
    Pb__Request request = PB__REQUEST__INIT;
    Pb__PostCharge charge = PB__POST_CHARGE__INIT;
    char name[16];
    uint8_t key[] = {'f', 'l', 'i', 'p', 's', (uint8_t)customer};
    (void)snprintf(name, sizeof name, "cust%06u", customer);
    charge.charge = (char *)(uintptr_t) "flips";
    charge.amount_minor = 100;
    charge.category = (char *)(uintptr_t) "goods";
    request.key = (ProtobufCBinaryData){sizeof key, key};
    request.actor = (char *)(uintptr_t) "flips";
    request.customer = name;
    request.command_case = PB__REQUEST__COMMAND_POST_CHARGE;
    request.post_charge = &charge;
    MUST(wire_encode(&request.base, bytes) == DAYBOOK_OK);
}

static void say_answers(const struct daybook_answers *answers, struct said *said) {
    struct sha256 *sha256 = sha256_open();
    MUST(sha256 != NULL);
    sha256_begin(sha256);
    for (size_t i = 0; i < answers->count; i++) {
        const struct daybook_answer *answer = &answers->items[i];
        for (size_t k = 0; answer->refusal == NULL && k < answer->event_count; k++) {
            sha256_update(sha256, answer->events[k].data, answer->events[k].size);
        }
        if (answer->refusal != NULL) {
            sha256_update(sha256, answer->refusal->message, strlen(answer->refusal->message));
        }
        said->count += answer->event_count;
        said->position = answer->first_sequence > said->position ? answer->first_sequence : said->position;
    }
    sha256_end(sha256, said->digest);
    sha256_close(sha256);
}

/* What requests would become: nothing is appended. */
static void ask_writer(struct said *said) {
    struct daybook_open_options how = {
        .directory = ledger_path, .is_writer = true, .map_size_bytes = MAP_BYTES, .clock = {fixed_now, NULL}};
    struct daybook *ledger = NULL;
    struct daybook_answers answers = {0};
    struct daybook_buffer bytes[CUSTOMERS] = {0};
    struct daybook_bytes requests[CUSTOMERS];
    for (unsigned i = 0; i < CUSTOMERS; i++) {
        encode_charge(i, &bytes[i]);
        requests[i] = daybook_buffer_view(&bytes[i]);
    }
    enum daybook_status status = daybook_open(&how, &ledger, &error);
    if (status == DAYBOOK_OK) {
        status = daybook_submit(ledger, requests, CUSTOMERS, DAYBOOK_SUBMIT_DRY, &answers, &error);
    }
    if (status != DAYBOOK_OK) {
        say_failure(said, status);
    } else {
        say_answers(&answers, said);
    }
    for (unsigned i = 0; i < CUSTOMERS; i++) {
        daybook_buffer_release(&bytes[i]);
    }
    daybook_answers_release(&answers);
    daybook_close(ledger);
}

static bool is_of_state(const char *path) {
    return strstr(path, "/views/state/") != NULL;
}

static void ask(const char *path, struct said *said) {
    memset(said, 0, sizeof *said);
    error = (struct daybook_error){0};
    if (strstr(path, "/views/") == NULL) {
        ask_audit(true, said);
    } else if (is_of_state(path)) {
        ask_writer(said);
    } else if (projection_of(path) != NULL) {
        ask_view(projection_of(path), said);
    }
}

/* ---- flipping ---- */

static enum outcome judge(const struct kept *kept, const struct said *calm) {
    struct said now;
    ask(kept->path, &now);
    if (memcmp(&now, calm, sizeof now) == 0) {
        return UNCHANGED;
    }
    if (now.status != DAYBOOK_OK || now.finding_count > 0) {
        return FOUND;
    }
    if (strstr(kept->path, "/views/") == NULL || is_of_state(kept->path)) {
        _exit(OTHER_ANSWER);
    }
    struct said whole = {0};
    bool is_older = now.position < calm->position;
    ask_audit(false, &whole);
    if (whole.status != DAYBOOK_OK || whole.finding_count > 0) {
        return FOUND;
    }
    if (!is_older) {
        _exit(OTHER_ANSWER);
    }
    return OLDER;
}

static uint64_t mixed(uint64_t z) {
    z = (z + 0x9E3779B97F4A7C15U) * 0xBF58476D1CE4E5B9U;
    return z ^ (z >> 29);
}

static uint8_t bit_of(uint64_t seed, size_t place) {
    return (uint8_t)(1U << (mixed(seed ^ place) % 8));
}

static void restore_around(const struct kept *kept) {
    (void)restore(kept);
    for (size_t i = 0; is_of_state(kept->path) && i < file_count; i++) {
        (void)restore(&files[i]);
    }
}

/* A view whose page stopped the program has been marked (projection/mark.h). */
static void unmark(const struct kept *kept) {
    char path[PATH_SIZE];
    const char *name = strrchr(kept->path, '/');
    (void)snprintf(path, sizeof path, "%.*s/damaged", (int)(name - kept->path), kept->path);
    (void)unlink(path);
}

/* By its own time: how busy the machine is says nothing. */
static void watch_for_hanging(void) {
    const struct itimerval limit = {.it_value.tv_sec = HANG_SECONDS};
    (void)setitimer(ITIMER_PROF, &limit, NULL);
}

/* In the child: from shared->place to the end of the file. */
static void flip_on(const struct kept *kept, const struct said *calm, size_t every, uint64_t seed) {
    while (shared->place < kept->size) {
        size_t place = shared->place;
        watch_for_hanging();
        write_byte(kept, place, kept->bytes[place] ^ bit_of(seed, place));
        shared->outcomes[judge(kept, calm)]++;
        write_byte(kept, place, kept->bytes[place]);
        if (restore(kept) && !is_of_state(kept->path)) {
            (void)fprintf(stderr, "%s, byte %zu: looking at it has changed it\n", kept->path, place);
            _exit(OTHER_ANSWER);
        }
        restore_around(kept);
        shared->place = place + every;
    }
    shared->is_done = true;
    _exit(0);
}

static bool flip_file(const struct kept *kept, size_t every, uint64_t seed) {
    struct said calm;
    size_t stopped = 0;
    size_t wrong = 0;
    ask(kept->path, &calm);
    restore_around(kept);
    if (calm.status != DAYBOOK_OK || calm.finding_count > 0) {
        (void)fprintf(stderr, "%s: before anything was flipped: %s\n", kept->path, error.message);
        return false;
    }
    memset(shared, 0, sizeof *shared);
    shared->place = mixed(seed) % (every < kept->size ? every : kept->size);
    while (!shared->is_done) {
        int how = 0;
        pid_t child = fork();
        MUST(child >= 0);
        if (child == 0) {
            flip_on(kept, &calm, every, seed);
        }
        MUST(waitpid(child, &how, 0) == child);
        restore_around(kept);
        unmark(kept);
        if (shared->is_done) {
            break;
        }
        if ((WIFEXITED(how) && (WEXITSTATUS(how) == OTHER_ANSWER || WEXITSTATUS(how) == 3)) ||
            (WIFSIGNALED(how) && WTERMSIG(how) == SIGPROF)) {
            (void)fprintf(stderr, "%s, byte %zu, bit %02x: %s (seed %" PRIu64 ")\n", kept->path, shared->place,
                          bit_of(seed, shared->place), WIFSIGNALED(how) ? "it hangs" : "another answer, and not found",
                          seed);
            wrong++;
        } else {
            stopped++;
        }
        shared->place += every;
    }
    (void)printf("%s: %zu found, %zu stopped the program, %zu an older state, %zu without any effect, %zu WRONG\n",
                 kept->path + strlen(ledger_path) + 1, shared->outcomes[FOUND], stopped, shared->outcomes[OLDER],
                 shared->outcomes[UNCHANGED], wrong);
    (void)fflush(stdout);
    return wrong == 0;
}

int main(int argc, char **argv) {
    char path[PATH_SIZE];
    static const char *const parts[] = {"journal", "views", "checkpoints", "keys"};
    if (argc < 3) {
        (void)fprintf(stderr, "flips LEDGER SCRATCH [EVERY [SEED]]\n");
        return 2;
    }
    ledger_path = argv[1];
    scratch_path = argv[2];
    size_t every = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(shared != MAP_FAILED && every > 0);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        (void)snprintf(path, sizeof path, "%.400s/%s", ledger_path, parts[i]);
        keep_all(path);
    }
    size_t found = 0;
    bool is_good = file_count > 0;
    for (size_t i = 0; i < file_count; i++) {
        if (argc > 5 && strstr(files[i].path, argv[5]) == NULL) {
            continue;
        }
        is_good = flip_file(&files[i], every, seed) && is_good;
        found += shared->outcomes[FOUND];
    }
    for (size_t i = 0; i < file_count; i++) {
        free(files[i].bytes);
    }
    return is_good && found > 0 ? 0 : 1;
}
