/* What a request makes, what it is about and how much, whatever its command. */
#ifndef TESTS_MODEL_FACTS_H
#define TESTS_MODEL_FACTS_H

#include <stdbool.h>

#include "daybook/v1/request.pb-c.h"

struct facts {
    Pb__DocumentKind makes;
    const char *id; /* NULL: it makes none. */
    Pb__DocumentKind about;
    const char *about_id; /* NULL or empty: about none. */
    bool has_amount;
    bool is_zero_all; /* An amount of 0 means all of it. */
    int64_t amount;
    const char *reason; /* NULL: it has none. */
    size_t plan_count;
    Pb__AllocationPlan **plans;
};

struct facts facts_of(const Pb__Request *request);

/* Of a payment or an allocation; 0 for every other command. */
int64_t rounding_tolerance(const Pb__Request *request);

#endif
