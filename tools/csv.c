/* CSV by RFC 4180, strictly. */
#include "tools/csv.h"

#include <string.h>

#include "tools/text.h"

static void pass_newline(struct csv_reader *reader) {
    if (reader->at < reader->size && reader->text[reader->at] == '\r') {
        reader->at++;
    }
    if (reader->at < reader->size && reader->text[reader->at] == '\n') {
        reader->at++;
    }
    reader->line++;
}

static bool is_at_newline(const struct csv_reader *reader) {
    return reader->at < reader->size &&
           (reader->text[reader->at] == '\n' || (reader->text[reader->at] == '\r' && reader->at + 1 < reader->size &&
                                                 reader->text[reader->at + 1] == '\n'));
}

static bool is_at_field_end(const struct csv_reader *reader) {
    return reader->at == reader->size || reader->text[reader->at] == reader->delimiter || is_at_newline(reader);
}

/* After a complaint: on to the next line. */
static void pass_line(struct csv_reader *reader) {
    const char *newline = memchr(reader->text + reader->at, '\n', reader->size - reader->at);
    reader->at = newline == NULL ? reader->size : (size_t)(newline - reader->text) + 1;
    reader->line++;
}

/* The closing quote's place and how many quotes are doubled before it. False: there is none. */
static bool find_closing_quote(const struct csv_reader *reader, size_t from, size_t *closing, size_t *doubled) {
    *doubled = 0;
    for (size_t at = from; at < reader->size; at++) {
        if (reader->text[at] != '"') {
            continue;
        }
        if (at + 1 < reader->size && reader->text[at + 1] == '"') {
            *doubled += 1;
            at++;
            continue;
        }
        *closing = at;
        return true;
    }
    return false;
}

static const char *read_quoted(struct csv_reader *reader, struct arena *arena, const char **complaint) {
    size_t from = reader->at + 1;
    size_t closing;
    size_t doubled;
    if (!find_closing_quote(reader, from, &closing, &doubled)) {
        *complaint = _("a quote is never closed");
        return NULL;
    }
    char *field = arena_alloc(arena, closing - from - doubled + 1);
    if (field == NULL) {
        *complaint = _("the record is larger than the memory set aside");
        return NULL;
    }
    size_t length = 0;
    for (size_t at = from; at < closing; at++) {
        at += reader->text[at] == '"' ? 1 : 0;
        reader->line += reader->text[at] == '\n' ? 1 : 0;
        field[length++] = reader->text[at];
    }
    field[length] = '\0';
    reader->at = closing + 1;
    if (memchr(field, '\0', length) != NULL) {
        *complaint = _("it holds a NUL");
        return NULL;
    }
    if (!is_at_field_end(reader)) {
        *complaint = _("text follows a closing quote");
        return NULL;
    }
    return field;
}

static const char *read_bare(struct csv_reader *reader, struct arena *arena, const char **complaint) {
    size_t from = reader->at;
    while (!is_at_field_end(reader)) {
        char c = reader->text[reader->at];
        if (c == '"' || c == '\r' || c == '\0') {
            *complaint = c == '"'    ? _("a quote is in the middle of a field that does not begin with one")
                         : c == '\r' ? _("a carriage return stands alone")
                                     : _("it holds a NUL");
            return NULL;
        }
        reader->at++;
    }
    const char *field = arena_copy_text(arena, reader->text + from, reader->at - from);
    if (field == NULL) {
        *complaint = _("the record is larger than the memory set aside");
    }
    return field;
}

static bool is_at(const struct csv_reader *reader, const char *mark) {
    size_t size = strlen(mark);
    return reader->size - reader->at >= size && memcmp(reader->text + reader->at, mark, size) == 0;
}

enum csv_result csv_next(struct csv_reader *reader, struct arena *arena, struct csv_record *record,
                         const char **complaint) {
    while (is_at_newline(reader)) {
        pass_newline(reader);
    }
    *record = (struct csv_record){.line = reader->line, .offset = reader->at};
    if (reader->at == reader->size) {
        return CSV_END;
    }
    const char *fields[CSV_FIELDS_MAX];
    size_t count = 0;
    for (;;) {
        if (count == CSV_FIELDS_MAX) {
            *complaint = _("it has too many fields");
            pass_line(reader);
            return CSV_COMPLAINT;
        }
        reader->at += is_at(reader, "=\"") ? 1 : 0;
        bool is_quoted = is_at(reader, "\"");
        const char *field = is_quoted ? read_quoted(reader, arena, complaint) : read_bare(reader, arena, complaint);
        if (field == NULL) {
            pass_line(reader);
            return CSV_COMPLAINT;
        }
        fields[count++] = field;
        if (reader->at == reader->size) {
            record->is_open_ended = !is_quoted;
            break;
        }
        if (reader->text[reader->at] == reader->delimiter) {
            reader->at++;
            continue;
        }
        pass_newline(reader);
        break;
    }
    record->fields = arena_alloc(arena, count * sizeof *record->fields);
    if (record->fields == NULL) {
        *complaint = _("the record is larger than the memory set aside");
        return CSV_COMPLAINT;
    }
    memcpy(record->fields, fields, count * sizeof *fields);
    record->field_count = count;
    return CSV_RECORD;
}
