/*
 * The one workload of every benchmark and of the sample business: requests of
 * a business over about two years, the same for the same options.
 *
 *   B1  The same options give the same requests, byte for byte, on every machine.
 *   B2  Nearly every request is accepted: the workload keeps a small account of
 *       each customer, so that it pays what is open and reverses what stands.
 *   B3  Instants rise from request to request, from start_us to end_us.
 *
 * The mix, of what comes after a customer's opening, is measured by
 * `daybook-workload --count`; bench/README.md gives it.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include "base/bytes.h"
#include "bench/spread.h"
#include "daybook/v1/request.pb-c.h"

struct workload_options {
    uint64_t seed;
    uint32_t customers;      /* 1 to 2^22 */
    uint32_t first_customer; /* The number of the first: workloads side by side share no customer. */
    enum spread_kind spread;
    uint64_t requests; /* How many are meant to be drawn: the history's length is divided by it. */
    int64_t start_us;  /* 0 and 0: 2023-01-01 to 2024-12-31, UTC. */
    int64_t end_us;
    int32_t utc_offset_s;  /* Of the ledger's time zone, for business dates. */
    bool opens_first;      /* Open every customer before anything else; otherwise each at its first turn. */
    bool carries_instants; /* Give each request its recorded_at_us (a ledger that allows an imported clock). */
};

enum workload_kind {
    WORKLOAD_OPENING,
    WORKLOAD_DEPOSIT,
    WORKLOAD_CHARGE,
    WORKLOAD_PAYMENT,
    WORKLOAD_ADJUSTMENT,
    WORKLOAD_REFUND,
    WORKLOAD_PAYMENT_REVERSAL,
    WORKLOAD_CHARGE_REVERSAL,
    WORKLOAD_POLICY,
    WORKLOAD_CHANGE,
    WORKLOAD_KINDS
};

struct workload;

struct workload *workload_open(const struct workload_options *options); /* NULL when memory is refused. */
void workload_close(struct workload *workload);                         /* Accepts NULL. */

/* The next request; borrowed until the next call. It never ends. */
const Pb__Request *workload_next(struct workload *workload);

/* Of the request that workload_next gave last. */
enum workload_kind workload_last_kind(const struct workload *workload);
uint32_t workload_last_customer(const struct workload *workload); /* Its number, from first_customer. */
int64_t workload_now_us(const struct workload *workload);

/* How many events all requests so far should have made. */
uint64_t workload_expected_events(const struct workload *workload);
size_t workload_memory_bytes(const struct workload *workload);

/* The id of a customer by number, into `id`. */
enum { WORKLOAD_ID_SIZE = 24 };
void workload_customer_id(uint32_t number, char id[WORKLOAD_ID_SIZE]);

/* The number of the customer of this rank, 0 = the busiest, out of `count`. */
uint32_t workload_number_of(uint32_t rank, uint32_t count);

#endif
