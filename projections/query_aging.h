/* The policy by which ages are told where a question names none. */
#ifndef DAYBOOK_PROJECTIONS_QUERY_AGING_H
#define DAYBOOK_PROJECTIONS_QUERY_AGING_H

#include "projections/aging.h"

/* By due date; 30, 60, 90 and 120 days; unapplied money in its own column. */
struct aging_policy query_default_aging_policy(void);

#endif
