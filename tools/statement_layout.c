/* A statement's text on a terminal that is narrower than it. */
#include "tools/statement_layout.h"

#include <errno.h>
#include <string.h>

#include "tools/cells.h"
#include "tools/text.h"

enum { COLUMNS_MAX = 16, LINE_BYTES = 2048, GAP = 2 };

/* Lines between two empty ones. */
struct block {
    const char *text;
    size_t size;
};

/* A column of a block, in bytes: what stands before names is ASCII, and names end their line. */
struct span {
    size_t from;
    size_t to; /* Of the last one: where its title ends; its texts go on to the end of the line. */
};

/* The next line, without its end; NULL: there is none. */
static const char *next_line(const struct block *block, size_t *at, size_t *size) {
    if (*at >= block->size) {
        return NULL;
    }
    const char *line = block->text + *at;
    const char *end = memchr(line, '\n', block->size - *at);
    *size = end == NULL ? block->size - *at : (size_t)(end - line);
    *at += *size + 1;
    return line;
}

static bool is_wide(const struct block *block, size_t width) {
    size_t at = 0;
    size_t size = 0;
    char copy[LINE_BYTES];
    for (const char *line; (line = next_line(block, &at, &size)) != NULL;) {
        (void)snprintf(copy, sizeof copy, "%.*s", (int)size, line);
        if (cells_of(copy) > width) {
            return true;
        }
    }
    return false;
}

/* Two titles of columns at least: a table's own title has one space between its words. */
static bool is_heading(const char *line, size_t size) {
    return memmem(line, size, "  ", 2) != NULL;
}

/* Marks what is not blank in every line from the heading on; the last title and what is below it is one column. */
static size_t find_spans(const struct block *rows, struct span spans[COLUMNS_MAX]) {
    bool is_used[LINE_BYTES] = {false};
    size_t at = 0;
    size_t size = 0;
    const char *line = next_line(rows, &at, &size);
    size_t heading_size = size < LINE_BYTES ? size : LINE_BYTES;
    for (; line != NULL; line = next_line(rows, &at, &size)) {
        for (size_t i = 0; i < size && i < heading_size; i++) {
            is_used[i] = is_used[i] || line[i] != ' ';
        }
    }
    size_t count = 0;
    for (size_t i = 0; i < heading_size; i++) {
        bool begins = is_used[i] && (count == 0 || i >= spans[count - 1].to + GAP);
        if (begins && count == COLUMNS_MAX) {
            return 0;
        }
        if (begins) {
            spans[count++].from = i;
        }
        if (is_used[i]) {
            spans[count - 1].to = i + 1;
        }
    }
    return count;
}

/* In the arena, without blanks around it; NULL: it refused. */
static char *cell_of(const char *line, size_t size, const struct span *span, bool is_last, struct arena *arena) {
    size_t from = span->from < size ? span->from : size;
    size_t to = span->to < size && !is_last ? span->to : size;
    while (from < to && line[from] == ' ') {
        from++;
    }
    while (to > from && line[to - 1] == ' ') {
        to--;
    }
    return arena_copy_text(arena, line + from, to - from);
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("showing a statement: memory was refused"));
}

static bool is_blank_at(const char *line, size_t size, size_t at) {
    return at >= size || line[at] == ' ';
}

/* A column whose title ends where it does, and where a title or a cell begins later than it does. */
static bool holds_figures(const struct block *rows, const struct span *span) {
    size_t at = 0;
    size_t size = 0;
    const char *line = next_line(rows, &at, &size);
    if (is_blank_at(line, size, span->to - 1)) {
        return false;
    }
    for (; line != NULL; line = next_line(rows, &at, &size)) {
        if (is_blank_at(line, size, span->from) && !is_blank_at(line, size, span->to - 1)) {
            return true;
        }
    }
    return false;
}

/* `rows` begins with the heading. */
static struct table *make_table(const struct block *rows, const struct span *spans, size_t count, struct arena *arena) {
    struct table_column *columns = arena_zalloc(arena, COLUMNS_MAX * sizeof *columns);
    size_t at = 0;
    size_t size = 0;
    const char *line = next_line(rows, &at, &size);
    for (size_t i = 0; columns != NULL && i < count; i++) {
        columns[i].name = "";
        columns[i].title = cell_of(line, size, &spans[i], i + 1 == count, arena);
        columns[i].is_number = holds_figures(rows, &spans[i]);
        if (columns[i].title == NULL) {
            return NULL;
        }
    }
    struct table *table = columns == NULL ? NULL : table_open(columns, count, arena);
    while (table != NULL && (line = next_line(rows, &at, &size)) != NULL) {
        table_begin_row(table, ROW_PLAIN);
        for (size_t i = 0; i < count; i++) {
            char *cell = cell_of(line, size, &spans[i], i + 1 == count, arena);
            if (cell == NULL) {
                return NULL;
            }
            table_add_text(table, cell, TONE_PLAIN);
        }
    }
    return table;
}

static void print_wrapped(const char *line, size_t size, FILE *stream, size_t width) {
    char copy[LINE_BYTES];
    (void)snprintf(copy, sizeof copy, "%.*s", (int)size, line);
    console_wrap(stream, copy, width, GAP, 0);
}

/* Lines before the heading as they are; without a heading all of them, broken between words. */
static enum daybook_status print_block(const struct block *block, FILE *stream, size_t width, struct arena *arena,
                                       struct daybook_error *error) {
    struct span spans[COLUMNS_MAX];
    struct block rows = {block->text, block->size};
    size_t at = 0;
    size_t size = 0;
    const char *line = next_line(block, &at, &size);
    while (line != NULL && !is_heading(line, size)) {
        print_wrapped(line, size, stream, width);
        line = next_line(block, &at, &size);
    }
    if (line == NULL) {
        return DAYBOOK_OK;
    }
    rows.text = line;
    rows.size = block->size - (size_t)(line - block->text);
    size_t count = find_spans(&rows, spans);
    if (count < 2) {
        return fwrite(rows.text, 1, rows.size, stream) == rows.size
                   ? DAYBOOK_OK
                   : daybook_fail(error, DAYBOOK_IO, _("writing to standard output: %s"), strerror(errno));
    }
    struct table *table = make_table(&rows, spans, count, arena);
    return table == NULL ? no_memory(error) : table_print_within(table, stream, width, error);
}

enum daybook_status statement_print_within(const char *content, FILE *stream, size_t width, struct arena *arena,
                                           struct daybook_error *error) {
    struct block whole = {content, strlen(content)};
    if (width == 0 || !is_wide(&whole, width)) {
        return fwrite(content, 1, whole.size, stream) == whole.size
                   ? DAYBOOK_OK
                   : daybook_fail(error, DAYBOOK_IO, _("writing to standard output: %s"), strerror(errno));
    }
    for (const char *at = content; *at != '\0';) {
        const char *end = strstr(at, "\n\n");
        struct block block = {at, end == NULL ? strlen(at) : (size_t)(end + 1 - at)};
        if (is_wide(&block, width)) {
            DAYBOOK_TRY(print_block(&block, stream, width, arena, error));
        } else {
            (void)fwrite(block.text, 1, block.size, stream);
        }
        (void)fputs(end == NULL ? "" : "\n", stream);
        at += block.size + (end == NULL ? 0 : 1);
    }
    (void)fputc('\n', stream);
    console_wrap(stream, _("Laid out for this terminal; a pipe or a file gets the text word for word."), width, 0, 0);
    return ferror(stream) == 0 ? DAYBOOK_OK
                               : daybook_fail(error, DAYBOOK_IO, _("writing to standard output: %s"), strerror(errno));
}
