/*
 * A history: the requests that one ledger is given, as bytes, in steps, and what
 * came of it. It holds no pointers, so that it can lie in memory that a parent
 * and the child which runs it share: what the child was doing when it died is there.
 */
#ifndef TESTS_MODEL_HISTORY_H
#define TESTS_MODEL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "daybook/v1/request.pb-c.h"

enum { HISTORY_STEPS = 256, HISTORY_REQUESTS = 1024, HISTORY_BYTES = 1 << 19, FAILURE_TEXT = 1000 };

/* Requests that are submitted together: one alone, or a group. */
struct history_step {
    uint32_t first;
    uint32_t count;
    bool is_group;
    bool is_dry_first; /* Tried without appending before. */
    bool is_repeated;  /* Sent again at once: the same answer, nothing appended. */
    bool is_reopened;  /* In the second run the ledger is opened anew before it. */
};

struct history_request {
    uint32_t offset;
    uint32_t size;
};

/* What a ledger is made with. */
struct world {
    int zone; /* Of world_zones. */
    bool refuses_unassessed;
};

struct zone {
    const char *name;
    int32_t offset_s; /* East of UTC: zones without summer time, so that today needs no library. */
};
extern const struct zone world_zones[];
enum { WORLD_ZONES = 4 };

#define WORLD_CURRENCY "CNY"

struct failure {
    bool is_set;
    size_t step;
    char check[40];
    char text[FAILURE_TEXT];
};

/* What the histories were made of, so that a test that tests nothing is seen. */
enum { TALLY_BODIES = 64, TALLY_REFUSALS = 48 };
struct coverage {
    uint64_t requests;
    uint64_t events;
    uint64_t bodies[TALLY_BODIES];
    uint64_t refusals[TALLY_REFUSALS];
    uint64_t questions;
    uint64_t made_good; /* Allocations that came off on an earlier day instead, in reversals. */
};

struct history {
    uint64_t seed;
    struct world world;
    struct history_step steps[HISTORY_STEPS];
    size_t step_count;
    struct history_request requests[HISTORY_REQUESTS];
    size_t request_count;
    uint8_t bytes[HISTORY_BYTES];
    size_t used;
    struct failure failure;
    struct coverage coverage;
};

/* Begins a step; false: the history is full. */
bool history_begin_step(struct history *history, bool is_group);
/* Adds a request to the last step. */
bool history_add(struct history *history, const Pb__Request *request);

/* A copy without the steps from `first` on, `count` of them. */
void history_without(const struct history *history, size_t first, size_t count, struct history *copy);

void history_print(const struct history *history, FILE *out);

/* Prints any message on one line: its fields that are set. */
void message_print(const ProtobufCMessage *message, FILE *out);

#endif
