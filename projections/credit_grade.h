/*
 * A customer's grade from A to E, by rules that are printed on the answer.
 *
 *   CG1  A rule has four limits and gives a point for each that its measure is above: 0 to 4.
 *        Fractions are compared exactly, not as they are rounded.
 *   CG2  A rule that has nothing to divide by gives no points, and says why.
 *   CG3  The mean of the points over the rules that were measured is the grade: A to 0.50, B to
 *        1.00, C to 1.75, D to 2.50, E above. One rule at its 4 points keeps it at C or below.
 *   CG4  Where nothing was ever paid, is open or was written off, there is no grade.
 */
#ifndef DAYBOOK_PROJECTIONS_CREDIT_GRADE_H
#define DAYBOOK_PROJECTIONS_CREDIT_GRADE_H

#include "projections/credit_facts.h"

/* Sets grade, points and reason of a row that was filled; the rules, too, where asked for. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status credit_grade(const struct credit_facts *facts, bool with_rules,
                                                  struct arena *arena, Pb__Credit *row);

/* The rules with their limits, as the answer's policies. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status credit_grade_add_policies(struct book *book);

#endif
