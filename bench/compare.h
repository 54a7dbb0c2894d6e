/*
 * Whether a run is worse than another of the same workload.
 *
 *   CO1  Runs are compared by their workloads (events asked for, customers, seed, spread, order of opening, open
 *        items). Where these differ, nothing is compared.
 *   CO2  A figure that has a limit of its parts is compared by its ratio to that limit, measured in its own run,
 *        so that a day on which the machine was slower is no regression. Others are compared as they are.
 *   CO3  Parts ("part: ...") are the machine's and the libraries': shown, not judged. So is what has no better
 *        and worse, and a 99th percentile.
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <jansson.h>
#include <stdio.h>

enum compare_result { COMPARE_FINE, COMPARE_WORSE, COMPARE_REFUSED };

/* Two JSON files of bench/run, with one run or with {"runs": [...]}. Prints a table of ratios, what differs between
 * machines and options, and the verdict. A figure is worse when it lost more than `tolerance_percent` of what it was.
 * REFUSED: the workloads differ, or a file is no such JSON. */
enum compare_result compare_files(const json_t *before, const json_t *after, double tolerance_percent, FILE *out);

#endif
