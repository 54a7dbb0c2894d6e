/* daybook audit checkpoint, cosign, prove and prove-consistency: what the log signs, and what it proves. */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/small_file.h"
#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "proof/witness.h"
#include "tools/command.h"
#include "tools/command_audit.h"
#include "tools/command_job.h"
#include "tools/progress.h"
#include "tools/text.h"

enum { INPUT_LIMIT_BYTES = 4 << 20 };

/* ---- what these commands share ---- */

enum daybook_status audit_write_output(const struct invocation *invocation, struct daybook_bytes bytes,
                                       struct daybook_error *error) {
    const char *path = options_value(&invocation->options, "output");
    if (path != NULL && strcmp(path, "-") != 0) {
        return small_file_write(path, bytes, SMALL_FILE_PUBLIC, SMALL_FILE_REPLACE, error);
    }
    if (fwrite(bytes.data, 1, bytes.size, stdout) != bytes.size || fflush(stdout) != 0) {
        return daybook_fail(error, DAYBOOK_IO, "%s", _("writing to standard output failed"));
    }
    return DAYBOOK_OK;
}

/* "-" is standard input. */
static enum daybook_status read_input(const char *path, struct daybook_buffer *content, struct daybook_error *error) {
    return small_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, INPUT_LIMIT_BYTES, content, error);
}

enum daybook_status audit_parse_count(const char *name, const char *text, uint64_t *count,
                                      struct daybook_error *error) {
    int64_t value;
    if (decimal_parse(text, strlen(text), 0, '.', &value) != DECIMAL_OK || value < 1) {
        return daybook_fail(error, DAYBOOK_INVALID, _("%s: \"%.40s\" is no number of events; they count from 1"), name,
                            text);
    }
    *count = (uint64_t)value;
    return DAYBOOK_OK;
}

int audit_finish(enum daybook_status status, const struct daybook_error *error) {
    return status == DAYBOOK_OK ? EXIT_DONE : command_fail(error);
}

/* ---- checkpoint ---- */

static enum daybook_status sign(struct invocation *invocation, struct daybook *ledger, struct daybook_error *error) {
    struct command_job how = {
        .invocation = invocation, .ledger = ledger, .signing_key = options_value(&invocation->options, "key")};
    Pb__SignCheckpointRequest asked = PB__SIGN_CHECKPOINT_REQUEST__INIT;
    const char *cosigned = options_value(&invocation->options, "cosigned");
    struct daybook_buffer content = {0};
    ProtobufCMessage *made;
    enum daybook_status status = DAYBOOK_OK;
    if (cosigned != NULL) {
        status = read_input(cosigned, &content, error);
        if (status == DAYBOOK_OK && content.size == 0) {
            status = daybook_fail(error, DAYBOOK_INVALID, _("reading %s: it is empty"), cosigned);
        }
        asked.cosigned = (ProtobufCBinaryData){content.size, content.data};
    }
    if (status == DAYBOOK_OK) {
        status = command_job_run(&how, &asked.base, &made, error);
    }
    if (status == DAYBOOK_OK) {
        const ProtobufCBinaryData *note = &((const Pb__SignCheckpointAnswer *)made)->note;
        status = audit_write_output(invocation, (struct daybook_bytes){note->data, note->len}, error);
    }
    daybook_buffer_release(&content);
    return status;
}

/* ---- cosign ---- */

struct cosigning {
    struct note_signer signer;
    struct note_key log_key;
    struct daybook_buffer request;
    struct daybook_buffer last;
    struct daybook_buffer note;
    int lock;
};

/* The state's file is read, checked and replaced by one process at a time. */
static enum daybook_status lock_state(const char *path, int *lock, struct daybook_error *error) {
    char beside[PATH_MAX];
    (void)snprintf(beside, sizeof beside, "%s.lock", path);
    *lock = open(beside, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0 || flock(*lock, LOCK_EX) != 0) {
        return daybook_fail(error, DAYBOOK_IO, _("locking the witness' state %s failed"), path);
    }
    return DAYBOOK_OK;
}

static enum daybook_status cosign(struct invocation *invocation, struct cosigning *cosigning,
                                  struct daybook_error *error) {
    const struct options *options = &invocation->options;
    const char *state = options_value(options, "state");
    const char *log_key = options_value(options, "log-key");
    struct daybook_clock clock = clock_system();
    uint64_t now_s = (uint64_t)(clock.now_us(clock.context) / 1000000);
    enum daybook_status status = audit_signer_load(NULL, options_value(options, "key"), &cosigning->signer, error);
    if (status == DAYBOOK_OK && cosigning->signer.key.algorithm != NOTE_COSIGNATURE) {
        status = daybook_fail(error, DAYBOOK_INVALID, "%s",
                              _("this is a log's key; a witness' is made by \"daybook audit key new --witness\""));
    }
    if (status == DAYBOOK_OK) {
        status = note_key_parse(log_key, strlen(log_key), &cosigning->log_key, error);
    }
    if (status == DAYBOOK_OK) {
        status = read_input(options->arguments[0], &cosigning->request, error);
    }
    if (status == DAYBOOK_OK) {
        status = lock_state(state, &cosigning->lock, error);
    }
    if (status == DAYBOOK_OK) {
        status = small_file_read(state, INPUT_LIMIT_BYTES, &cosigning->last, error);
        if (status == DAYBOOK_NOT_FOUND) {
            status = DAYBOOK_OK;
        } else if (status == DAYBOOK_OK && cosigning->last.size == 0) {
            /* It is never written so: with an empty one taken for none, any fork would be signed. */
            status = daybook_fail(error, DAYBOOK_DAMAGED,
                                  _("the witness' state %s is empty: it was cut, and what was signed is not known. Put "
                                    "its copy back; the newest checkpoint that this witness has cosigned is one"),
                                  state);
        }
    }
    if (status == DAYBOOK_OK) {
        status = witness_cosign(daybook_buffer_view(&cosigning->request), daybook_buffer_view(&cosigning->last),
                                &cosigning->log_key, &cosigning->signer, now_s, &cosigning->note, error);
    }
    /* Kept before it is shown: a crash in between loses a cosignature, never a promise. */
    if (status == DAYBOOK_OK) {
        status = small_file_write(state, daybook_buffer_view(&cosigning->note), SMALL_FILE_PRIVATE, SMALL_FILE_REPLACE,
                                  error);
    }
    return status;
}

static int run_cosign(struct invocation *invocation) {
    struct daybook_error error;
    struct cosigning cosigning = {.lock = -1};
    enum daybook_status status = cosign(invocation, &cosigning, &error);
    if (status == DAYBOOK_OK) {
        status = audit_write_output(invocation, daybook_buffer_view(&cosigning.note), &error);
    }
    if (cosigning.lock >= 0) {
        (void)close(cosigning.lock);
    }
    note_signer_clear(&cosigning.signer);
    daybook_buffer_release(&cosigning.request);
    daybook_buffer_release(&cosigning.last);
    daybook_buffer_release(&cosigning.note);
    return audit_finish(status, &error);
}

/* ---- proofs ---- */

static enum daybook_status print_proof(struct invocation *invocation, const ProtobufCMessage *answer,
                                       const char *proof_file, struct daybook_error *error) {
    if (options_has(&invocation->options, "json")) {
        return command_print_json(answer, error);
    }
    if (proof_file[0] == '\0') {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, "%s",
                            _("no checkpoint is signed that a proof could lead to; \"daybook audit checkpoint\" signs "
                              "one (and --json shows the hashes without it)"));
    }
    return audit_write_output(invocation, daybook_bytes_of_text(proof_file), error);
}

/* SIZE of --size; 0 when it is not given. */
static enum daybook_status parse_size(const struct invocation *invocation, uint64_t *size,
                                      struct daybook_error *error) {
    const char *text = options_value(&invocation->options, "size");
    *size = 0;
    return text == NULL ? DAYBOOK_OK : audit_parse_count("--size", text, size, error);
}

static enum daybook_status prove(struct invocation *invocation, struct daybook *ledger, struct daybook_error *error) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__InclusionQuery asked = PB__INCLUSION_QUERY__INIT;
    ProtobufCMessage *made = NULL;
    const char *event = options_value(&invocation->options, "event");
    query.question_case = PB__QUERY__QUESTION_INCLUSION;
    query.inclusion = &asked;
    enum daybook_status status = audit_parse_count("SEQ", invocation->options.arguments[0], &asked.sequence, error);
    if (status == DAYBOOK_OK) {
        status = parse_size(invocation, &asked.size, error);
    }
    if (status == DAYBOOK_OK) {
        status = command_ask(invocation, ledger, &query, &made, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    const Pb__InclusionAnswer *answer = (const Pb__InclusionAnswer *)made;
    if (event != NULL) {
        struct daybook_bytes bytes = {answer->event.data, answer->event.len};
        status = small_file_write(event, bytes, SMALL_FILE_PUBLIC, SMALL_FILE_REPLACE, error);
    }
    return status == DAYBOOK_OK ? print_proof(invocation, made, answer->proof_file, error) : status;
}

static enum daybook_status prove_consistency(struct invocation *invocation, struct daybook *ledger,
                                             struct daybook_error *error) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__ConsistencyQuery asked = PB__CONSISTENCY_QUERY__INIT;
    ProtobufCMessage *made = NULL;
    query.question_case = PB__QUERY__QUESTION_CONSISTENCY;
    query.consistency = &asked;
    enum daybook_status status = audit_parse_count("OLD", invocation->options.arguments[0], &asked.old_size, error);
    if (status == DAYBOOK_OK) {
        status = parse_size(invocation, &asked.size, error);
    }
    if (status == DAYBOOK_OK) {
        status = command_ask(invocation, ledger, &query, &made, error);
    }
    return status == DAYBOOK_OK
               ? print_proof(invocation, made, ((const Pb__ConsistencyAnswer *)made)->proof_file, error)
               : status;
}

static int run_with_ledger(struct invocation *invocation,
                           enum daybook_status (*act)(struct invocation *, struct daybook *, struct daybook_error *)) {
    struct daybook_error error;
    struct daybook *ledger = NULL;
    progress_watch_interrupt();
    enum daybook_status status = command_open_reader(invocation, &ledger, &error);
    if (status == DAYBOOK_OK) {
        status = act(invocation, ledger, &error);
    }
    daybook_close(ledger);
    return audit_finish(status, &error);
}

static int run_checkpoint(struct invocation *invocation) {
    if (invocation->remote != NULL && options_has(&invocation->options, "key")) {
        return command_usage(invocation, "%s",
                             _("--key names a private key of this machine, and keys do not travel: a server signs "
                               "with its own"));
    }
    return run_with_ledger(invocation, sign);
}

static int run_prove(struct invocation *invocation) {
    return run_with_ledger(invocation, prove);
}

static int run_prove_consistency(struct invocation *invocation) {
    return run_with_ledger(invocation, prove_consistency);
}

static int run_tiles(struct invocation *invocation) {
    return run_with_ledger(invocation, audit_write_tiles);
}

/* ---- the table ---- */

#define OUTPUT_OPTION                                                                                                  \
    { "output", 'o', OPTION_VALUE, false, "FILE", N_("write there (default: standard output)"), FIELD_NONE }
#define SIZE_OPTION                                                                                                    \
    {                                                                                                                  \
        "size", 0, OPTION_VALUE, false, "SIZE",                                                                        \
            N_("in the log's first so many events (default: those of the newest checkpoint)"), FIELD_NONE              \
    }

static const struct option_spec key_new_options[] = {
    {"witness", 0, OPTION_FLAG, false, NULL, N_("a key that cosigns the checkpoints of others"), FIELD_NONE},
    {"output", 'o', OPTION_VALUE, false, "FILE",
     N_("write the private key there (default: keys/log.key of the ledger)"), FIELD_NONE},
    OPTIONS_END,
};
static const struct option_spec key_show_options[] = {
    {"key", 0, OPTION_VALUE, false, "FILE", N_("of this private key (default: the ledger's)"), FIELD_NONE},
    OPTIONS_END,
};
static const struct option_spec checkpoint_options[] = {
    {"key", 0, OPTION_VALUE, false, "FILE",
     N_("sign with this private key (default: the ledger's; a server signs with its own)"), FIELD_NONE},
    {"cosigned", 0, OPTION_VALUE, false, "FILE",
     N_("sign nothing: take the cosignatures in FILE to the checkpoint that is here"), FIELD_NONE},
    OUTPUT_OPTION,
    OPTIONS_END,
};
static const struct option_spec cosign_options[] = {
    {"key", 0, OPTION_VALUE, true, "FILE", N_("the witness' private key"), FIELD_NONE},
    {"log-key", 0, OPTION_VALUE, true, "KEY", N_("the log's verifier key, received out of band"), FIELD_NONE},
    {"state", 0, OPTION_VALUE, true, "FILE", N_("what this witness has signed of this log; made the first time"),
     FIELD_NONE},
    OUTPUT_OPTION,
    OPTIONS_END,
};
static const struct option_spec prove_options[] = {
    SIZE_OPTION,
    {"event", 0, OPTION_VALUE, false, "FILE", N_("write the event's stored bytes there, too"), FIELD_NONE},
    OUTPUT_OPTION,
    OPTIONS_END,
};
static const struct option_spec verify_options[] = {
    {"customer", 0, OPTION_LIST, false, "CUSTOMER", N_("digest this customer's events, too; may be given 64 times"),
     FIELD_NONE},
    {"scratch", 0, OPTION_VALUE, false, "DIR",
     N_("fold the views there (default: in the ledger's directory; a server does it there)"), FIELD_NONE},
    OUTPUT_OPTION,
    OPTIONS_END,
};
static const struct option_spec bundle_options[] = {
    {"from", 0, OPTION_VALUE, false, "SEQ", N_("the first event (default: 1)"), FIELD_NONE},
    {"to", 0, OPTION_VALUE, false, "SEQ", N_("the last event, where a checkpoint is signed (default: the head)"),
     FIELD_NONE},
    {"as-of", 0, OPTION_VALUE, false, "DATE",
     N_("of the reports (default: the day on which the last event was recorded)"), FIELD_NONE},
    {"samples", 0, OPTION_VALUE, false, "COUNT", N_("prove so many single events, spread over the range (default: 10)"),
     FIELD_NONE},
    {"output", 'o', OPTION_VALUE, true, "FILE", N_("write the bundle there"), FIELD_NONE},
    OPTIONS_END,
};
static const struct option_spec consistency_options[] = {SIZE_OPTION, OUTPUT_OPTION, OPTIONS_END};

const struct command audit_commands[] = {
    {
        .name = "audit key new",
        .arguments = "NAME",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER,
        .run = audit_run_key_new,
        .summary = N_("make the key that the ledger signs its checkpoints with"),
        .detail =
            N_("NAME is the log's name for ever: a domain of yours and a path, such as example.org/books. The private "
               "half stays in keys/log.key, readable by its owner alone, and is never written to the journal. What "
               "is printed is the verifier's key: give it to auditors by another way than the ledger itself. That the "
               "key was made, by whom, and its public half are an event of the ledger."),
        .example = "daybook audit key new example.org/books",
        .options = key_new_options,
    },
    {
        .name = "audit key show",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = audit_run_key_show,
        .summary = N_("print the verifier's key"),
        .example = "daybook audit key show",
        .options = key_show_options,
    },
    {
        .name = "audit checkpoint",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = run_checkpoint,
        .summary = N_("sign how many events there are and the root of their tree"),
        .detail =
            N_("A checkpoint binds every event up to it: whoever keeps a copy can prove later that none was changed, "
               "removed or put in between. It is kept in checkpoints/ and printed. Nothing is signed that does not "
               "continue the newest checkpoint."),
        .example = "daybook audit checkpoint -o 2024-12-31.checkpoint",
        .options = checkpoint_options,
    },
    {
        .name = "audit cosign",
        .arguments = "FILE",
        .argument_min = 1,
        .argument_max = 1,
        .run = run_cosign,
        .summary = N_("cosign a checkpoint as a witness, who keeps no ledger"),
        .detail = N_(
            "FILE is a checkpoint, the first time, and later what \"daybook audit prove-consistency\" gives from the "
            "size that this witness signed last; - is standard input. What was signed is kept in the state's file "
            "before the cosigned checkpoint is shown. \"daybook audit key new NAME --witness -o FILE\" makes the "
            "witness' key."),
        .here = N_("signs with a key of this machine"),
        .example = "daybook audit cosign new.proof --key witness.key \\\n    --log-key \"$KEY\" --state witness.state",
        .options = cosign_options,
    },
    {
        .name = "audit prove",
        .arguments = "SEQ",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER,
        .run = run_prove,
        .summary = N_("prove that an event is in the log: a .tlog-proof file"),
        .detail =
            N_("The file ends with the newest checkpoint that has the event. \"daybook-verify inclusion\" checks it "
               "with the event's bytes, offline."),
        .example = "daybook audit prove 12 -o 12.tlog-proof --event 12.event",
        .options = prove_options,
    },
    {
        .name = "audit prove-consistency",
        .arguments = "OLD",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER,
        .run = run_prove_consistency,
        .summary = N_("prove that the log still begins with its first OLD events"),
        .detail = N_(
            "From an older checkpoint's size to the newest checkpoint: what a witness or an auditor with last year's "
            "checkpoint needs."),
        .example = "daybook audit prove-consistency 12000 -o to-now.proof",
        .options = consistency_options,
    },
    {
        .name = "audit tiles",
        .arguments = "DIR",
        .argument_min = 1,
        .argument_max = 1,
        .uses = USES_LEDGER,
        .run = run_tiles,
        .summary = N_("write the log as tiles, plain files for any web server"),
        .detail = N_("The layout is that of c2sp.org/tlog-tiles, of the newest checkpoint's size. Run again, it adds "
                     "what is new. "
                     "The tiles hold every event in full."),
        .example = "daybook audit tiles /srv/www/books-log",
    },
    {
        .name = "audit verify",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = audit_run_verify,
        .summary = N_("replay the ledger from its first event, and certify it"),
        .detail =
            N_("Frames, decoding, sequences and times are checked; every request is decided again on the state before "
               "it and "
               "must make the same bytes; the books are compared with the customers' accounts and documents; every "
               "view is "
               "folded from nothing and compared with the live one; the root is compared with every signed checkpoint. "
               "What "
               "does not hold is listed with its place, and the exit status is 4. Nothing in the ledger is changed."),
        .example = "daybook audit verify -o 2024.certificate",
        .options = verify_options,
    },
    {
        .name = "audit bundle",
        .arguments = "",
        .uses = USES_LEDGER,
        .run = audit_run_bundle,
        .summary = N_("write everything that an auditor needs into one file"),
        .detail = N_(
            "The ledger is verified first. The file (tar, compressed by zstd) has the events as protobuf and as JSON "
            "lines, schema, proofs, checkpoints, reports, the certificate, a checklist and a README. \"daybook-verify "
            "bundle\" checks it without the ledger."),
        .example = "daybook audit bundle -o 2024.tar.zst",
        .options = bundle_options,
    },
    {.name = NULL},
};
