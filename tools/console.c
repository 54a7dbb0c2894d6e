/* Tables for people and for programs. */
#include "tools/console.h"

#include <assert.h>
#include <errno.h>
#include <langinfo.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/decimal.h"
#include "tools/cells.h"
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

bool table_is_empty(const struct table *table) {
    return table->first == NULL;
}

static enum daybook_status no_memory(struct daybook_error *error) {
    return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s",
                        _("printing the table: memory was refused; ask for pages with --limit"));
}

bool console_has_colour(FILE *stream) {
    const char *no_color = getenv("NO_COLOR");
    return isatty(fileno(stream)) && (no_color == NULL || *no_color == '\0');
}

size_t console_width(FILE *stream) {
    struct winsize size;
    return isatty(fileno(stream)) && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void console_wrap(FILE *stream, const char *text, size_t width, size_t indent, size_t column) {
    bool is_first = true; /* In its line. */
    size_t gap = 0;       /* The space before this piece. */
    while (*text != '\0') {
        size_t size = cells_piece(text);
        size_t cells = cells_of_bytes(text, size);
        if (!is_first && width > 0 && column + gap + cells > width) {
            (void)fprintf(stream, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            (void)fputs(gap > 0 ? " " : "", stream);
            column += gap;
        }
        is_first = false;
        (void)fwrite(text, 1, size, stream);
        column += cells;
        text += size;
        gap = *text == ' ' ? 1 : 0;
        text += strspn(text, " ");
    }
    (void)fputc('\n', stream);
}

void console_pad(FILE *stream, const char *text, size_t cells) {
    size_t used = cells_of(text);
    (void)fprintf(stream, "%s%*s", text, used < cells ? (int)(cells - used) : 0, "");
}

/* ---- tables for people ---- */

enum { LEAD_CELLS = 40, WRAPPED_CELLS_MIN = 24 };

/* Which columns a part of the table has: the first ones, and a run of those behind them. */
struct table_part {
    size_t lead;
    size_t from;
    size_t to;
    size_t currency;      /* What the figures of this part are in, where an earlier part has it; 0 = none. */
    size_t wrapped_cells; /* The last column is text that is broken to this width; 0 = it is as wide as it is. */
};

static bool part_has(const struct table_part *part, size_t column) {
    return column < part->lead || (column >= part->from && column < part->to) || column == part->currency;
}

/* A rule over the totals, as wide as the totals of its column are. */
static bool add_rule(struct libscols_table *view, const struct table *table, const struct table_part *part) {
    struct libscols_line *line = scols_table_new_line(view, NULL);
    size_t at = 0;
    for (size_t i = 0; line != NULL && i < table->column_count; i++) {
        if (!part_has(part, i)) {
            continue;
        }
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
        if (scols_line_set_data(line, at++, rule) != 0) {
            return false;
        }
    }
    return line != NULL;
}

/* How many bytes of a text stand in a line of so many cells: pieces that fit, and one at least. */
static size_t line_size(const char *text, size_t cells) {
    size_t size = 0;
    size_t used = 0;
    while (text[size] != '\0') {
        size_t spaces = strspn(text + size, " ");
        size_t letters = cells_piece(text + size + spaces);
        used += spaces + cells_of_bytes(text + size + spaces, letters);
        if (size > 0 && used > cells) {
            break;
        }
        size += spaces + letters;
    }
    return size;
}

/* A text in lines of its own column; the others are empty below the first. */
static bool add_wrapped(struct libscols_table *view, struct libscols_line *line, size_t at, const char *text,
                        size_t cells) {
    while (line != NULL) {
        size_t size = line_size(text, cells);
        char *piece = strndup(text, size);
        if (piece == NULL || scols_line_refer_data(line, at, piece) != 0) {
            free(piece);
            return false;
        }
        text += size + strspn(text + size, " ");
        if (*text == '\0') {
            return true;
        }
        line = scols_table_new_line(view, NULL);
    }
    return false;
}

static bool add_line(struct libscols_table *view, const struct table_row *row, const struct table_part *part) {
    struct libscols_line *line = scols_table_new_line(view, NULL);
    size_t at = 0;
    if (line == NULL) {
        return false;
    }
    for (size_t i = 0; i < row->cell_count; i++) {
        if (!part_has(part, i)) {
            continue;
        }
        const char *text = row->cells[i].shown;
        bool is_wrapped = part->wrapped_cells > 0 && i + 1 == part->to;
        if (is_wrapped ? !add_wrapped(view, line, at, text, part->wrapped_cells)
                       : scols_line_set_data(line, at, text) != 0) {
            return false;
        }
        if (row->cells[i].tone == TONE_ALARM) {
            (void)scols_cell_set_color(scols_line_get_cell(line, at), "red");
        }
        at++;
    }
    if (row->kind == ROW_TOTAL) {
        (void)scols_line_set_color(line, "bold");
    }
    return true;
}

/* Is there a figure of the totals in this part, or a sequence that tells them apart? */
static bool part_has_totals(const struct table_part *part, const struct table *table) {
    for (const struct table_row *row = table->first; row != NULL; row = row->next) {
        for (size_t i = 0; row->kind == ROW_TOTAL && i < part->to && i < row->cell_count; i++) {
            if (part_has(part, i) && table->columns[i].is_number && *row->cells[i].shown != '\0') {
                return true;
            }
        }
    }
    return false;
}

static bool fill(struct libscols_table *view, const struct table *table, const struct table_part *part) {
    for (size_t i = 0; i < table->column_count; i++) {
        int flags = table->columns[i].is_number ? SCOLS_FL_RIGHT : 0;
        if (part_has(part, i) && scols_table_new_column(view, _(table->columns[i].title), 0, flags) == NULL) {
            return false;
        }
    }
    bool has_rule = false;
    bool has_totals = part->from == part->to || part_has_totals(part, table);
    for (const struct table_row *row = table->first; row != NULL; row = row->next) {
        if (row->kind == ROW_TOTAL && !has_totals) {
            continue;
        }
        if (row->kind == ROW_TOTAL && !has_rule) {
            has_rule = true;
            if (!add_rule(view, table, part)) {
                return false;
            }
        }
        if (!add_line(view, row, part)) {
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

static enum daybook_status print_part(const struct table *table, const struct table_part *part, FILE *stream,
                                      struct daybook_error *error) {
    struct libscols_table *view = scols_new_table();
    if (view == NULL) {
        return no_memory(error);
    }
    (void)scols_table_enable_colors(view, console_has_colour(stream));
    (void)scols_table_set_stream(view, stream);
    (void)scols_table_set_column_separator(view, "  ");
    bool is_filled = fill(view, table, part);
    /* Nothing is cut off: digits would be lost. */
    (void)scols_table_set_termforce(view, SCOLS_TERMFORCE_NEVER);
    if (is_filled && table->first != NULL) {
        is_filled = scols_print_table(view) == 0;
    }
    scols_unref_table(view);
    return is_filled ? check_stream(stream, error) : no_memory(error);
}

static size_t column_cells(const struct table *table, size_t column) {
    size_t widest = cells_of(_(table->columns[column].title));
    for (const struct table_row *row = table->first; row != NULL; row = row->next) {
        size_t cells = column < row->cell_count ? cells_of(row->cells[column].shown) : 0;
        widest = cells > widest ? cells : widest;
    }
    return widest;
}

/* Columns that tell rows from each other: texts, and an event's sequence. */
static bool is_name(const struct table_column *column) {
    return !column->is_number || strcmp(column->name, "sequence") == 0;
}

/* The names that a table begins with say whose its rows are; they leave room for others. */
static struct table_part first_part(const struct table *table, const size_t *cells, size_t width) {
    size_t used = cells[0];
    size_t lead = 1;
    while (lead < table->column_count && is_name(&table->columns[lead]) && used + 2 + cells[lead] <= LEAD_CELLS &&
           used + 2 + cells[lead] <= width * 3 / 5) {
        used += 2 + cells[lead++];
    }
    return (struct table_part){.lead = lead, .from = lead, .to = lead};
}

/* An amount without its currency says little, and a total nothing; so the currency comes again where there is room. */
static size_t currency_before(const struct table_part *part, const struct table *table, const size_t *cells,
                              size_t room) {
    for (size_t i = part->lead; table->columns[part->from].is_number && i < part->from; i++) {
        if (strcmp(table->columns[i].name, "currency") == 0) {
            return cells[i] + 2 + cells[part->from] <= room ? i : 0;
        }
    }
    return 0;
}

/* How narrow a column of text may become: its pieces stay whole. */
static size_t wrapped_cells_least(const struct table *table, size_t column) {
    size_t least = WRAPPED_CELLS_MIN;
    for (const struct table_row *row = table->first; row != NULL; row = row->next) {
        const char *text = column < row->cell_count ? row->cells[column].shown : "";
        while (*text != '\0') {
            size_t letters = cells_piece(text);
            size_t cells = cells_of_bytes(text, letters);
            least = cells > least ? cells : least;
            text += letters + strspn(text + letters, " ");
        }
    }
    return least;
}

/* As many more columns as there is room for, and one at least. A text at the end of the table takes what room is left,
 * in several lines. */
static void extend(struct table_part *part, const struct table *table, const size_t *cells, size_t width) {
    size_t column_count = table->column_count;
    size_t used = 0;
    for (size_t i = 0; i < part->lead; i++) {
        used += cells[i] + 2;
    }
    part->from = part->to;
    part->currency = currency_before(part, table, cells, width > used ? width - used : 0);
    used += part->currency == 0 ? 0 : cells[part->currency] + 2;
    while (part->to < column_count && (part->to == part->from || used + cells[part->to] <= width)) {
        used += cells[part->to++] + 2;
    }
    if (part->to + 1 == column_count && !table->columns[part->to].is_number &&
        used + wrapped_cells_least(table, part->to) <= width) {
        used += cells[part->to++] + 2;
    }
    size_t last = part->to - 1;
    if (last + 1 == column_count && !table->columns[last].is_number && used - 2 > width) {
        size_t others = used - 2 - cells[last];
        part->wrapped_cells = others < width ? width - others : 1;
    }
}

enum daybook_status table_print_within(const struct table *table, FILE *stream, size_t width,
                                       struct daybook_error *error) {
    struct table_part part = {.lead = table->column_count};
    size_t *cells = arena_alloc(table->arena, table->column_count * sizeof *cells);
    size_t total = 0;
    if (cells == NULL || table->is_short_of_memory) {
        return no_memory(error);
    }
    for (size_t i = 0; width > 0 && i < table->column_count; i++) {
        cells[i] = column_cells(table, i);
        total += cells[i] + (i > 0 ? 2 : 0);
    }
    if (total <= width || table->column_count < 2) {
        return print_part(table, &part, stream, error);
    }
    part = first_part(table, cells, width);
    while (part.to < table->column_count) {
        extend(&part, table, cells, width);
        DAYBOOK_TRY(print_part(table, &part, stream, error));
        (void)fputs(part.to < table->column_count ? "\n" : "", stream);
    }
    return DAYBOOK_OK;
}

enum daybook_status table_print(const struct table *table, FILE *stream, struct daybook_error *error) {
    return table_print_within(table, stream, console_width(stream), error);
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
