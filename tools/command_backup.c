/* daybook backup create, backup verify, restore. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/calendar.h"
#include "base/decimal.h"
#include "engine/backup.h"
#include "engine/ledger.h"
#include "tools/backup_end.h"
#include "tools/command_job.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/token_change.h"

static void show_done(void *context, uint64_t sequence) {
    progress_update(context, sequence);
}

static bool is_stopped(void *context) {
    (void)context;
    return progress_is_interrupted();
}

static struct backup_watch watch_of(struct progress *progress) {
    return (struct backup_watch){.done = show_done, .is_stopped = is_stopped, .context = progress};
}

/* As a checkpoint and a certificate have it, so that they can be compared by eye. */
static void print_root(const uint8_t root[SHA256_SIZE]) {
    struct daybook_buffer text = {0};
    if (base64_append(&text, (struct daybook_bytes){root, SHA256_SIZE}) == DAYBOOK_OK) {
        (void)printf("%s%.*s\n", _("root "), (int)text.size, (const char *)text.data);
    }
    daybook_buffer_release(&text);
}

/* "events 1 to 700 (2024-02-29T18:00:00Z)"; there may be none. */
static void print_range(uint64_t first_sequence, uint64_t last_sequence, int64_t recorded_at_us) {
    char text[INSTANT_TEXT_SIZE];
    if (last_sequence == 0) {
        (void)printf("%s", _("no events"));
        return;
    }
    (void)printf(_("events %" PRIu64 " to %" PRIu64 " (%s)"), first_sequence, last_sequence,
                 instant_format(recorded_at_us, text));
}

/* ---- backup create ---- */

static enum daybook_status check_is_new(const char *path, struct daybook_error *error) {
    if (strcmp(path, "-") != 0 && access(path, F_OK) == 0) {
        return daybook_fail(error, DAYBOOK_EXISTS, _("%s is there already; a backup never overwrites anything"), path);
    }
    return DAYBOOK_OK;
}

static enum daybook_status create(const struct invocation *invocation, struct daybook *ledger,
                                  const Pb__BackupAnswer **summary, struct daybook_error *error) {
    const char *path = invocation->options.arguments[0];
    const char *since_path = options_value(&invocation->options, "since");
    struct command_job how = {.invocation = invocation, .ledger = ledger};
    Pb__BackupRequest asked = PB__BACKUP_REQUEST__INIT;
    struct backup_summary since;
    ProtobufCMessage *made = NULL;
    DAYBOOK_TRY(check_is_new(path, error));
    if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO)) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s",
                            _("a backup is nothing for a terminal; name a file, or use a pipe"));
    }
    if (since_path != NULL) {
        struct backup_watch watch = {.is_stopped = is_stopped};
        DAYBOOK_TRY(backup_read_end(since_path, &watch, &since, error));
        asked.since = backup_end_tell(&since, invocation->arena);
        if (asked.since == NULL) {
            return job_no_memory(error);
        }
    }
    enum daybook_status status = command_job_save(how, &asked.base, path, &made, error);
    *summary = (const Pb__BackupAnswer *)made;
    return status == DAYBOOK_OK && (*summary)->root.len != SHA256_SIZE
               ? daybook_fail(error, DAYBOOK_IO, "%s", _("the server does not say the root of what it sent"))
               : status;
}

static void print_created(const char *path, const Pb__BackupAnswer *summary) {
    char size[32];
    if (summary->last_sequence > 0 && summary->last_sequence < summary->first_sequence) {
        (void)printf(_("%s: nothing new since event %" PRIu64 "\n"), path, summary->last_sequence);
    } else {
        (void)printf("%s: ", path);
        print_range(summary->first_sequence, summary->last_sequence, summary->last_recorded_at_us);
        (void)printf(_(", %s bytes\n"), count_grouped(summary->size_bytes, size));
    }
    print_root(summary->root.data);
}

static int run_create(struct invocation *invocation) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    const Pb__BackupAnswer *summary = NULL;
    const char *path = invocation->options.arguments[0];
    progress_watch_interrupt();
    enum daybook_status status = command_open_reader(invocation, &ledger, &error);
    if (status == DAYBOOK_OK) {
        status = create(invocation, ledger, &summary, &error);
    }
    if (status == DAYBOOK_OK && strcmp(path, "-") != 0) {
        print_created(path, summary);
    }
    daybook_close(ledger);
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(&error);
}

/* ---- backup verify ---- */

static int run_verify(struct invocation *invocation) {
    struct daybook_error error;
    struct backup_summary summary;
    struct progress progress;
    struct backup_watch watch = watch_of(&progress);
    progress_watch_interrupt();
    progress_begin(&progress, _("verifying"), _("events"), 0, 0);
    enum daybook_status status =
        backup_verify(invocation->options.arguments, invocation->options.argument_count, &watch, &summary, &error);
    progress_clear();
    if (status != DAYBOOK_OK) {
        return command_fail(&error);
    }
    (void)printf("%s", _("whole: "));
    print_range(1, summary.last_sequence, summary.last_recorded_at_us);
    (void)printf("\n");
    print_root(summary.root.bytes);
    return EXIT_DONE;
}

/* ---- restore ---- */

/* "1200" is a sequence, anything else an instant. */
static enum daybook_status parse_target(const char *text, struct restore_target *target, struct daybook_error *error) {
    int64_t sequence;
    if (text == NULL) {
        return DAYBOOK_OK;
    }
    if (decimal_parse(text, strlen(text), 0, '.', &sequence) == DECIMAL_OK && sequence > 0) {
        target->sequence = (uint64_t)sequence;
        return DAYBOOK_OK;
    }
    if (instant_parse(text, strlen(text), &target->instant_us) && target->instant_us > 0) {
        return DAYBOOK_OK;
    }
    return daybook_fail(error, DAYBOOK_INVALID,
                        _("--to: \"%.40s\" is neither a sequence nor an instant like 2024-02-29T18:00:00Z"), text);
}

/* The restored ledger has one event more then, and another root: only where that is asked for. */
static enum daybook_status record_restore(const struct invocation *invocation, const char *directory,
                                          const struct backup_summary *summary, struct daybook_error *error) {
    struct daybook_open_options how = {.directory = directory, .is_writer = true};
    struct daybook_submitter submitter = {command_actor(invocation), PB__ROLE__ROLE_UNSPECIFIED};
    struct daybook *ledger = NULL;
    struct daybook_answers answers = {0};
    const Pb__Refusal *refusal = NULL;
    char root[2 * SHA256_SIZE + 1];
    char detail[64];
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        (void)snprintf(root + 2 * i, 3, "%02x", summary->root.bytes[i]);
    }
    (void)snprintf(detail, sizeof detail, "events 1 to %" PRIu64, summary->last_sequence);
    enum daybook_status status = daybook_open(&how, &ledger, error);
    if (status == DAYBOOK_OK) {
        status = operator_record(ledger, &submitter, PB__OPERATOR_ACTION__OPERATOR_ACTION_LEDGER_RESTORED, root, detail,
                                 DAYBOOK_SUBMIT_EACH, &answers, &refusal, error);
    }
    if (status == DAYBOOK_OK && refusal != NULL) {
        status = daybook_fail(error, DAYBOOK_INVALID, _("recording the restore: %s"), refusal->message);
    }
    daybook_answers_release(&answers);
    daybook_close(ledger);
    return status;
}

static int run_restore(struct invocation *invocation) {
    struct daybook_error error;
    struct backup_summary summary;
    struct restore_target target = {0};
    struct progress progress;
    struct backup_watch watch = watch_of(&progress);
    const char *directory = invocation->options.arguments[0];
    progress_watch_interrupt();
    enum daybook_status status = parse_target(options_value(&invocation->options, "to"), &target, &error);
    if (status == DAYBOOK_OK) {
        progress_begin(&progress, _("restoring"), _("events"), 0, 0);
        status = backup_restore(invocation->options.arguments + 1, invocation->options.argument_count - 1, directory,
                                &target, &watch, &summary, &error);
        progress_clear();
    }
    if (status != DAYBOOK_OK) {
        return command_fail(&error);
    }
    (void)printf(_("restored %s: "), directory);
    print_range(1, summary.last_sequence, summary.last_recorded_at_us);
    (void)printf("\n");
    (void)printf(_("keys are in no backup: put your copy of them at %s/keys, or names stay sealed\n"), directory);
    print_root(summary.root.bytes);
    if (options_has(&invocation->options, "record") &&
        record_restore(invocation, directory, &summary, &error) != DAYBOOK_OK) {
        return command_fail(&error);
    }
    return EXIT_DONE;
}

static const struct option_spec create_options[] = {
    {"since", 0, OPTION_VALUE, false, "BACKUP", N_("only what came after this earlier backup"), FIELD_NONE},
    OPTIONS_END,
};

static const struct option_spec restore_options[] = {
    {"to", 0, OPTION_VALUE, false, "SEQ|TIMESTAMP", N_("only so far (default: to the end)"), FIELD_NONE},
    {"record", 0, OPTION_FLAG, false, NULL, N_("append an event that says so; the root is then another"), FIELD_NONE},
    {"actor", 0, OPTION_VALUE, false, "NAME", N_("who restores it (default: you)"), FIELD_NONE},
    OPTIONS_END,
};

const struct command backup_commands[] = {
    {
        .name = "backup create",
        .arguments = "FILE",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER,
        .run = run_create,
        .summary = N_("write every event to a file, while the ledger goes on"),
        .detail =
            N_("With --since the file holds only what is new: keep it together with the earlier ones. BACKUP is "
               "read first, and refused where it is damaged or is not of this ledger's history. The root is "
               "that of the audit log at the last event. Keys of customers and of the audit log are not in it; "
               "back the ledger's keys directory up apart from it. With --server, FILE and the earlier BACKUP are of "
               "this machine."),
        .example = "daybook backup create monday.daybook\n"
                   "daybook backup create tuesday.daybook --since monday.daybook",
        .options = create_options,
    },
    {
        .name = "backup verify",
        .arguments = "FILE...",
        .argument_min = 1,
        .argument_max = BACKUP_FILES_MAX,
        .run = run_verify,
        .summary = N_("read backups from the first byte to the last, without restoring them"),
        .detail = N_("The whole backup comes first, then what was made with --since, in order."),
        .here = N_("reads files of this machine"),
        .example = "daybook backup verify monday.daybook tuesday.daybook",
    },
    {
        .name = "restore",
        .arguments = "DIRECTORY FILE...",
        .argument_min = 2,
        .argument_max = BACKUP_FILES_MAX,
        .run = run_restore,
        .summary = N_("make a ledger out of its backups"),
        .detail =
            N_("DIRECTORY must not exist. The files are verified before anything is made; what was restored has "
               "the same events, and so the same root. A sequence in the middle of a request is refused; an "
               "instant restores what was wholly recorded by then. Backups hold no keys: names are readable again "
               "once the copy of the keys directory that you keep apart is at DIRECTORY/keys."),
        .here = N_("makes a ledger in a directory of this machine"),
        .example = "daybook restore books-on-friday monday.daybook tuesday.daybook \\\n    --to 2024-03-01T18:00:00Z",
        .options = restore_options,
    },
    {.name = NULL},
};
