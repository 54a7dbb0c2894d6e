/*
 * An audit bundle: one tar file, compressed by zstd, that holds what an auditor
 * needs and nothing of ours to trust.
 *
 *     MANIFEST                 a signed note; its text is "daybook audit bundle", "log: NAME",
 *                              "events: FROM to TO", and "file: SHA-256 SIZE PATH" for each other file
 *     checkpoint               of the first TO events, with its cosignatures
 *     checkpoints/SIZE         every older one; of more than 1500, so many at equal distances
 *     proofs/SIZE.consistency  from each of those to `checkpoint`
 *     proofs/SEQ.tlog-proof    of some events
 *     edge                     "old FROM-1" and the roots of the perfect subtrees before FROM: with these and the
 *                              events the root of `checkpoint` is computed again
 *     events.pb                EventBatch: each event's stored bytes
 *     events.jsonl             the same as proto3 JSON, one a line
 *     certificate              the replay certificate, signed; certificate.json
 *     reports/NAME.jsonl       answers of the ledger at the end, one page a line
 *     schema/...               the messages' definitions
 *     verifier.key README.txt CHECKLIST.txt
 *
 *   BU1  MANIFEST comes first, and names every other file.
 *   BU2  Paths are relative, without "..", and of plain files alone.
 */
#ifndef DAYBOOK_TOOLS_BUNDLE_H
#define DAYBOOK_TOOLS_BUNDLE_H

#include <stdio.h>

#include "base/hash.h"
#include "tools/job.h"

enum { BUNDLE_PATH_MAX = 128, BUNDLE_FILES_MAX = 4096 };

struct bundle_entry {
    char path[BUNDLE_PATH_MAX];
    uint64_t size;
    uint8_t sha256[SHA256_SIZE];
};

/* What is gathered in a directory before it is packed. */
struct bundle {
    struct job *job;
    const char *directory; /* Where it is gathered. */
    uint64_t from;
    uint64_t to;
    const char *as_of; /* "2024-12-31": of the reports. */
    uint64_t samples;
    struct daybook_bytes checkpoint;
    struct bundle_entry *entries;
    size_t entry_count;
};

/* One file while it is written. */
struct bundle_file {
    struct bundle *bundle;
    FILE *stream;
    struct sha256 *sha256;
    struct bundle_entry *entry;
};
DAYBOOK_MUST_USE enum daybook_status bundle_file_open(struct bundle *bundle, const char *path, struct bundle_file *file,
                                                      struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status bundle_file_write(struct bundle_file *file, const void *data, size_t size,
                                                       struct daybook_error *error);
/* Passes `status` on, or IO. Accepts one that was not opened. */
enum daybook_status bundle_file_close(struct bundle_file *file, enum daybook_status status,
                                      struct daybook_error *error);
/* All at once. */
DAYBOOK_MUST_USE enum daybook_status bundle_add(struct bundle *bundle, const char *path, struct daybook_bytes content,
                                                struct daybook_error *error);

/* bundle_content.c */
DAYBOOK_MUST_USE enum daybook_status bundle_add_events(struct bundle *bundle, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status bundle_add_proofs(struct bundle *bundle, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status bundle_add_reports(struct bundle *bundle, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status bundle_add_texts(struct bundle *bundle, struct daybook_error *error);

/* bundle_pack.c: `entries` in their order, tar and zstd, given away as the job's file. */
DAYBOOK_MUST_USE enum daybook_status bundle_pack(const struct bundle *bundle, struct daybook_error *error);

/* The schema's files, made at build time; ends with a NULL path. */
struct schema_text {
    const char *path;
    const unsigned char *text;
    size_t size;
};
extern const struct schema_text schema_texts[];

#endif
