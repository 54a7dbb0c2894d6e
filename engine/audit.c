/* An audit: begins its parts, waits for them, and gathers what they found. */
#include "audit_inside.h"
#include "base/files.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void audit_add(struct audit_run *run, const char *format, ...) {
    va_list arguments;
    pthread_mutex_lock(&run->lock);
    if (run->report->finding_count < AUDIT_FINDINGS_MAX) {
        va_start(arguments, format);
        (void)vsnprintf(run->report->findings[run->report->finding_count], DAYBOOK_ERROR_SIZE, format, arguments);
        va_end(arguments);
    }
    run->report->finding_count++;
    pthread_mutex_unlock(&run->lock);
}

enum daybook_status audit_find(struct audit_run *run, enum daybook_status status, const struct daybook_error *error) {
    if (status != DAYBOOK_DAMAGED && status != DAYBOOK_INVALID) {
        return status;
    }
    audit_add(run, "%s", error->message);
    return DAYBOOK_OK;
}

/* Hashing, in a thread of its own. */
struct hashing {
    struct audit_run *run;
    enum daybook_status status;
    struct daybook_error error;
};

static void *hash_all(void *context) {
    struct hashing *hashing = context;
    hashing->status = audit_hash(hashing->run, &hashing->error);
    return NULL;
}

static enum daybook_status run_parts(struct audit_run *run, struct audit_views *views, struct daybook_error *error) {
    struct hashing hashing = {.run = run};
    pthread_t thread;
    if (pthread_create(&thread, NULL, hash_all, &hashing) != 0) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "auditing: no thread could be started");
    }
    enum daybook_status status = DAYBOOK_OK;
    if (!run->options->skips_rules) {
        status = audit_views_fold(views, error);
        if (status == DAYBOOK_OK) {
            status = audit_rules(run, error);
        }
    }
    atomic_store(&run->is_stopped, status != DAYBOOK_OK);
    struct daybook_error views_error = {0};
    (void)pthread_join(thread, NULL); /* First: the views' findings depend on what it could read. */
    enum daybook_status views_status = audit_views_wait(views, &views_error);
    if (status == DAYBOOK_OK && hashing.status != DAYBOOK_OK) {
        status = daybook_fail_as(error, &hashing.error);
    }
    if (status == DAYBOOK_OK && views_status != DAYBOOK_OK) {
        status = daybook_fail_as(error, &views_error);
    }
    if (status == DAYBOOK_OK && !run->options->skips_rules) {
        status = audit_statements(run, audit_views_folded(views), error);
    }
    return status;
}

enum daybook_status audit_run(struct daybook *ledger, const struct audit_options *options, struct audit_report *report,
                              struct daybook_error *error) {
    struct audit_run run = {.ledger = ledger, .options = options, .report = report};
    struct audit_views *views = NULL;
    struct journal_head head;
    *report = (struct audit_report){0};
    pthread_mutex_init(&run.lock, NULL);
    enum daybook_status status = DAYBOOK_OK;
    if (!options->skips_rules) {
        status = files_make_directory(options->scratch_directory, error);
        if (status == DAYBOOK_OK) {
            status = feed_open(ledger_journal(ledger), FEED_RUNS_SHARED, &run.feed, error);
        }
        if (status == DAYBOOK_OK) {
            feed_hash_leaves(run.feed);
            status = audit_views_begin(&run, &views, error);
        }
    }
    if (status == DAYBOOK_OK) {
        status = journal_head(ledger_journal(ledger), &head, error);
    }
    if (status == DAYBOOK_OK) {
        report->head = head.sequence;
        report->last_recorded_at_us = head.recorded_at_us;
        status = audit_load_checkpoints(&run, error);
    }
    if (status == DAYBOOK_OK) {
        status = run_parts(&run, views, error);
    }
    audit_views_end(views);
    feed_close(run.feed);
    if (!options->skips_rules) {
        files_remove_tree(options->scratch_directory);
    }
    free(run.heads);
    free(run.holds);
    daybook_buffer_release(&run.statements);
    pthread_mutex_destroy(&run.lock);
    return audit_find(&run, status, error);
}
