/* Progress on a terminal, and stopping cleanly. */
#include "tools/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "tools/cells.h"
#include "tools/console.h"
#include "tools/text.h"

enum { SHOW_EVERY_MS = 200, LINE_SIZE = 200 };

/* A signal handler and the terminal's one progress line are the process's own; nothing else here is. */
static volatile sig_atomic_t is_interrupted;
static int interrupt_pipe[2] = {-1, -1};
static bool is_line_shown;

/* The byte in the pipe is for a poll that has not begun yet: a flag alone would be looked at before it, and missed. */
static void note_interrupt(int signal_number) {
    int kept = errno;
    (void)signal_number;
    is_interrupted = 1;
    ssize_t written = write(interrupt_pipe[1], "", 1);
    (void)written; /* A full pipe wakes as well. */
    errno = kept;
}

int progress_interrupt_fd(void) {
    return interrupt_pipe[0];
}

void progress_watch_interrupt(void) {
    if (interrupt_pipe[0] < 0 && pipe2(interrupt_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        interrupt_pipe[0] = -1;
        interrupt_pipe[1] = -1;
    }
    /* Once more, and it is obeyed at once: nobody is held by a program that hangs. */
    struct sigaction action = {.sa_handler = note_interrupt, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool progress_is_interrupted(void) {
    return is_interrupted != 0;
}

const char *count_grouped(uint64_t count, char text[32]) {
    char decimal[DECIMAL_TEXT_SIZE];
    int64_t shown = count > INT64_MAX ? INT64_MAX : (int64_t)count;
    (void)snprintf(text, 32, "%s", decimal_format_grouped(shown, 0, decimal));
    return text;
}

void progress_begin(struct progress *progress, const char *what, const char *unit, uint64_t first, uint64_t total) {
    uint64_t now = clock_monotonic_ns();
    *progress = (struct progress){what, unit, total, now, now, first};
}

const char *progress_line(const struct progress *progress, uint64_t done, uint64_t now_ns, char *text, size_t size) {
    char done_text[32];
    char total_text[32];
    char rate_text[32];
    uint64_t elapsed_ms = (now_ns - progress->started_ns) / 1000000;
    uint64_t worked = done - progress->first;
    uint64_t rate = elapsed_ms == 0 ? 0 : worked * 1000 / elapsed_ms;
    count_grouped(done, done_text);
    count_grouped(rate, rate_text);
    if (progress->total == 0) {
        (void)snprintf(text, size, _("%s: %s %s, %s a second"), progress->what, done_text, progress->unit, rate_text);
        return text;
    }
    if (done >= progress->total) { /* What is packed, compared or synced then has no rate. */
        (void)snprintf(text, size, _("%s: %s %s, finishing"), progress->what, done_text, progress->unit);
        return text;
    }
    uint64_t percent = done * 100 / progress->total;
    uint64_t left_s = rate == 0 ? 0 : (progress->total - done) / rate;
    count_grouped(progress->total, total_text);
    (void)snprintf(text, size, _("%s: %s of %s %s (%" PRIu64 " %%), %s a second, %" PRIu64 ":%02" PRIu64 " left"),
                   progress->what, done_text, total_text, progress->unit, percent, rate_text, left_s / 60, left_s % 60);
    return text;
}

void progress_update(struct progress *progress, uint64_t done) {
    uint64_t now = clock_monotonic_ns();
    if (now - progress->shown_ns < (uint64_t)SHOW_EVERY_MS * 1000000 || !isatty(STDERR_FILENO)) {
        return;
    }
    char line[LINE_SIZE];
    progress->shown_ns = now;
    is_line_shown = true;
    (void)progress_line(progress, done, now, line, sizeof line);
    size_t width = console_width(stderr); /* A line that wraps could not be taken back. */
    size_t shown = cells_fit(line, width > 0 && width < LINE_SIZE ? width - 1 : LINE_SIZE);
    (void)fprintf(stderr, "\r\033[K%.*s", (int)shown, line);
    (void)fflush(stderr);
}

void progress_clear(void) {
    if (is_line_shown) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        is_line_shown = false;
    }
}

/* One view after the other folds, or several at once are told of as one, so one line is enough for all of them. */
struct view_line {
    struct progress progress;
    char view[64];
};

static bool report_view(void *context, const char *view, uint64_t position, uint64_t target) {
    struct view_line *line = context;
    view = view != NULL ? view : _("views");
    if (strncmp(line->view, view, sizeof line->view - 1) != 0) {
        (void)snprintf(line->view, sizeof line->view, "%s", view);
        progress_begin(&line->progress, line->view, _("events"), position, target);
    }
    line->progress.total = target;
    progress_update(&line->progress, position);
    return !progress_is_interrupted();
}

struct view_progress progress_of_views(void) {
    static struct view_line line;
    return (struct view_progress){report_view, &line, .is_for_people = true};
}
