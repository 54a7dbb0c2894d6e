/* The standard views, in the order in which status lists them. */
#include "daybook.h"

#include "projections/aging.h"
#include "projections/balance.h"
#include "projections/credit.h"
#include "projections/customers.h"
#include "projections/history.h"
#include "projections/links.h"
#include "projections/lots.h"
#include "projections/proposals.h"
#include "projections/statements.h"
#include "projections/tree.h"
#include "projections/trial.h"

const struct projection *const daybook_standard_views[] = {
    &balance_projection,   &aging_projection,      &credit_projection,    &history_projection,
    &customers_projection, &trial_projection,      &lots_projection,      &links_projection,
    &tree_projection,      &statements_projection, &proposals_projection, NULL,
};
