/* The totals of an aging drawn as bars. */
#include "tools/aging_bar.h"

#include <inttypes.h>
#include <langinfo.h>
#include <string.h>

#include "base/decimal.h"
#include "base/wide.h"
#include "tools/console.h"
#include "tools/text.h"
#include "tools/word_text.h"

/* Beside the bar and the money: the label with its indent, and the share. */
enum { LABEL_CELLS = 10, BAR_CELLS = 40, BAR_CELLS_LEAST = 10, MONEY_CELLS = 20, BESIDE_BAR_CELLS = 23 };

/* How many of `parts` are `amount` of `total`, half rounded up. */
static int64_t share(int64_t amount, int64_t total, int64_t parts) {
    if (amount <= 0 || total <= 0) {
        return 0;
    }
    return (int64_t)((((wide)amount * parts * 2) + total) / ((wide)total * 2));
}

/* A narrow terminal has short bars. */
static int64_t bar_cells(FILE *stream, int money_cells) {
    size_t width = console_width(stream);
    size_t beside = BESIDE_BAR_CELLS + (size_t)money_cells;
    if (width == 0 || width >= BAR_CELLS + beside) {
        return BAR_CELLS;
    }
    return width < BAR_CELLS_LEAST + beside ? BAR_CELLS_LEAST : (int64_t)(width - beside);
}

/* No part is wider than the sum of all. */
static int money_cells(int64_t total, int decimals) {
    char money[DECIMAL_TEXT_SIZE];
    int cells = (int)strlen(decimal_format_grouped(total, decimals, money));
    return cells > MONEY_CELLS ? cells : MONEY_CELLS;
}

static void print_bar(const char *label, int64_t amount, int64_t total, const char *currency, FILE *stream) {
    char money[DECIMAL_TEXT_SIZE];
    char percent[DECIMAL_TEXT_SIZE];
    int known = currency_decimals(currency);
    const char *cell = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\u2588" : "#";
    int decimals = known < 0 ? 0 : known;
    int room = money_cells(total, decimals);
    int64_t all = bar_cells(stream, room);
    int64_t cells = share(amount, total, all);
    (void)fputs("  ", stream);
    console_pad(stream, label, LABEL_CELLS);
    (void)fputc(' ', stream);
    for (int64_t i = 0; i < all; i++) {
        (void)fputs(i < cells ? cell : " ", stream);
    }
    (void)fprintf(stream, " %*s  %5s %%\n", room, decimal_format_grouped(amount, decimals, money),
                  decimal_format(share(amount, total, 1000), 1, percent));
}

/* Sums are of columns that the engine has added up already, so they fit where the total does;
 * where unapplied money hides more than that, the bars are left out. */
static bool add_positive(int64_t *sum, int64_t amount) {
    return amount <= 0 || money_add(sum, amount);
}

static void print_total(const Pb__AgingAnswer *answer, const Pb__AgingRow *row, struct arena *arena, FILE *stream) {
    int64_t total = 0;
    bool fits = add_positive(&total, row->not_due_minor) && add_positive(&total, row->disputed_minor);
    for (size_t i = 0; i < row->n_bucket_minor; i++) {
        fits = fits && add_positive(&total, row->bucket_minor[i]);
    }
    if (!fits || total == 0) {
        return;
    }
    (void)fprintf(stream, "\n%s\n", row->currency);
    print_bar(_("not due"), row->not_due_minor, total, row->currency, stream);
    for (size_t i = 0; i < row->n_bucket_minor && i < answer->n_buckets; i++) {
        print_bar(word_text(answer->buckets[i], arena), row->bucket_minor[i], total, row->currency, stream);
    }
    if (row->disputed_minor != 0) {
        print_bar(_("disputed"), row->disputed_minor, total, row->currency, stream);
    }
}

void aging_bar_print(const ProtobufCMessage *answer, struct arena *arena, FILE *stream) {
    if (answer->descriptor != &pb__aging_answer__descriptor) {
        return;
    }
    const Pb__AgingAnswer *aging = (const Pb__AgingAnswer *)answer;
    for (size_t i = 0; i < aging->n_totals; i++) {
        print_total(aging, aging->totals[i], arena, stream);
    }
}
