/*
 * Where an exported table goes: standard output, one file, or a directory with
 * a file for each month.
 *
 *   DP1  A file, and a directory of months, is in its place whole or not at all.
 *   DP2  Beside a file FILE stands FILE.manifest.json, in a directory manifest.json: what is in it, as known when,
 *        under which root of the journal, and the SHA-256 of each file. It is written last.
 *   DP3  What is held in memory has a bound (PLACE_BYTES), however many months there are.
 */
#ifndef DAYBOOK_TOOLS_DATASET_PLACE_H
#define DAYBOOK_TOOLS_DATASET_PLACE_H

#include "tools/dataset.h"
#include "tools/output_file.h"
#include "tools/row_writer.h"

enum { PLACE_MONTHS_MAX = 600, PLACE_BYTES = 64 << 20, MONTH_TEXT_SIZE = 16 };

/* What the manifest says beside the files; borrowed. */
struct dataset_facts {
    const struct dataset *dataset;
    const char *as_of;
    const char *known_at_time; /* "" = nothing was known. */
    uint64_t known_at;
    uint64_t since;
    char ledger_id[33]; /* In hexadecimal, as is the root of the journal's first `known_at` events. */
    char root[SHA256_SIZE * 2 + 1];
};

/* One file. */
struct dataset_part {
    char month[MONTH_TEXT_SIZE]; /* "2024-02"; "" = all of them. */
    char path[PATH_MAX];
    struct output_file file;
    struct row_writer writer;
    struct sha256 *sha256;
    uint64_t size_bytes;
    char digest[SHA256_SIZE * 2 + 1];
};

struct dataset_place {
    const struct dataset_facts *facts;
    enum row_format format;
    const char *path; /* NULL = standard output. */
    bool is_by_month;
    char beside[PATH_MAX]; /* Where the directory grows; "" = nowhere. */
    struct compressor *compressor;
    struct dataset_part **parts; /* By month. */
    size_t part_count;
    uint64_t rows_since_look;
};

/* After any result: dataset_place_close. EXISTS: the directory of months is there already. */
DAYBOOK_MUST_USE enum daybook_status dataset_place_open(struct dataset_place *place, const struct dataset_facts *facts,
                                                        enum row_format format, const char *path, bool is_by_month,
                                                        struct daybook_error *error);

/* A dataset_take; its context is the place. LIMIT: too many months. */
dataset_take dataset_place_take;

/* Puts everything in its place where `status` is OK; else leaves nothing. Returns `status`, or what failed. */
enum daybook_status dataset_place_close(struct dataset_place *place, enum daybook_status status,
                                        struct daybook_error *error);

/* The manifest of a place whose files are closed, as JSON. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status dataset_manifest(const struct dataset_place *place, struct daybook_buffer *out);

#endif
