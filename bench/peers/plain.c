/*
 * ledger and hledger: the balance of one account at a date, from the plain text
 * that `daybook export` writes. Both read all of it for every question. Daybook
 * is asked in this process, and by the same kind of command.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/calendar.h"
#include "bench/peers/peers.h"

enum { OUTPUT_SIZE = 65536, COMMAND_TIMES = 9, SIZES = 3 };

/* Longer than this, and a peer is measured at the size before. */
static const double too_long_s = 60;

struct command_run {
    double seconds;
    double peak_mib;
    char output[OUTPUT_SIZE];
};

/* Runs a program with its standard output in `run`, or in the file `path`. False when it is absent or fails. */
static bool run_command(char *const *words, const char *path, struct command_run *run) {
    int ends[2];
    int status = 0;
    struct rusage usage;
    size_t size = 0;
    if (pipe(ends) != 0) {
        return false;
    }
    (void)fflush(NULL);
    uint64_t start = clock_monotonic_ns();
    pid_t child = fork();
    if (child == 0) {
        int out = path != NULL ? open(path, O_CREAT | O_TRUNC | O_WRONLY, 0666) : ends[1];
        if (out < 0 || dup2(out, STDOUT_FILENO) < 0) {
            _exit(126);
        }
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execvp(words[0], words);
        _exit(127);
    }
    (void)close(ends[1]);
    ssize_t got;
    while (child > 0 && size < sizeof run->output - 1 &&
           (got = read(ends[0], run->output + size, sizeof run->output - 1 - size)) > 0) {
        size += (size_t)got;
    }
    run->output[size] = '\0';
    (void)close(ends[0]);
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        return false;
    }
    run->seconds = bench_seconds_since(start);
    run->peak_mib = (double)usage.ru_maxrss / 1024;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* One of the two, what it is called with, and what came out. */
struct reader {
    const char *program;
    const char *format; /* Of daybook export. */
    const char *time_name, *memory_name, *transactions_name;
    const char *smaller_names[SIZES - 1];
};

static const struct reader readers[] = {
    {"ledger",
     "ledger",
     "ledger, one balance at a date",
     "ledger, memory",
     "ledger, transactions",
     {"ledger, one balance at a date, of a 16th", "ledger, one balance at a date, of a quarter"}},
    {"hledger",
     "hledger",
     "hledger, one balance at a date",
     "hledger, memory",
     "hledger, transactions",
     {"hledger, one balance at a date, of a 16th", "hledger, one balance at a date, of a quarter"}},
};

static bool is_installed(const char *program) {
    struct command_run run;
    char version[] = "--version";
    char name[16];
    (void)snprintf(name, sizeof name, "%s", program);
    char *const words[] = {name, version, NULL};
    return run_command(words, NULL, &run);
}

static size_t count_transactions(const struct peers *peers, size_t events) {
    static const struct peer_balance zero;
    size_t count = 0;
    for (size_t i = 0; i < events; i++) {
        count += memcmp(&peers->events[i].moved, &zero, sizeof zero) != 0;
    }
    return count;
}

static bool export_books(const struct peers *peers, const struct reader *reader, size_t events, const char *path) {
    char ledger[PATH_MAX];
    char known_at[24];
    char program[PATH_MAX];
    char format[16];
    static char words_all[][12] = {"export", "--format", "--known-at", "-L"};
    struct command_run run;
    (void)snprintf(program, sizeof program, "%s", peers->daybook);
    (void)snprintf(format, sizeof format, "%s", reader->format);
    (void)snprintf(known_at, sizeof known_at, "%zu", events);
    (void)bench_path(&peers->bench, "ledger", ledger);
    char *const words[] = {program,  words_all[0], words_all[1], format, words_all[2],
                           known_at, words_all[3], ledger,       NULL};
    if (!run_command(words, path, &run)) {
        (void)fprintf(stderr, "daybook-peers: %s export failed\n", peers->daybook);
        return false;
    }
    return true;
}

/* The first amount of an output as digits, a point and digits; a program that prints nothing, or "0", means zero. */
static void first_amount(const char *output, char amount[32]) {
    const char *at = output + strcspn(output, "0123456789");
    size_t length = strspn(at, "0123456789.");
    bool is_zero = length == 0 || (length == 1 && *at == '0');
    bool is_negative = at > output && at[-1] == '-';
    (void)snprintf(amount, 32, "%s%.*s", is_negative ? "-" : "", is_zero ? 4 : (int)length, is_zero ? "0.00" : at);
}

/* What is asked: what one customer owes at the end of a day, in the middle of the history. */
struct plain_question {
    char customer[WORKLOAD_ID_SIZE];
    char account[64];
    char as_of[DATE_TEXT_SIZE];
    char day_after[DATE_TEXT_SIZE]; /* Both programs leave the end of a range out. */
};

static struct plain_question question_of(const struct peers *peers, size_t events) {
    struct plain_question question;
    size_t middle = events / 2;
    while (middle > 0 && peers->events[middle].customer >= peers->bench.customers) {
        middle--;
    }
    int32_t day = peers->events[events / 4 * 3].effective_on;
    workload_customer_id(peers->events[middle].customer, question.customer);
    (void)snprintf(question.account, sizeof question.account, "Assets:Receivable:C-%s", question.customer);
    (void)date_format(day, question.as_of);
    (void)date_format(day + 1, question.day_after);
    return question;
}

/* The same question by Daybook's own command, with the history known then; the median of a few. */
static bool ask_by_command(const struct peers *peers, size_t events, struct plain_question *question,
                           struct samples *samples, char amount[32]) {
    char ledger[PATH_MAX];
    char program[PATH_MAX];
    char known_at[24];
    static char fixed[][12] = {"balance", "--as-of", "--known-at", "--csv", "-L"};
    struct command_run run;
    (void)snprintf(program, sizeof program, "%s", peers->daybook);
    (void)snprintf(known_at, sizeof known_at, "%zu", events);
    (void)bench_path(&peers->bench, "ledger", ledger);
    char *const words[] = {program,  fixed[0], question->customer, fixed[1], question->as_of,
                           fixed[2], known_at, fixed[3],           fixed[4], ledger,
                           NULL};
    bool is_done = samples_init(samples, COMMAND_TIMES);
    for (int i = 0; is_done && i < COMMAND_TIMES; i++) {
        is_done = run_command(words, NULL, &run);
        samples_add(samples, (uint64_t)(run.seconds * 1e9));
    }
    /* "customer,currency,receivable,...", and the row. */
    const char *row = is_done ? strstr(run.output, question->customer) : NULL;
    const char *comma = row != NULL ? strchr(row, ',') : NULL;
    comma = comma != NULL ? strchr(comma + 1, ',') : NULL;
    if (comma != NULL) {
        first_amount(comma + 1, amount);
    } else if (is_done) {
        (void)snprintf(amount, 32, "0.00");
    }
    return is_done;
}

struct plain_run {
    double seconds, peak_mib;
    size_t transactions;
};

/* One program, with so much of the history; its answer is Daybook's. */
static bool ask_reader(struct peers *peers, const struct reader *reader, size_t events, struct plain_run *measured) {
    char path[PATH_MAX];
    char program[16];
    char theirs[32] = "";
    char ours[32] = "";
    static char fixed[][8] = {"-f", "balance", "--end"};
    struct command_run run;
    struct samples unused = {0};
    struct plain_question question = question_of(peers, events);
    (void)bench_path(&peers->bench, "books.txt", path);
    (void)snprintf(program, sizeof program, "%s", reader->program);
    char *const words[] = {program, fixed[0], path, fixed[1], question.account, fixed[2], question.day_after, NULL};
    bool is_done = export_books(peers, reader, events, path) && run_command(words, NULL, &run) &&
                   ask_by_command(peers, events, &question, &unused, ours);
    (void)remove(path);
    samples_release(&unused);
    if (!is_done) {
        (void)fprintf(stderr, "daybook-peers: %s could not be asked about %zu events\n", reader->program, events);
        return false;
    }
    first_amount(run.output, theirs);
    if (strcmp(theirs, ours) != 0) {
        (void)fprintf(stderr, "daybook-peers: %s says %s where Daybook says %s\n", reader->program, theirs, ours);
        return false;
    }
    *measured = (struct plain_run){run.seconds, run.peak_mib, count_transactions(peers, events)};
    return true;
}

/* From a small part of the history to all of it, as long as the next would neither take too long nor too much memory.
 */
static bool measure_reader(struct peers *peers, const struct reader *reader) {
    static const size_t parts[SIZES] = {16, 4, 1};
    struct figures *figures = &peers->bench.figures;
    double memory_mib = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / (1024.0 * 1024.0);
    struct plain_run last = {0};
    for (int i = 0; i < SIZES; i++) {
        if (last.seconds * 4.5 > too_long_s || last.peak_mib * 4.5 > memory_mib * 0.8) {
            (void)fprintf(stderr, "  %s: four times as many transactions would take too long or too much memory\n",
                          reader->program);
            break;
        }
        if (!ask_reader(peers, reader, peers->plain_events / parts[i], &last)) {
            return false;
        }
        if (i < SIZES - 1) {
            figures_add(figures, reader->smaller_names[i], last.seconds * 1e6, "us");
        }
    }
    figures_add(figures, reader->time_name, last.seconds * 1e6, "us");
    figures_add(figures, reader->transactions_name, (double)last.transactions, "transactions");
    figures_add(figures, reader->memory_name, last.peak_mib, "MiB");
    return true;
}

bool peers_plain(struct peers *peers) {
    struct samples samples = {0};
    char amount[32];
    struct plain_question question = question_of(peers, peers->event_count);
    if (access(peers->daybook, X_OK) != 0) {
        (void)fprintf(stderr, "daybook-peers: %s: %s\n", peers->daybook, strerror(errno));
        return false;
    }
    bool is_done = ask_by_command(peers, peers->event_count, &question, &samples, amount);
    if (is_done) {
        figures_add_latency(&peers->bench.figures, "Daybook, one balance at a date, by command", &samples);
    }
    samples_release(&samples);
    for (size_t i = 0; is_done && i < sizeof readers / sizeof *readers; i++) {
        if (is_installed(readers[i].program)) {
            is_done = measure_reader(peers, &readers[i]);
        } else {
            (void)fprintf(stderr, "daybook-peers: %s is absent and left out (tools/install-deps --bench brings it)\n",
                          readers[i].program);
        }
    }
    return is_done;
}
