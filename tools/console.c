/* Tables for people and for programs. */
#include "tools/console.h"

#include <assert.h>
#include <errno.h>
#include <langinfo.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decimal.h"
#include "tools/text.h"

struct table_cell {
    const char *shown; /* For people. */
    const char *plain; /* For programs. */
    enum table_tone tone;
};

struct table_row {
    struct table_row *next;
    enum table_row_kind kind;
    size_t cell_count;
    struct table_cell *cells;
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    struct arena *arena;
    struct table_row *first;
    struct table_row *last;
    size_t row_count;
    bool is_short_of_memory;
};

void console_init(void) {
    /* Only the kinds of characters: numbers and dates keep one spelling everywhere. */
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
    scols_init_debug(0);
}

struct table *table_open(const struct table_column *columns, size_t column_count, struct arena *arena) {
    struct table *table = arena_zalloc(arena, sizeof *table);
    if (table != NULL) {
        table->columns = columns;
        table->column_count = column_count;
        table->arena = arena;
    }
    return table;
}

void table_begin_row(struct table *table, enum table_row_kind kind) {
    struct table_row *row = arena_zalloc(table->arena, sizeof *row);
    struct table_cell *cells = arena_zalloc(table->arena, table->column_count * sizeof *cells);
    if (row == NULL || cells == NULL) {
        table->is_short_of_memory = true;
        return;
    }
    *row = (struct table_row){.kind = kind, .cells = cells};
    if (table->last == NULL) {
        table->first = row;
    } else {
        table->last->next = row;
    }
    table->last = row;
    table->row_count += kind == ROW_PLAIN ? 1 : 0;
}

static void add_cell(struct table *table, const char *shown, const char *plain, enum table_tone tone) {
    if (table->is_short_of_memory) {
        return;
    }
    struct table_row *row = table->last;
    assert(row != NULL && row->cell_count < table->column_count);
    struct table_cell *cell = &row->cells[row->cell_count++];
    cell->shown = arena_copy_text(table->arena, shown, strlen(shown));
    cell->plain = shown == plain ? cell->shown : arena_copy_text(table->arena, plain, strlen(plain));
    cell->tone = tone;
    table->is_short_of_memory = cell->shown == NULL || cell->plain == NULL;
}

void table_add_text(struct table *table, const char *text, enum table_tone tone) {
    const char *shown = text == NULL ? "" : text;
    add_cell(table, shown, shown, tone);
}

void table_add_count(struct table *table, int64_t count, enum table_tone tone) {
    char shown[DECIMAL_TEXT_SIZE];
    char plain[DECIMAL_TEXT_SIZE];
    add_cell(table, decimal_format_grouped(count, 0, shown), decimal_format(count, 0, plain), tone);
}

void table_add_amount(struct table *table, int64_t minor, const char *currency, enum table_tone tone) {
    char shown[DECIMAL_TEXT_SIZE];
    char plain[DECIMAL_TEXT_SIZE];
    int known = currency_decimals(currency);
    int decimals = known < 0 ? 0 : known;
    add_cell(table, decimal_format_grouped(minor, decimals, shown), decimal_format(minor, decimals, plain),
             minor < 0 ? TONE_ALARM : tone);
}

size_t table_row_count(const struct table *table) {
    return table->row_count;
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s",
                        _("printing the table: memory was refused; ask for pages with --limit"));
}

bool console_has_colour(FILE *stream) {
    const char *no_color = getenv("NO_COLOR");
    return isatty(fileno(stream)) && (no_color == NULL || *no_color == '\0');
}

/* A rule over the totals, as wide as the totals of its column are. */
static bool add_rule(struct libscols_table *view, const struct table *table) {
    struct libscols_line *line = scols_table_new_line(view, NULL);
    for (size_t i = 0; line != NULL && i < table->column_count; i++) {
        size_t width = 0;
        for (const struct table_row *row = table->first; row != NULL; row = row->next) {
            if (row->kind == ROW_TOTAL && i < row->cell_count && strlen(row->cells[i].shown) > width) {
                width = strlen(row->cells[i].shown);
            }
        }
        char rule[64];
        width = !table->columns[i].is_number ? 0 : width >= sizeof rule ? sizeof rule - 1 : width;
        memset(rule, '-', width);
        rule[width] = '\0';
        if (scols_line_set_data(line, i, rule) != 0) {
            return false;
        }
    }
    return line != NULL;
}

static bool add_line(struct libscols_table *view, const struct table_row *row) {
    struct libscols_line *line = scols_table_new_line(view, NULL);
    if (line == NULL) {
        return false;
    }
    for (size_t i = 0; i < row->cell_count; i++) {
        if (scols_line_set_data(line, i, row->cells[i].shown) != 0) {
            return false;
        }
        if (row->cells[i].tone == TONE_ALARM) {
            (void)scols_cell_set_color(scols_line_get_cell(line, i), "red");
        }
    }
    if (row->kind == ROW_TOTAL) {
        (void)scols_line_set_color(line, "bold");
    }
    return true;
}

static bool fill(struct libscols_table *view, const struct table *table) {
    for (size_t i = 0; i < table->column_count; i++) {
        int flags = table->columns[i].is_number ? SCOLS_FL_RIGHT : 0;
        if (scols_table_new_column(view, _(table->columns[i].title), 0, flags) == NULL) {
            return false;
        }
    }
    bool has_rule = false;
    for (const struct table_row *row = table->first; row != NULL; row = row->next) {
        if (row->kind == ROW_TOTAL && !has_rule) {
            has_rule = true;
            if (!add_rule(view, table)) {
                return false;
            }
        }
        if (!add_line(view, row)) {
            return false;
        }
    }
    return true;
}

static enum daybook_status check_stream(FILE *stream, struct daybook_error *error) {
    if (ferror(stream) != 0) {
        return daybook_fail(error, DAYBOOK_IO, _("writing the table: %s"), strerror(errno));
    }
    return DAYBOOK_OK;
}

enum daybook_status table_print(const struct table *table, FILE *stream, struct daybook_error *error) {
    struct libscols_table *view = scols_new_table();
    if (view == NULL || table->is_short_of_memory) {
        scols_unref_table(view);
        return no_memory(error);
    }
    (void)scols_table_enable_colors(view, console_has_colour(stream));
    (void)scols_table_set_stream(view, stream);
    (void)scols_table_set_column_separator(view, "  ");
    bool is_filled = fill(view, table);
    /* A narrow terminal wraps long lines; it does not lose digits. */
    (void)scols_table_set_termforce(view, SCOLS_TERMFORCE_NEVER);
    if (is_filled && table->first != NULL) {
        is_filled = scols_print_table(view) == 0;
    }
    scols_unref_table(view);
    return is_filled ? check_stream(stream, error) : no_memory(error);
}

void csv_write_field(FILE *stream, const char *text) {
    if (strpbrk(text, ",\"\r\n") == NULL && *text != ' ') {
        (void)fputs(text, stream);
        return;
    }
    (void)fputc('"', stream);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            (void)fputc('"', stream);
        }
        (void)fputc(*text, stream);
    }
    (void)fputc('"', stream);
}

enum daybook_status table_print_csv(const struct table *table, FILE *stream, struct daybook_error *error) {
    if (table->is_short_of_memory) {
        return no_memory(error);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        (void)fputs(i == 0 ? "" : ",", stream);
        csv_write_field(stream, table->columns[i].name);
    }
    (void)fputs("\r\n", stream);
    for (const struct table_row *row = table->first; row != NULL; row = row->next) {
        for (size_t i = 0; row->kind == ROW_PLAIN && i < table->column_count; i++) {
            (void)fputs(i == 0 ? "" : ",", stream);
            csv_write_field(stream, i < row->cell_count ? row->cells[i].plain : "");
        }
        (void)fputs(row->kind == ROW_PLAIN ? "\r\n" : "", stream);
    }
    return check_stream(stream, error);
}
