/* What an export says of itself: a JSON object beside its files. */
#include "tools/dataset_place.h"

#include <inttypes.h>
#include <string.h>

#include "tools/json_message.h"

static const char *const type_names[] = {
    [COLUMN_TEXT] = "text", [COLUMN_WHOLE] = "int64", [COLUMN_AMOUNT] = "decimal(23,4)",
    [COLUMN_FLAG] = "bool", [COLUMN_DATE] = "date",   [COLUMN_INSTANT] = "timestamp(us,utc)",
};

static enum daybook_status append(struct daybook_buffer *out, const char *text) {
    return daybook_buffer_append(out, text, strlen(text));
}

static enum daybook_status append_text(struct daybook_buffer *out, const char *before, const char *text) {
    DAYBOOK_TRY(append(out, before));
    return json_write_text(out, text);
}

static enum daybook_status append_number(struct daybook_buffer *out, const char *before, uint64_t number) {
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    DAYBOOK_TRY(append(out, before));
    return append(out, text);
}

static enum daybook_status append_key(struct daybook_buffer *out, const char *key) {
    DAYBOOK_TRY(append(out, ",\n  \"key\": ["));
    for (const char *at = key; *at != '\0';) {
        size_t size = strcspn(at, ",");
        DAYBOOK_TRY(append(out, at == key ? "\"" : ", \""));
        DAYBOOK_TRY(daybook_buffer_append(out, at, size));
        DAYBOOK_TRY(append(out, "\""));
        at += size + (at[size] == ',' ? 1 : 0);
    }
    return append(out, "]");
}

/* Paths are told from where the manifest is. */
static enum daybook_status append_part(struct daybook_buffer *out, const struct dataset_place *place,
                                       const struct dataset_part *part) {
    size_t skipped = place->is_by_month ? strlen(place->beside) + 1 : 0;
    const char *slash = strrchr(part->path, '/');
    const char *path = place->is_by_month ? part->path + skipped : slash == NULL ? part->path : slash + 1;
    DAYBOOK_TRY(append_text(out, "    {\"path\": ", path));
    if (part->month[0] != '\0') {
        DAYBOOK_TRY(append_text(out, ", \"month\": ", part->month));
    }
    DAYBOOK_TRY(append_number(out, ", \"rows\": ", part->writer.row_count));
    DAYBOOK_TRY(append_number(out, ", \"bytes\": ", part->size_bytes));
    DAYBOOK_TRY(append_text(out, ", \"sha256\": ", part->digest));
    return append(out, "}");
}

static enum daybook_status append_parts(struct daybook_buffer *out, const struct dataset_place *place) {
    uint64_t rows = 0;
    for (size_t i = 0; i < place->part_count; i++) {
        rows += place->parts[i]->writer.row_count;
    }
    DAYBOOK_TRY(append_number(out, ",\n  \"rows\": ", rows));
    DAYBOOK_TRY(append(out, ",\n  \"files\": [\n"));
    for (size_t i = 0; i < place->part_count; i++) {
        DAYBOOK_TRY(append(out, i == 0 ? "" : ",\n"));
        DAYBOOK_TRY(append_part(out, place, place->parts[i]));
    }
    return append(out, "\n  ]");
}

static enum daybook_status append_columns(struct daybook_buffer *out, const struct dataset *dataset) {
    DAYBOOK_TRY(append(out, ",\n  \"columns\": [\n"));
    for (size_t i = 0; i < dataset->column_count; i++) {
        const struct column *column = &dataset->columns[i];
        DAYBOOK_TRY(append_text(out, i == 0 ? "    {\"name\": " : ",\n    {\"name\": ", column->name));
        DAYBOOK_TRY(append_text(out, ", \"type\": ", type_names[column->type]));
        DAYBOOK_TRY(append(out, column->is_nullable ? ", \"nullable\": true}" : ", \"nullable\": false}"));
    }
    return append(out, "\n  ]");
}

enum daybook_status dataset_manifest(const struct dataset_place *place, struct daybook_buffer *out) {
    const struct dataset_facts *facts = place->facts;
    DAYBOOK_TRY(append_text(out, "{\n  \"table\": ", facts->dataset->name));
    DAYBOOK_TRY(append_number(out, ",\n  \"schema_version\": ", DATASET_VERSION));
    DAYBOOK_TRY(append_text(out, ",\n  \"format\": ", row_format_name(place->format)));
    DAYBOOK_TRY(append_text(out, ",\n  \"ledger_id\": ", facts->ledger_id));
    DAYBOOK_TRY(append_text(out, ",\n  \"as_of\": ", facts->as_of));
    DAYBOOK_TRY(append_number(out, ",\n  \"since\": ", facts->since));
    DAYBOOK_TRY(append_number(out, ",\n  \"known_at\": ", facts->known_at));
    DAYBOOK_TRY(append_text(out, ",\n  \"known_at_time\": ", facts->known_at_time));
    DAYBOOK_TRY(append_text(out, ",\n  \"journal_root\": ", facts->root));
    DAYBOOK_TRY(append_key(out, facts->dataset->key));
    DAYBOOK_TRY(append_parts(out, place));
    DAYBOOK_TRY(append_columns(out, facts->dataset));
    return append(out, "\n}\n");
}
