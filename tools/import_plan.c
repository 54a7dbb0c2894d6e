/* What a file will be submitted as. */
#include "tools/import_plan.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "codec/wire.h"
#include "limits.h"
#include "tools/digest_set.h"
#include "tools/import_dates.h"
#include "tools/text.h"

#define HEADER_ARENA_BYTES ((size_t)16 << 20)
#define ROW_ARENA_BYTES    ((size_t)64 << 20)

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("planning the import: memory was refused; split the file"));
}

/* ---- the header ---- */

/* Columns of one name (two without any) stay in the file's order, whatever qsort_r makes of equals: keys hang on it. */
static int compare_columns(const void *a, const void *b, void *context) {
    const struct csv_record *header = context;
    size_t left = *(const size_t *)a;
    size_t right = *(const size_t *)b;
    int order = strcmp(header->fields[left], header->fields[right]);
    return order != 0 ? order : left < right ? -1 : left > right ? 1 : 0;
}

static void pass_line(struct csv_reader *reader) {
    const char *newline = memchr(reader->text + reader->at, '\n', reader->size - reader->at);
    reader->at = newline == NULL ? reader->size : (size_t)(newline - reader->text) + 1;
    reader->line++;
}

/* What stands before the header: "sep=;", which tells a spreadsheet what parts fields, and as many lines as the map
 * says. */
static enum daybook_status pass_preamble(struct plan *plan, struct csv_reader *reader, struct daybook_error *error) {
    static const char mark[] = "sep=";
    const char *after = reader->text + sizeof mark - 1;
    if (reader->size > sizeof mark && memcmp(reader->text, mark, sizeof mark - 1) == 0 &&
        (after[1] == '\n' || after[1] == '\r')) {
        if (after[0] != reader->delimiter) {
            return daybook_fail(error, DAYBOOK_INVALID,
                                _("%s: its first line says that \"%c\" parts the fields, and the map says \"%c\""),
                                plan->name, after[0], reader->delimiter);
        }
        pass_line(reader);
    }
    for (uint32_t i = 0; i < plan->map->skip_lines; i++) {
        pass_line(reader);
    }
    return DAYBOOK_OK;
}

static enum daybook_status read_header(struct plan *plan, struct csv_reader *reader, struct import_map *map,
                                       struct daybook_error *error) {
    const char *complaint = _("it is empty");
    DAYBOOK_TRY(pass_preamble(plan, reader, error));
    if (csv_next(reader, &plan->header_arena, &plan->header, &complaint) != CSV_RECORD) {
        return daybook_fail(error, DAYBOOK_INVALID, _("%s, line %" PRIu64 ": no header of columns: %s"), plan->name,
                            plan->header.line, complaint);
    }
    size_t count = plan->header.field_count;
    plan->column_order = arena_alloc(&plan->header_arena, count * sizeof *plan->column_order);
    if (plan->column_order == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        plan->column_order[i] = i;
    }
    qsort_r(plan->column_order, count, sizeof *plan->column_order, compare_columns, &plan->header);
    enum daybook_status status = import_map_bind(map, &plan->header, error);
    if (status == DAYBOOK_OK) {
        status = import_dates_settle(map, *reader, &plan->header, error);
    }
    return status == DAYBOOK_OK ? status : daybook_fail_in(error, "%s", plan->name);
}

/* ---- rows and keys ---- */

static void hash_text(struct sha256 *sha256, const char *text) {
    uint8_t size[8];
    store_le64(size, strlen(text));
    sha256_update(sha256, size, sizeof size);
    sha256_update(sha256, text, strlen(text));
}

static void digest_row(struct plan *plan, const struct csv_record *record, uint8_t digest[SHA256_SIZE]) {
    sha256_begin(plan->sha256);
    hash_text(plan->sha256, "daybook import row 1");
    for (size_t i = 0; i < record->field_count; i++) {
        hash_text(plan->sha256, plan->header.fields[plan->column_order[i]]);
        hash_text(plan->sha256, record->fields[plan->column_order[i]]);
    }
    sha256_end(plan->sha256, digest);
}

static void key_of_row(struct plan *plan, const struct plan_row *row, uint32_t rule, uint8_t key[SHA256_SIZE]) {
    uint8_t numbers[8];
    store_le32(numbers, row->occurrence);
    store_le32(numbers + 4, rule);
    sha256_begin(plan->sha256);
    hash_text(plan->sha256, "daybook import key 1");
    sha256_update(plan->sha256, row->digest, SHA256_SIZE);
    sha256_update(plan->sha256, numbers, sizeof numbers);
    sha256_end(plan->sha256, key);
}

/* A request that is made once a customer does not hang on one row: its key is of what it says. */
static enum daybook_status key_of_content(struct plan *plan, const Pb__Request *request, uint8_t key[SHA256_SIZE]) {
    struct daybook_buffer encoded = {0};
    enum daybook_status status = wire_encode(&request->base, &encoded);
    if (status == DAYBOOK_OK) {
        sha256_begin(plan->sha256);
        hash_text(plan->sha256, "daybook import once 1");
        sha256_update(plan->sha256, encoded.data, encoded.size);
        sha256_end(plan->sha256, key);
    }
    daybook_buffer_release(&encoded);
    return status;
}

/* Room for one more in a growing array. */
static bool grow(void **items, size_t count, size_t *capacity, size_t item_size) {
    if (count < *capacity) {
        return true;
    }
    size_t wanted = *capacity == 0 ? 4096 : *capacity * 2;
    void *grown = reallocarray(*items, wanted, item_size);
    if (grown == NULL) {
        return false;
    }
    *items = grown;
    *capacity = wanted;
    return true;
}

static void complain(struct plan *plan, uint64_t line, const char *sentence) {
    plan->bad_count++;
    plan->complain(plan->context, line, sentence);
}

/* A quote that is not closed where it should be takes later lines along: they are left out with it, so they are named.
 */
static void complain_of_text(struct plan *plan, uint64_t line, uint64_t last_line, const char *complaint) {
    char sentence[DAYBOOK_ERROR_SIZE];
    if (last_line > line) {
        (void)snprintf(sentence, sizeof sentence, _("%s; it takes all up to line %" PRIu64 " along"), complaint,
                       last_line);
        complaint = sentence;
    }
    complain(plan, line, complaint);
}

/* ---- checking ---- */

/* What checking keeps aside from the plan itself. */
struct checking {
    struct digest_set occurrences; /* Row digests. */
    struct digest_set customers;   /* Digests of (rule, customer); the value is the entry. */
};

static enum daybook_status add_entry(struct plan *plan, struct plan_entry entry, struct daybook_error *error) {
    void *items = plan->entries;
    if (!grow(&items, plan->entry_count, &plan->entry_capacity, sizeof *plan->entries)) {
        return no_memory(error);
    }
    plan->entries = items;
    plan->entries[plan->entry_count++] = entry;
    return DAYBOOK_OK;
}

/* The customer's first row makes the entry; an earlier date of a later row moves it. */
static enum daybook_status add_once(struct plan *plan, struct checking *checking, const char *customer,
                                    struct plan_entry entry, struct daybook_error *error) {
    uint8_t digest[SHA256_SIZE];
    uint8_t rule[4];
    store_le32(rule, entry.rule);
    sha256_begin(plan->sha256);
    sha256_update(plan->sha256, rule, sizeof rule);
    hash_text(plan->sha256, customer);
    sha256_end(plan->sha256, digest);
    uint64_t *index = digest_set_find_or_add(&checking->customers, digest, UINT64_MAX);
    if (index == NULL) {
        return no_memory(error);
    }
    if (*index == UINT64_MAX) {
        *index = plan->entry_count;
        return add_entry(plan, entry, error);
    }
    if (entry.effective_on < plan->entries[*index].effective_on) {
        plan->entries[*index] = entry;
    }
    return DAYBOOK_OK;
}

/* A last row without an end may have lost digits of its last amount, and still be a row. */
static enum daybook_status check_end(struct plan *plan, const struct csv_record *record, struct daybook_error *error) {
    struct daybook_error reason;
    if (!record->is_open_ended) {
        return DAYBOOK_OK;
    }
    reason.status = daybook_fail(
        &reason, DAYBOOK_INVALID,
        _("the file ends within this line: if it was cut off, \"%.60s\" is not the whole of its last cell"),
        record->fields[record->field_count - 1]);
    if (plan->is_strict) {
        return daybook_fail_as(error, &reason);
    }
    plan->note(plan->context, NOTE_NO_LINE_END, record->line, daybook_error_shown(&reason));
    return DAYBOOK_OK;
}

/* A line of totals, an amount of zero: no rule was for it. A map that only opens customers has no other. */
static void note_idle(struct plan *plan, const struct csv_record *record, Pb__Request *const *found) {
    bool has_others = false;
    bool is_once_made = false;
    for (size_t i = 0; i < plan->map->request_count; i++) {
        bool is_once = plan->map->requests[i].is_once;
        if (found[i] != NULL && !is_once) {
            return;
        }
        has_others |= !is_once;
        is_once_made |= found[i] != NULL;
    }
    if (has_others || !is_once_made) {
        plan->idle_count++;
        plan->note(plan->context, NOTE_NO_REQUEST, record->line, _("no request of the map is for this row"));
    }
}

/* The requests of one row, all or none: `found` has room for one a rule. */
static enum daybook_status check_row(struct plan *plan, const struct csv_record *record, Pb__Request **found,
                                     struct daybook_error *error) {
    if (record->field_count != plan->header.field_count) {
        return daybook_fail(error, DAYBOOK_INVALID, _("it has %zu fields and the header has %zu"), record->field_count,
                            plan->header.field_count);
    }
    for (size_t i = 0; i < plan->map->request_count; i++) {
        const struct map_request *rule = &plan->map->requests[i];
        bool applies;
        found[i] = NULL;
        enum daybook_status status = import_map_applies(plan->map, rule, record, &applies, error);
        if (status == DAYBOOK_OK && applies) {
            status = import_map_build(plan->map, rule, record, plan->currency, &plan->row_arena, &found[i], error);
        }
        if (status == DAYBOOK_OK && applies &&
            protobuf_c_message_get_packed_size(&found[i]->base) + LIMIT_KEY_BYTES * 3 > LIMIT_REQUEST_BYTES) {
            status =
                daybook_fail(error, DAYBOOK_INVALID, _("its request is larger than %d bytes"), LIMIT_REQUEST_BYTES);
        }
        if (status != DAYBOOK_OK) {
            return status;
        }
    }
    return DAYBOOK_OK;
}

static enum daybook_status keep_row(struct plan *plan, struct checking *checking, const struct csv_record *record,
                                    Pb__Request *const *found, struct daybook_error *error) {
    void *items = plan->rows;
    if (!grow(&items, plan->row_count, &plan->row_capacity, sizeof *plan->rows)) {
        return no_memory(error);
    }
    plan->rows = items;
    struct plan_row *row = &plan->rows[plan->row_count];
    *row = (struct plan_row){.line = record->line, .offset = record->offset};
    digest_row(plan, record, row->digest);
    uint64_t *seen = digest_set_find_or_add(&checking->occurrences, row->digest, 0);
    if (seen == NULL) {
        return no_memory(error);
    }
    row->occurrence = (uint32_t)*seen;
    *seen += 1;
    enum daybook_status status = DAYBOOK_OK;
    for (uint32_t i = 0; status == DAYBOOK_OK && i < plan->map->request_count; i++) {
        int32_t date = DATE_NONE;
        if (found[i] == NULL) {
            continue;
        }
        bool is_date = date_parse(found[i]->effective_on, strlen(found[i]->effective_on), &date);
        assert(is_date); /* The mapping requires one, and building has checked it. */
        (void)is_date;
        struct plan_entry entry = {.effective_on = date, .rule = i, .row = plan->row_count};
        status = plan->map->requests[i].is_once ? add_once(plan, checking, found[i]->customer, entry, error)
                                                : add_entry(plan, entry, error);
    }
    plan->row_count++;
    return status;
}

static enum daybook_status check_all(struct plan *plan, struct checking *checking, struct csv_reader *reader,
                                     struct daybook_error *error) {
    Pb__Request *found[IMPORT_REQUESTS_MAX];
    for (;;) {
        struct csv_record record = {0};
        const char *complaint = "";
        arena_reset(&plan->row_arena);
        enum csv_result result = csv_next(reader, &plan->row_arena, &record, &complaint);
        if (result == CSV_END) {
            return DAYBOOK_OK;
        }
        plan->data_rows++;
        if (result == CSV_COMPLAINT) {
            complain_of_text(plan, record.line, reader->line - 1, complaint);
            continue;
        }
        struct daybook_error reason;
        enum daybook_status status = check_row(plan, &record, found, &reason);
        if (status == DAYBOOK_OK) {
            status = check_end(plan, &record, &reason);
        }
        if (status == DAYBOOK_INVALID) {
            complain(plan, record.line, daybook_error_shown(&reason));
            continue;
        }
        status =
            status == DAYBOOK_OK ? keep_row(plan, checking, &record, found, error) : daybook_fail_as(error, &reason);
        if (status != DAYBOOK_OK) {
            return status;
        }
        note_idle(plan, &record, found);
    }
}

static int compare_entries(const void *a, const void *b, void *context) {
    const struct plan *plan = context;
    const struct plan_entry *left = a;
    const struct plan_entry *right = b;
    bool left_once = plan->map->requests[left->rule].is_once;
    bool right_once = plan->map->requests[right->rule].is_once;
    if (left_once != right_once) {
        return left_once ? -1 : 1;
    }
    if (left->effective_on != right->effective_on) {
        return left->effective_on < right->effective_on ? -1 : 1;
    }
    if (left->row != right->row) {
        return left->row < right->row ? -1 : 1;
    }
    return left->rule < right->rule ? -1 : left->rule > right->rule ? 1 : 0;
}

enum daybook_status plan_make(struct plan *plan, struct import_map *map, struct daybook_error *error) {
    struct checking checking = {0};
    struct csv_reader reader = {
        .text = (const char *)plan->text.data, .size = plan->text.size, .line = 1, .delimiter = map->delimiter};
    plan->map = map;
    arena_init(&plan->header_arena, HEADER_ARENA_BYTES);
    arena_init(&plan->row_arena, ROW_ARENA_BYTES);
    plan->sha256 = sha256_open();
    if (plan->sha256 == NULL) {
        return no_memory(error);
    }
    enum daybook_status status = read_header(plan, &reader, map, error);
    if (status == DAYBOOK_OK) {
        status = check_all(plan, &checking, &reader, error);
    }
    if (status == DAYBOOK_OK && plan->entry_count > 0) {
        qsort_r(plan->entries, plan->entry_count, sizeof *plan->entries, compare_entries, plan);
    }
    digest_set_release(&checking.occurrences);
    digest_set_release(&checking.customers);
    return status;
}

void plan_release(struct plan *plan) {
    arena_release(&plan->header_arena);
    arena_release(&plan->row_arena);
    sha256_close(plan->sha256);
    free(plan->rows);
    free(plan->entries);
}

/* ---- encoding ---- */

enum daybook_status plan_encode(struct plan *plan, size_t index, struct daybook_buffer *encoded, uint64_t *line,
                                struct daybook_error *error) {
    const struct plan_entry *entry = &plan->entries[index];
    const struct plan_row *row = &plan->rows[entry->row];
    const struct map_request *rule = &plan->map->requests[entry->rule];
    struct csv_reader reader = {.text = (const char *)plan->text.data,
                                .size = plan->text.size,
                                .at = row->offset,
                                .line = row->line,
                                .delimiter = plan->map->delimiter};
    struct csv_record record = {0};
    const char *complaint = "";
    Pb__Request *request;
    uint8_t key[SHA256_SIZE];
    arena_reset(&plan->row_arena);
    *line = row->line;
    if (csv_next(&reader, &plan->row_arena, &record, &complaint) != CSV_RECORD) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, _("line %" PRIu64 ": %s"), row->line, complaint);
    }
    enum daybook_status status =
        import_map_build(plan->map, rule, &record, plan->currency, &plan->row_arena, &request, error);
    if (status != DAYBOOK_OK) {
        return daybook_fail_in(error, _("line %" PRIu64), row->line);
    }
    if (rule->is_once) {
        status = key_of_content(plan, request, key);
    } else {
        key_of_row(plan, row, entry->rule, key);
    }
    request->key = (ProtobufCBinaryData){IMPORT_KEY_BYTES, key};
    request->actor = (char *)(uintptr_t)plan->actor;
    if (status == DAYBOOK_OK) {
        status = wire_encode(&request->base, encoded);
    }
    return status == DAYBOOK_OK ? status : no_memory(error);
}

const char *plan_command(const struct plan *plan, size_t index) {
    return plan->map->requests[plan->entries[index].rule].arm->name;
}

bool plan_is_once(const struct plan *plan, size_t index) {
    return plan->map->requests[plan->entries[index].rule].is_once;
}
