/* What goes into a bundle: events, proofs, reports, texts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/wire.h"
#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "limits.h"
#include "projections/query.h"
#include "proof/proof_file.h"
#include "tools/bundle.h"
#include "tools/json_message.h"
#include "tools/text.h"

/* Of older checkpoints, each with its proof, no more: the signed manifest has room for some 8 000 files. */
enum { EVENT_BATCH_TAG = 0x0A, REPORT_ARENA_BYTES = 1 << 29, PAGE_ROWS = 10000, OLDER_MAX = 1500 };

/* ---- events ---- */

struct event_files {
    struct bundle_file raw;
    struct bundle_file json;
    struct arena arena; /* Reset after each event. */
    struct daybook_buffer line;
};

static enum daybook_status add_event(struct event_files *files, struct daybook_bytes event,
                                     struct daybook_error *error) {
    uint8_t head[11] = {EVENT_BATCH_TAG};
    ProtobufCMessage *message = NULL;
    size_t head_size = 1 + varint_store(head + 1, event.size);
    arena_reset(&files->arena);
    daybook_buffer_reset(&files->line);
    enum daybook_status status = bundle_file_write(&files->raw, head, head_size, error);
    if (status == DAYBOOK_OK) {
        status = bundle_file_write(&files->raw, event.data, event.size, error);
    }
    if (status == DAYBOOK_OK) {
        status = wire_decode(&pb__event__descriptor, event, &files->arena, &message, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    if (json_write_message(message, &files->line) != DAYBOOK_OK ||
        daybook_buffer_append(&files->line, "\n", 1) != DAYBOOK_OK) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("writing an event as JSON: memory was refused"));
    }
    return bundle_file_write(&files->json, files->line.data, files->line.size, error);
}

static enum daybook_status add_all(struct bundle *bundle, struct event_files *files, struct journal_reader *reader,
                                   struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    for (uint64_t next = bundle->from; status == DAYBOOK_OK && next <= bundle->to;) {
        struct journal_slice slice;
        status = journal_read(reader, next, &slice, error);
        if (status == DAYBOOK_OK && slice.count == 0) {
            status = daybook_fail(error, DAYBOOK_DAMAGED, _("the journal ends before event %" PRIu64), next);
        }
        for (size_t i = 0; status == DAYBOOK_OK && i < slice.count && next <= bundle->to; i++, next++) {
            status = add_event(files, (struct daybook_bytes){slice.events[i].data, slice.events[i].size}, error);
        }
        if (status == DAYBOOK_OK && !job_go_on(bundle->job, _("bundling"), bundle->from - 1, next - 1, bundle->to)) {
            status = daybook_fail(error, DAYBOOK_STOPPED, "%s", _("stopped; nothing was written"));
        }
    }
    return status;
}

enum daybook_status bundle_add_events(struct bundle *bundle, struct daybook_error *error) {
    struct event_files files = {0};
    struct journal_reader *reader = NULL;
    arena_init(&files.arena, (size_t)64 * LIMIT_EVENT_BYTES);
    enum daybook_status status = journal_reader_open(ledger_journal(bundle->job->ledger), &reader, error);
    if (status == DAYBOOK_OK) {
        status = bundle_file_open(bundle, "events.pb", &files.raw, error);
    }
    if (status == DAYBOOK_OK) {
        status = bundle_file_open(bundle, "events.jsonl", &files.json, error);
    }
    if (status == DAYBOOK_OK) {
        status = add_all(bundle, &files, reader, error);
    }
    status = bundle_file_close(&files.raw, status, error);
    status = bundle_file_close(&files.json, status, error);
    journal_reader_close(reader);
    daybook_buffer_release(&files.line);
    arena_release(&files.arena);
    return status;
}

/* ---- proofs ---- */

static enum daybook_status add_older(struct bundle *bundle, uint64_t size, struct daybook_error *error) {
    struct daybook_buffer note = {0};
    Pb__Query query = PB__QUERY__INIT;
    Pb__ConsistencyQuery asked = PB__CONSISTENCY_QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    char path[BUNDLE_PATH_MAX];
    enum daybook_status status = audit_checkpoint_read(bundle->job->directory, size, &note, error);
    if (status == DAYBOOK_OK) {
        (void)snprintf(path, sizeof path, "checkpoints/%020" PRIu64, size);
        status = bundle_add(bundle, path, daybook_buffer_view(&note), error);
    }
    daybook_buffer_release(&note);
    if (status != DAYBOOK_OK || size == 0) {
        return status;
    }
    asked.old_size = size;
    asked.size = bundle->to;
    query.question_case = PB__QUERY__QUESTION_CONSISTENCY;
    query.consistency = &asked;
    status = query_run(bundle->job->ledger, &query, bundle->job->arena, &answer, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    (void)snprintf(path, sizeof path, "proofs/%020" PRIu64 ".consistency", size);
    return bundle_add(bundle, path, daybook_bytes_of_text(((const Pb__ConsistencyAnswer *)answer)->proof_file), error);
}

static enum daybook_status add_sample(struct bundle *bundle, uint64_t sequence, struct daybook_error *error) {
    Pb__Query query = PB__QUERY__INIT;
    Pb__InclusionQuery asked = PB__INCLUSION_QUERY__INIT;
    ProtobufCMessage *answer = NULL;
    char path[BUNDLE_PATH_MAX];
    asked.sequence = sequence;
    asked.size = bundle->to;
    query.question_case = PB__QUERY__QUESTION_INCLUSION;
    query.inclusion = &asked;
    enum daybook_status status = query_run(bundle->job->ledger, &query, bundle->job->arena, &answer, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    (void)snprintf(path, sizeof path, "proofs/%020" PRIu64 ".tlog-proof", sequence);
    return bundle_add(bundle, path, daybook_bytes_of_text(((const Pb__InclusionAnswer *)answer)->proof_file), error);
}

/* The roots of the perfect subtrees before the first event: hashed from the events themselves. */
static enum daybook_status add_edge(struct bundle *bundle, struct daybook_error *error) {
    struct proof_file file = {.kind = PROOF_FILE_CONSISTENCY, .number = bundle->from - 1};
    struct merkle_edge edge = {0};
    struct daybook_buffer text = {0};
    struct journal_reader *reader = NULL;
    struct sha256 *sha256 = sha256_open();
    enum daybook_status status = sha256 == NULL
                                     ? daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("hashing: memory was refused"))
                                     : journal_reader_open(ledger_journal(bundle->job->ledger), &reader, error);
    while (status == DAYBOOK_OK && edge.size < bundle->from - 1) {
        struct journal_slice slice;
        status = journal_read(reader, edge.size + 1, &slice, error);
        for (size_t i = 0; status == DAYBOOK_OK && i < slice.count && edge.size < bundle->from - 1; i++) {
            struct merkle_hash leaf;
            merkle_leaf(sha256, (struct daybook_bytes){slice.events[i].data, slice.events[i].size}, &leaf);
            status = merkle_edge_add(&edge, sha256, &leaf, NULL, NULL, error);
        }
    }
    file.proof.count = merkle_edge_count(&edge);
    memcpy(file.proof.hashes, edge.roots, file.proof.count * sizeof edge.roots[0]);
    if (status == DAYBOOK_OK && proof_file_format(&file, &text) != DAYBOOK_OK) {
        status = daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("writing the edge: memory was refused"));
    }
    if (status == DAYBOOK_OK) {
        status = bundle_add(bundle, "edge", daybook_buffer_view(&text), error);
    }
    daybook_buffer_release(&text);
    journal_reader_close(reader);
    sha256_close(sha256);
    return status;
}

/* The i-th of `chosen` places among `count`, at equal distances from the first to the last; the last, if it is one. */
static uint64_t place_among(uint64_t i, uint64_t chosen, uint64_t count) {
    return chosen == 1 ? count - 1 : i * (count - 1) / (chosen - 1);
}

enum daybook_status bundle_add_proofs(struct bundle *bundle, struct daybook_error *error) {
    struct audit_sizes sizes;
    enum daybook_status status = bundle_add(bundle, "checkpoint", bundle->checkpoint, error);
    if (status == DAYBOOK_OK) {
        status = add_edge(bundle, error);
    }
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = audit_checkpoints_list(bundle->job->directory, &sizes, error);
    size_t older = 0;
    while (status == DAYBOOK_OK && older < sizes.count && sizes.items[older] < bundle->to) {
        older++;
    }
    uint64_t kept = older < OLDER_MAX ? older : OLDER_MAX;
    for (uint64_t i = 0; status == DAYBOOK_OK && i < kept; i++) {
        status = add_older(bundle, sizes.items[place_among(i, kept, older)], error);
    }
    audit_sizes_release(&sizes);
    uint64_t count = bundle->to - bundle->from + 1;
    uint64_t samples = bundle->samples < count ? bundle->samples : count;
    for (uint64_t i = 0; status == DAYBOOK_OK && i < samples; i++) {
        status = add_sample(bundle, bundle->from + place_among(i, samples, count), error);
    }
    return status;
}

/* ---- reports ---- */

struct report {
    Pb__At at;
    Pb__Page page;
    Pb__BalanceQuery balance;
    Pb__OpenItemsQuery open_items;
    Pb__AgingQuery aging;
    Pb__TrialBalanceQuery trial_balance;
};

/* Each report is all pages of one question, one answer a line. */
static enum daybook_status add_report(struct bundle *bundle, const char *path, struct report *report,
                                      const Pb__Query *query, struct daybook_error *error) {
    struct arena arena;
    struct bundle_file file;
    struct daybook_buffer line = {0};
    char cursor[256] = "";
    arena_init(&arena, REPORT_ARENA_BYTES);
    enum daybook_status status = bundle_file_open(bundle, path, &file, error);
    do {
        ProtobufCMessage *answer = NULL;
        report->page.cursor = cursor;
        arena_reset(&arena);
        daybook_buffer_reset(&line);
        if (status == DAYBOOK_OK) {
            status = query_run(bundle->job->ledger, query, &arena, &answer, error);
        }
        if (status != DAYBOOK_OK) {
            break;
        }
        if (json_write_message(answer, &line) != DAYBOOK_OK || daybook_buffer_append(&line, "\n", 1) != DAYBOOK_OK) {
            status = daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("writing a report: memory was refused"));
            break;
        }
        status = bundle_file_write(&file, line.data, line.size, error);
        const ProtobufCFieldDescriptor *next =
            protobuf_c_message_descriptor_get_field_by_name(answer->descriptor, "next_cursor");
        const char *text = next == NULL ? "" : *(char *const *)(const void *)((const uint8_t *)answer + next->offset);
        (void)snprintf(cursor, sizeof cursor, "%s", text);
    } while (status == DAYBOOK_OK && cursor[0] != '\0');
    status = bundle_file_close(&file, status, error);
    daybook_buffer_release(&line);
    arena_release(&arena);
    return status;
}

enum daybook_status bundle_add_reports(struct bundle *bundle, struct daybook_error *error) {
    struct report report = {PB__AT__INIT,
                            PB__PAGE__INIT,
                            PB__BALANCE_QUERY__INIT,
                            PB__OPEN_ITEMS_QUERY__INIT,
                            PB__AGING_QUERY__INIT,
                            PB__TRIAL_BALANCE_QUERY__INIT};
    char known_at[32];
    Pb__Query query = PB__QUERY__INIT;
    (void)snprintf(known_at, sizeof known_at, "%" PRIu64, bundle->to);
    report.at.as_of = (char *)(uintptr_t)bundle->as_of;
    report.at.known_at = known_at;
    report.at.with_time = true;
    report.page.limit = PAGE_ROWS;
    report.balance.at = report.open_items.at = report.aging.at = report.trial_balance.at = &report.at;
    report.balance.page = report.open_items.page = report.aging.page = &report.page;
    query.question_case = PB__QUERY__QUESTION_BALANCE;
    query.balance = &report.balance;
    enum daybook_status status = add_report(bundle, "reports/balance.jsonl", &report, &query, error);
    if (status == DAYBOOK_OK) {
        query.question_case = PB__QUERY__QUESTION_OPEN_ITEMS;
        query.open_items = &report.open_items;
        status = add_report(bundle, "reports/open-items.jsonl", &report, &query, error);
    }
    if (status == DAYBOOK_OK) {
        query.question_case = PB__QUERY__QUESTION_AGING;
        query.aging = &report.aging;
        status = add_report(bundle, "reports/aging.jsonl", &report, &query, error);
    }
    if (status == DAYBOOK_OK) {
        query.question_case = PB__QUERY__QUESTION_TRIAL_BALANCE;
        query.trial_balance = &report.trial_balance;
        status = add_report(bundle, "reports/trial-balance.jsonl", &report, &query, error);
    }
    return status;
}

/* ---- texts ---- */

static const char readme[] =
    "This is an audit bundle of a Daybook ledger. It is checked without the ledger, offline:\n"
    "\n"
    "    daybook-verify --key KEY --witness KEY bundle FILE\n"
    "\n"
    "The first KEY is the log's, the second an outsider's who cosigned the checkpoint (leave it out where nobody did). "
    "They\n"
    "must come to you by another way than this file: verifier.key is here for comparison only. The program hashes "
    "every\n"
    "event again, and checks that they lead to the checkpoint that the log and its witnesses signed, that every older\n"
    "checkpoint continues into it, that events.jsonl says what the hashed bytes say, that each proof holds, and that "
    "every\n"
    "file is the one that the signed MANIFEST names. It prints \"good: ...\" and ends with status 0; or it says what "
    "it\n"
    "refuses, and ends with status 4. What an auditor asks for, point by point, is in CHECKLIST.txt.\n"
    "\n"
    "\"tar --zstd -xf FILE\" unpacks it. Without daybook-verify: the tree is RFC 6962's over the events' bytes "
    "(events.pb is\n"
    "a protobuf message EventBatch of schema/daybook/v1/event.proto; a leaf is one element of it, as it stands), "
    "checkpoint\n"
    "and MANIFEST are signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), proofs/*.tlog-proof are\n"
    "c2sp.org/tlog-proof files. `edge` says how many events stand before the first one here (\"old N\"), and the roots "
    "of the\n"
    "perfect subtrees over them, the largest first: the events here are added behind those, and lead to the root of "
    "all.\n"
    "\n"
    "certificate says what a replay from the first event found: that every event follows from the rules and the state\n"
    "before it. reports/ are the ledger's answers at the end of the range, each with its coordinates and policies; an\n"
    "independent replay of events.jsonl must come to the same figures.\n";

static const char checklist[] =
    "The auditor's checklist, and where this bundle answers it\n"
    "\n"
    "1. The log's key, received out of band.\n"
    "   Not from here: compare yours with verifier.key. daybook-verify takes yours.\n"
    "2. A checkpoint of the period's end, cosigned by an outsider.\n"
    "   checkpoint; give the outsider's key with --witness, and --cosigned-since for how recent it must be.\n"
    "3. A consistency proof from last year's checkpoint.\n"
    "   checkpoints/ and proofs/*.consistency; compare the copy that you kept with the one in checkpoints/.\n"
    "   Of more than 1500 there are 1500 in it, evenly spread, with the first and the last; \"daybook audit\n"
    "   prove-consistency SIZE\" proves another one.\n"
    "4. The whole export rehashed to the root, with its count equal to the tree's size.\n"
    "   events.pb from `edge` to checkpoint; daybook-verify hashes every event. For the whole log the range begins at "
    "1.\n"
    "5. An independent replay to balances equal to the reported ones.\n"
    "   events.jsonl and schema/ are what to replay, reports/ what to come to; \"daybook export\" writes plain-text "
    "books\n"
    "   for hledger, ledger and Beancount. Ours is the certificate.\n"
    "6. A proof file for each sampled event.\n"
    "   proofs/*.tlog-proof, spread over the range; \"daybook audit prove SEQ\" makes one for any other.\n"
    "7. Reports that carry their parameters, position, root, code version and digest.\n"
    "   Position and policies are in each line of reports/; root, code version and the views' digests are in "
    "certificate;\n"
    "   each report's own digest is in MANIFEST.\n"
    "8. Who and when on every event.\n"
    "   actor and recordedAtUs of every line of events.jsonl.\n";

static enum daybook_status add_key(struct bundle *bundle, struct daybook_error *error) {
    struct note_key key;
    char text[NOTE_KEY_TEXT_MAX];
    enum daybook_status status = audit_key_load(bundle->job->directory, &key, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    note_key_format(&key, text);
    size_t size = strlen(text);
    text[size++] = '\n';
    return bundle_add(bundle, "verifier.key", (struct daybook_bytes){(const uint8_t *)text, size}, error);
}

enum daybook_status bundle_add_texts(struct bundle *bundle, struct daybook_error *error) {
    enum daybook_status status = bundle_add(bundle, "README.txt", daybook_bytes_of_text(readme), error);
    if (status == DAYBOOK_OK) {
        status = bundle_add(bundle, "CHECKLIST.txt", daybook_bytes_of_text(checklist), error);
    }
    if (status == DAYBOOK_OK) {
        status = add_key(bundle, error);
    }
    for (const struct schema_text *text = schema_texts; status == DAYBOOK_OK && text->path != NULL; text++) {
        char path[BUNDLE_PATH_MAX];
        (void)snprintf(path, sizeof path, "schema/%s", text->path);
        status = bundle_add(bundle, path, (struct daybook_bytes){text->text, text->size}, error);
    }
    return status;
}
