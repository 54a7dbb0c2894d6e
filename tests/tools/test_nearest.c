/* The word that was probably meant. */
#include <string.h>

#include "tests/rows.h"

#include "tools/nearest.h"

static const char *const words[] = {"balance",        "pay",   "charge", "customer open",
                                    "customer close", "as-of", "ledger", "known-at"};

struct written {
    const char *name;
    const char *written;
    const char *meant; /* NULL: none. */
};

static const struct written written_rows[] = {
    {"the word itself", "balance", "balance"},
    {"a letter left out", "balnce", "balance"},
    {"a letter too many", "ballance", "balance"},
    {"another letter", "ledgar", "ledger"},
    {"two that changed places", "balanec", "balance"},
    {"three letters, one slip", "pya", "pay"},
    {"a dash left out", "asof", "as-of"},
    {"two words", "custmer open", "customer open"},
    {"the nearer of two", "customer clse", "customer close"},
    {"a beginning", "know", "known-at"},
    {"more than the word", "payment", "pay"},
    {"a beginning of two letters is none", "ba", NULL},
    {"another word", "invoice", NULL},
    {"two slips in six letters", "chxrxe", "charge"},
    {"two slips in four letters", "chrg", NULL},
    {"three slips in nine letters", "knxxnx-at", NULL},
    {"another second word", "customer shut", NULL},
    {"nothing", "", NULL},
    {"more than any word has", "balancebalancebalancebalancebalancebalance", NULL},
};

static void finds(void **state) {
    const struct written *row = *state;
    struct nearest nearest = {0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        nearest_offer(&nearest, row->written, strlen(row->written), words[i], strlen(words[i]));
    }
    if (row->meant == NULL) {
        assert_null(nearest.word);
    } else {
        assert_non_null(nearest.word);
        assert_string_equal(nearest.word, row->meant);
        assert_int_equal(nearest.word_size, strlen(row->meant));
    }
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, written_rows, finds);
    return rows_run("nearest", &rows);
}
