/* One JSON object a line on standard error. */
#include "tools/serve/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/clock.h"
#include "tools/json_message.h"

/* One write, so that lines of several threads stay whole. A log that cannot be written stops nobody. */
static void write_line(const struct log *log, struct daybook_buffer *line) {
    if (daybook_buffer_append(line, "}\n", 2) == DAYBOOK_OK) {
        ssize_t written = write(log->fd, line->data, line->size);
        (void)written;
    }
    daybook_buffer_release(line);
}

static const char *now(char text[INSTANT_TEXT_SIZE]) {
    struct daybook_clock clock = clock_system();
    return instant_format(clock.now_us(clock.context), text);
}

static enum daybook_status append(struct daybook_buffer *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum daybook_status append(struct daybook_buffer *line, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return daybook_buffer_append(line, text,
                                 size < 0                     ? 0
                                 : (size_t)size < sizeof text ? (size_t)size
                                                              : sizeof text - 1);
}

void log_event(const struct log *log, const char *level, const char *event, const char *format, ...) {
    char message[512];
    char time[INSTANT_TEXT_SIZE];
    struct daybook_buffer line = {0};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    enum daybook_status status =
        append(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",\"message\":", now(time), level, event);
    if (status == DAYBOOK_OK) {
        status = json_write_text(&line, message);
    }
    if (status == DAYBOOK_OK) {
        write_line(log, &line);
    } else {
        daybook_buffer_release(&line);
    }
}

void log_call(const struct log *log, const char *call, const char *code, unsigned http, uint64_t time_us,
              size_t bytes) {
    char time[INSTANT_TEXT_SIZE];
    struct daybook_buffer line = {0};
    if (append(&line,
               "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"call\",\"call\":\"%s\",\"code\":\"%s\",\"http\":%u,"
               "\"us\":%" PRIu64 ",\"bytes\":%zu",
               now(time), http >= 500 ? "error" : "info", call, code, http, time_us, bytes) == DAYBOOK_OK) {
        write_line(log, &line);
    } else {
        daybook_buffer_release(&line);
    }
}

void log_lag(const struct log *log, const char *target, uint64_t position, uint64_t head, int64_t waiting_us) {
    char time[INSTANT_TEXT_SIZE];
    struct daybook_buffer line = {0};
    uint64_t lag = head < position ? 0 : head - position;
    if (append(&line,
               "{\"time\":\"%s\",\"level\":\"info\",\"event\":\"lag\",\"target\":\"%s\",\"position\":%" PRIu64
               ",\"head\":%" PRIu64 ",\"lag\":%" PRIu64 ",\"lag_seconds\":%" PRId64,
               now(time), target, position, head, lag, waiting_us / 1000000) == DAYBOOK_OK) {
        write_line(log, &line);
    } else {
        daybook_buffer_release(&line);
    }
}
