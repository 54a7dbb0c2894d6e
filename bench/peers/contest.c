/* Daybook's figures beside everybody's, as ratios: above 1, Daybook is the better one. */
#include <string.h>

#include "bench/peers/peers.h"

/* One replica, its own benchmark, version 0.17.8, the same kind of machine, measured earlier; the best of what it gave.
 * It cannot be installed here. A transfer is taken for an event. */
static const struct {
    const char *name;
    double value;
    const char *unit;
} published[] = {
    {"TigerBeetle (published), the first million in batches", 450000, "events/s"},
    {"TigerBeetle (published), 10 million in batches", 260000, "events/s"},
    {"TigerBeetle (published), random ids", 73000, "events/s"},
    {"TigerBeetle (published), one a request, 1 or 16 clients", 6100, "requests/s"},
    {"TigerBeetle (published), growth of the files", 1811, "bytes"},
};

static const char append[] = "append, batches of 8192 requests";
static const char append_followed[] = "append with balance, aging, credit and proof folds";
static const char single_1[] = "single appends, 1 submitter";
static const char single_16[] = "single appends, 16 submitters";
static const char ask[] = "Daybook, point in time, 1 caller";
static const char size[] = "Daybook, journal and all views, size of an event";
static const char command[] = "Daybook, one balance at a date, by command";
static const char in_process[] = "Daybook, point in time, latency";

static const struct contest {
    const char *name;
    const char *ours;
    const char *theirs;
} contests[] = {
    {"against PostgreSQL, bulk in batches", append, "PostgreSQL, bulk in batches"},
    {"against PostgreSQL, bulk in one transaction, indexes afterwards", append,
     "PostgreSQL, bulk in one transaction, indexes afterwards"},
    {"against PostgreSQL, single, 1 caller", single_1, "PostgreSQL, single, 1 caller"},
    {"against PostgreSQL, single, 16 callers", single_16, "PostgreSQL, single, 16 callers"},
    {"against PostgreSQL, point in time, 1 caller", ask, "PostgreSQL, point in time, 1 caller"},
    {"against PostgreSQL, point in time, 8 callers", ask, "PostgreSQL, point in time, 8 callers"},
    {"against PostgreSQL, size of an event", size, "PostgreSQL, size of an event"},
    {"against SQLite, bulk in batches", append, "SQLite, bulk in batches"},
    {"against SQLite, bulk in one transaction, indexes afterwards", append,
     "SQLite, bulk in one transaction, indexes afterwards"},
    {"against SQLite, single, 1 caller", single_1, "SQLite, single, 1 caller"},
    {"against SQLite, point in time, 1 caller", ask, "SQLite, point in time, 1 caller"},
    {"against SQLite, size of an event", size, "SQLite, size of an event"},
    {"against ledger, one balance at a date", command, "ledger, one balance at a date"},
    {"against ledger, one balance at a date, in process", in_process, "ledger, one balance at a date"},
    {"against hledger, one balance at a date", command, "hledger, one balance at a date"},
    {"against hledger, one balance at a date, in process", in_process, "hledger, one balance at a date"},
    {"against TigerBeetle, the first million in batches", append,
     "TigerBeetle (published), the first million in batches"},
    {"against TigerBeetle, 10 million in batches, decide and commit", append,
     "TigerBeetle (published), 10 million in batches"},
    {"against TigerBeetle, 10 million in batches, all folds", append_followed,
     "TigerBeetle (published), 10 million in batches"},
    {"against TigerBeetle, random ids", append, "TigerBeetle (published), random ids"},
    {"against TigerBeetle, one a request, 16 callers", single_16,
     "TigerBeetle (published), one a request, 1 or 16 clients"},
    {"against TigerBeetle, growth of the files", size, "TigerBeetle (published), growth of the files"},
};

void peers_add_published(struct peers *peers) {
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        figures_add(&peers->bench.figures, published[i].name, published[i].value, published[i].unit);
    }
}

void peers_add_ratios(struct peers *peers) {
    struct figures *figures = &peers->bench.figures;
    for (size_t i = 0; i < sizeof contests / sizeof *contests; i++) {
        const struct figure *ours = figures_find(figures, contests[i].ours);
        const struct figure *theirs = figures_find(figures, contests[i].theirs);
        if (ours != NULL && theirs != NULL && ours->value > 0 && theirs->value > 0) {
            bool is_rate = figure_sense_of(ours->unit) == FIGURE_HIGHER;
            figures_add(figures, contests[i].name, is_rate ? ours->value / theirs->value : theirs->value / ours->value,
                        "x");
        }
    }
}

void peers_print_ratios(const struct peers *peers, FILE *out) {
    const struct figures *figures = &peers->bench.figures;
    (void)fprintf(out, "\n%-66s %14s %14s  %-14s %10s\n", "beside its peers", "Daybook", "the peer", "unit", "ratio");
    for (size_t i = 0; i < sizeof contests / sizeof *contests; i++) {
        const struct figure *ratio = figures_find(figures, contests[i].name);
        if (ratio != NULL) {
            const struct figure *ours = figures_find(figures, contests[i].ours);
            const struct figure *theirs = figures_find(figures, contests[i].theirs);
            (void)fprintf(out, "%-66s %14.1f %14.1f  %-14s %9.1fx\n", ratio->name, ours->value, theirs->value,
                          theirs->unit, ratio->value);
        }
    }
    (void)fputs("\nTigerBeetle's figures are of its own benchmark, version 0.17.8, the same kind of machine, measured\n"
                "earlier: it cannot be installed here. Everything else was measured in this run. A request of\n"
                "Daybook's makes about 1.6 events; a transaction of a peer's holds one.\n",
                out);
}
