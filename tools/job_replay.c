/* The job of a what-if: a history under another policy, in a ledger of its own that is gone afterwards. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "engine/ledger.h"
#include "engine/replay.h"
#include "projections/query.h"
#include "tools/job.h"
#include "tools/replay_policy.h"
#include "tools/replay_report.h"
#include "tools/text.h"

enum { SHOWN_DEFAULT = 100, SHOWN_MAX = 1000000 };

struct replaying {
    struct job *job;
    struct daybook *replayed;
    char *scratch; /* The directory that is gone afterwards; NULL: none was made. */
    Pb__ReplayReport *report;
    size_t shown_max;
    uint64_t through;
};

/* ---- the scratch ledger ---- */

static enum daybook_status make_scratch(struct replaying *replaying, struct daybook_error *error) {
    const char *place = getenv("TMPDIR");
    char *path = arena_format(replaying->job->arena, "%s/daybook-replay-XXXXXX",
                              place == NULL || *place == '\0' ? "/tmp" : place);
    if (path == NULL) {
        return job_no_memory(error);
    }
    if (mkdtemp(path) == NULL) {
        return daybook_fail(error, DAYBOOK_IO, _("making %s to replay in: %s; TMPDIR says where"), path,
                            strerror(errno));
    }
    replaying->scratch = path;
    const Pb__LedgerConfig *config = ledger_config(replaying->job->ledger);
    struct daybook_create_options made = {.timezone = config->timezone,
                                          .currency = config->currency,
                                          .allow_import_clock = config->allow_import_clock,
                                          .refuse_unassessed = config->refuse_unassessed,
                                          .keeps_plain_names = !config->seals_personal};
    return daybook_create(path, &made, error);
}

static void remove_scratch(struct replaying *replaying) {
    if (replaying->scratch == NULL) {
        return;
    }
    files_remove_tree(replaying->scratch);
    if (files_exists(replaying->scratch)) {
        (void)fprintf(stderr, _("daybook: %s could not be removed; it can be deleted\n"), replaying->scratch);
    }
}

/* ---- replaying ---- */

static enum daybook_status note(void *context, const struct replay_change *change, struct daybook_error *error) {
    struct replaying *replaying = context;
    return replaying->report->n_differences < replaying->shown_max
               ? replay_report_add(replaying->report, change, replaying->job->arena, error)
               : DAYBOOK_OK;
}

static bool go_on(void *context, uint64_t sequence) {
    struct replaying *replaying = context;
    return job_go_on(replaying->job, _("replaying"), 0, sequence, replaying->through);
}

static bool go_on_folding(void *context, const char *view, uint64_t position, uint64_t target) {
    struct replaying *replaying = context;
    return job_go_on(replaying->job, view, 0, position, target);
}

static void count(Pb__ReplayReport *report, const struct replay_counts *counts) {
    report->through = counts->through;
    report->requests = counts->requests;
    report->same = counts->same;
    report->otherwise = counts->otherwise;
    report->refused = counts->refused;
    report->left_out = counts->left_out;
    report->not_told_back = counts->not_told_back;
}

static enum daybook_status run_replay(struct replaying *replaying, struct daybook_error *error) {
    struct daybook *history = replaying->job->ledger;
    const Pb__LedgerConfig *config = ledger_config(history);
    struct decide_policy policy = replay_policy_decide(replaying->report->policy);
    struct decide_settings settings = {.currency = config->currency,
                                       .timezone = ledger_timezone(history),
                                       .allow_import_clock = config->allow_import_clock,
                                       .refuse_unassessed = config->refuse_unassessed,
                                       .seals_personal = config->seals_personal};
    struct journal_options open = {.is_writer = true};
    struct replay_options options = {.history = ledger_journal(history),
                                     .through = replaying->through,
                                     .settings = &settings,
                                     .policy = &policy,
                                     .visit = note,
                                     .go_on = go_on,
                                     .context = replaying};
    struct replay_counts counts;
    DAYBOOK_TRY(journal_open(replaying->scratch, &open, &options.scratch, error));
    enum daybook_status status = replay_run(&options, &counts, error);
    journal_close(options.scratch);
    count(replaying->report, &counts);
    return status;
}

static enum daybook_status compare(struct replaying *replaying, const char *as_of, struct daybook_error *error) {
    struct daybook_open_options how = {.directory = replaying->scratch, .views = daybook_standard_views};
    DAYBOOK_TRY(daybook_open(&how, &replaying->replayed, error));
    ledger_set_progress(replaying->replayed, (struct view_progress){.report = go_on_folding, .context = replaying});
    return replay_report_compare(replaying->job->ledger, replaying->replayed, as_of, replaying->report,
                                 replaying->job->arena, error);
}

/* ---- what is asked for ---- */

/* A customer whom nobody knows is a misspelt one. */
static enum daybook_status check_customers(struct replaying *replaying, struct daybook_error *error) {
    const Pb__ReplayPolicy *policy = replaying->report->policy;
    for (size_t i = 0; i < policy->n_credit; i++) {
        Pb__At known = PB__AT__INIT;
        Pb__CustomersQuery customers = PB__CUSTOMERS_QUERY__INIT;
        Pb__Query query = PB__QUERY__INIT;
        ProtobufCMessage *answer = NULL;
        char last_day[DATE_TEXT_SIZE];
        char through[32];
        if (policy->credit[i]->customer[0] == '\0') {
            continue;
        }
        (void)snprintf(through, sizeof through, "%" PRIu64, replaying->through);
        known.as_of = (char *)(uintptr_t)date_format(DATE_MAX, last_day);
        known.known_at = through;
        customers.at = &known;
        customers.customer = policy->credit[i]->customer;
        query.question_case = PB__QUERY__QUESTION_CUSTOMERS;
        query.customers = &customers;
        DAYBOOK_TRY(query_run(replaying->job->ledger, &query, replaying->job->arena, &answer, error));
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_asked(struct replaying *replaying, const Pb__ReplayRequest *asked,
                                      struct coordinates *at, struct daybook_error *error) {
    static Pb__ReplayPolicy own = PB__REPLAY_POLICY__INIT; /* Read alone. */
    replaying->report->policy = asked->policy == NULL ? &own : asked->policy;
    if (asked->differences < -1 || asked->differences > SHOWN_MAX) {
        return daybook_fail(error, DAYBOOK_INVALID, _("differences: %" PRId64 " is not from -1 to %d"),
                            asked->differences, SHOWN_MAX);
    }
    replaying->shown_max = asked->differences == 0    ? SHOWN_DEFAULT
                           : asked->differences == -1 ? 0
                                                      : (size_t)asked->differences;
    DAYBOOK_TRY(replay_policy_check(replaying->report->policy, error));
    DAYBOOK_TRY(ledger_resolve(replaying->job->ledger, asked->at, at, error));
    replaying->through = at->known_at;
    return check_customers(replaying, error);
}

static enum daybook_status replay_and_compare(struct replaying *replaying, const Pb__ReplayRequest *asked,
                                              struct daybook_error *error) {
    struct coordinates at;
    char date[DATE_TEXT_SIZE];
    DAYBOOK_TRY(read_asked(replaying, asked, &at, error));
    DAYBOOK_TRY(make_scratch(replaying, error));
    DAYBOOK_TRY(run_replay(replaying, error));
    return compare(replaying, date_format(at.as_of, date), error);
}

enum daybook_status job_replay(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                               struct daybook_error *error) {
    struct replaying replaying = {.job = job, .report = arena_alloc(job->arena, sizeof *replaying.report)};
    if (replaying.report == NULL) {
        return job_no_memory(error);
    }
    pb__replay_report__init(replaying.report);
    *answer = &replaying.report->base;
    enum daybook_status status = replay_and_compare(&replaying, (const Pb__ReplayRequest *)asked, error);
    daybook_close(replaying.replayed);
    remove_scratch(&replaying);
    return status;
}
