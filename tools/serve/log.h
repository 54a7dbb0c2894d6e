/*
 * One JSON object a line on standard error. Names of calls, codes, counts and
 * times; never what a call said, nor whom it was about.
 */
#ifndef DAYBOOK_TOOLS_SERVE_LOG_H
#define DAYBOOK_TOOLS_SERVE_LOG_H

#include <stddef.h>
#include <stdint.h>

struct log {
    int fd;
};

/* {"time":"...","level":"info","event":"listening","message":"..."}; any thread. */
void log_event(const struct log *log, const char *level, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* {"time":"...","level":"info","event":"call","call":"Views.GetBalance","code":"ok","http":200,"us":120,"bytes":80} */
void log_call(const struct log *log, const char *call, const char *code, unsigned http, uint64_t time_us, size_t bytes);

/* {"time":"...","level":"info","event":"lag","target":"nats","position":12,"head":40,"lag":28,"lag_seconds":3}: how far
 * a feed is; `waiting_us` is the age of the oldest event that is not there. */
void log_lag(const struct log *log, const char *target, uint64_t position, uint64_t head, int64_t waiting_us);

#endif
