/*
 * daybook-workload: the workload as a stream, for `daybook submit` and for the eye.
 *
 *     daybook-workload --customers 1000 --events 100000 --json | daybook submit --recorded-at -
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "bench/workload.h"
#include "codec/wire.h"
#include "tools/json_message.h"

enum output { OUTPUT_JSON, OUTPUT_BINARY, OUTPUT_COUNT };

struct run {
    struct workload_options workload;
    uint64_t events; /* Stop when so many are expected; 0 = count requests. */
    enum output output;
};

static const char usage[] = "usage: daybook-workload [options]\n"
                            "  --customers N       how many customers (1000)\n"
                            "  --requests N        how many requests (100000)\n"
                            "  --events N          instead: as many requests as make about N events\n"
                            "  --seed S            another seed, another history (1)\n"
                            "  --spread WORD       zipf, uniform, or hot: half of everything for one customer (zipf)\n"
                            "  --until DATE        the last day of the two years (2024-12-31)\n"
                            "  --utc-offset HOURS  of the ledger's time zone (0)\n"
                            "  --first N           number of the first customer (0)\n"
                            "  --open-first        open every customer before anything else\n"
                            "  --without-instants  leave recorded_at out: the ledger's own clock\n"
                            "  --json              one proto3-JSON Request a line (the default)\n"
                            "  --binary            varint-delimited daybook.v1.Request messages\n"
                            "  --count             only say how many there are of each kind\n";

static bool parse_number(const char *text, uint64_t max, uint64_t *number) {
    char *end = NULL;
    unsigned long long parsed = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || text[0] == '-' || parsed > max) {
        return false;
    }
    *number = parsed;
    return true;
}

/* "8", "-5" */
static bool parse_hours(const char *text, int32_t *seconds) {
    char *end = NULL;
    long hours = strtol(text, &end, 10);
    *seconds = (int32_t)(hours * 3600);
    return end != text && *end == '\0' && hours >= -14 && hours <= 14;
}

/* Two years that end with the day. */
static bool parse_until(const char *text, struct workload_options *options) {
    int32_t date;
    if (!date_parse(text, strlen(text), &date) || date < 731) {
        return false;
    }
    options->end_us = (int64_t)date * 86400 * 1000000;
    options->start_us = options->end_us - INT64_C(730) * 86400 * 1000000;
    return true;
}

/* One option of the command line; false when its value cannot be used. */
static bool take_option(struct run *run, int option, const char *value) {
    uint64_t number = 0;
    switch (option) {
    case 'c':
        if (!parse_number(value, UINT64_C(1) << 22, &number) || number == 0) {
            return false;
        }
        run->workload.customers = (uint32_t)number;
        return true;
    case 'r':
        return parse_number(value, UINT64_MAX, &run->workload.requests);
    case 'e':
        return parse_number(value, UINT64_MAX, &run->events);
    case 's':
        return parse_number(value, UINT64_MAX, &run->workload.seed);
    case 'd':
        return spread_parse(value, &run->workload.spread);
    case 'u':
        return parse_until(value, &run->workload);
    case 'z':
        return parse_hours(value, &run->workload.utc_offset_s);
    case 'f':
        if (!parse_number(value, UINT32_MAX >> 1, &number)) {
            return false;
        }
        run->workload.first_customer = (uint32_t)number;
        return true;
    case 'o':
        run->workload.opens_first = true;
        return true;
    case 'w':
        run->workload.carries_instants = false;
        return true;
    case 'j':
        run->output = OUTPUT_JSON;
        return true;
    case 'b':
        run->output = OUTPUT_BINARY;
        return true;
    case 'n':
        run->output = OUTPUT_COUNT;
        return true;
    default:
        return false;
    }
}

static bool parse_options(int argc, char **argv, struct run *run) {
    static const struct option options[] = {
        {"customers", required_argument, NULL, 'c'},
        {"requests", required_argument, NULL, 'r'},
        {"events", required_argument, NULL, 'e'},
        {"seed", required_argument, NULL, 's'},
        {"spread", required_argument, NULL, 'd'},
        {"until", required_argument, NULL, 'u'},
        {"utc-offset", required_argument, NULL, 'z'},
        {"first", required_argument, NULL, 'f'},
        {"open-first", no_argument, NULL, 'o'},
        {"without-instants", no_argument, NULL, 'w'},
        {"json", no_argument, NULL, 'j'},
        {"binary", no_argument, NULL, 'b'},
        {"count", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int index = 0;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, &index)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            exit(EXIT_SUCCESS);
        }
        if (option == '?') {
            return false;
        }
        if (!take_option(run, option, optarg)) {
            fprintf(stderr, "daybook-workload: --%s cannot be '%s'\n", options[index].name, optarg);
            return false;
        }
    }
    return optind == argc;
}

static bool write_request(const struct run *run, const Pb__Request *request, struct daybook_buffer *buffer) {
    daybook_buffer_reset(buffer);
    if (run->output == OUTPUT_JSON) {
        return json_write_message(&request->base, buffer) == DAYBOOK_OK &&
               daybook_buffer_append(buffer, "\n", 1) == DAYBOOK_OK &&
               fwrite(buffer->data, 1, buffer->size, stdout) == buffer->size;
    }
    uint8_t length[10];
    if (wire_encode(&request->base, buffer) != DAYBOOK_OK) {
        return false;
    }
    size_t length_size = varint_store(length, buffer->size);
    return fwrite(length, 1, length_size, stdout) == length_size &&
           fwrite(buffer->data, 1, buffer->size, stdout) == buffer->size;
}

static void print_counts(const struct workload *workload, const uint64_t counts[WORKLOAD_KINDS], uint64_t requests) {
    static const char *const names[] = {"opening", "deposit",          "charge",          "payment", "adjustment",
                                        "refund",  "payment reversal", "charge reversal", "policy",  "change"};
    for (int kind = 0; kind < WORKLOAD_KINDS; kind++) {
        uint64_t hundredths = requests > 0 ? counts[kind] * 10000 / requests : 0;
        printf("%-17s %10" PRIu64 "  %3" PRIu64 ".%02" PRIu64 " %%\n", names[kind], counts[kind], hundredths / 100,
               hundredths % 100);
    }
    printf("%-17s %10" PRIu64 "\n%-17s %10" PRIu64 "\n", "requests", requests, "expected events",
           workload_expected_events(workload));
}

/* How many requests make the events: drawn once to be counted, so that those that are written end where the two years
 * do and not weeks later. 0 when memory was refused. */
static uint64_t requests_for(const struct run *run) {
    struct workload_options options = run->workload;
    options.requests = run->events;
    struct workload *workload = workload_open(&options);
    uint64_t requests = 0;
    while (workload != NULL && workload_expected_events(workload) < run->events) {
        (void)workload_next(workload);
        requests++;
    }
    workload_close(workload);
    return requests;
}

int main(int argc, char **argv) {
    struct run run = {.workload = {.seed = 1, .customers = 1000, .requests = 100000, .carries_instants = true}};
    if (!parse_options(argc, argv, &run)) {
        fputs(usage, stderr);
        return 2;
    }
    if (run.events > 0) {
        run.workload.requests = requests_for(&run);
    }
    struct workload *workload = workload_open(&run.workload);
    if (workload == NULL) {
        fprintf(stderr, "daybook-workload: memory for %u customers was refused\n", (unsigned)run.workload.customers);
        return 3;
    }
    struct daybook_buffer buffer = {0};
    uint64_t counts[WORKLOAD_KINDS] = {0};
    uint64_t requests = 0;
    bool is_written = true;
    while (is_written && requests < run.workload.requests) {
        const Pb__Request *request = workload_next(workload);
        counts[workload_last_kind(workload)]++;
        requests++;
        if (run.output != OUTPUT_COUNT) {
            is_written = write_request(&run, request, &buffer);
        }
    }
    if (run.output == OUTPUT_COUNT) {
        print_counts(workload, counts, requests);
    }
    is_written = is_written && fflush(stdout) == 0;
    daybook_buffer_release(&buffer);
    workload_close(workload);
    if (!is_written) {
        fprintf(stderr, "daybook-workload: writing to standard output failed\n");
        return 3;
    }
    return EXIT_SUCCESS;
}
