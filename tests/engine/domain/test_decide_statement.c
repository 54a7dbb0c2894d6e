/* Statements: their form, and that each follows the one before. */
#include "rules.h"

#define FIRST "2024-05-01 charge g 100\n2024-06-01 statement s1 forward - 2024-05-31 known=2\n"

static const struct rule issuing[] = {
    {"the first, from the beginning", "2024-05-01 charge g 100", "statement s forward - 2024-05-31 known=2",
     "2024-06-15 statement s forward - 2024-05-31 known=2"},
    {"the first, from any day", "2024-05-01 charge g 100", "statement s item 2024-04-30 2024-05-31 known=1",
     "2024-06-15 statement s item 2024-04-30 2024-05-31 known=1"},
    {"through today", "", "statement s transaction - 2024-06-15",
     "2024-06-15 statement s transaction - 2024-06-15 known=1"},
    {"of one day", "", "statement s forward 2024-06-14 2024-06-15",
     "2024-06-15 statement s forward 2024-06-14 2024-06-15 known=1"},
    {"in a currency that was never used", "", "statement s forward - 2024-05-31 cur=USD",
     "2024-06-15 statement s forward - 2024-05-31 known=1 USD"},
    {"of a customer who was closed since", "2024-05-01 charge g 5\n2024-05-02 pay p 5\n2024-05-03 close",
     "statement s forward - 2024-05-31 known=5", "2024-06-15 statement s forward - 2024-05-31 known=5"},
    {"the next one", FIRST, "statement s2 item 2024-05-31 2024-06-10 known=3",
     "2024-06-15 statement s2 item 2024-05-31 2024-06-10 known=3 after=3"},
    {"what was recorded since need not be known", FIRST "charge h 5", "statement s2 item 2024-05-31 2024-06-10 known=3",
     "2024-06-15 statement s2 item 2024-05-31 2024-06-10 known=3 after=3"},
    {"each currency has its own", FIRST, "statement s2 forward - 2024-05-31 known=3 cur=USD",
     "2024-06-15 statement s2 forward - 2024-05-31 known=3 USD"},
    {"each customer has its own ids", FIRST "open bob", "statement s1 forward - 2024-05-31 cust=bob",
     "2024-06-15 statement s1 forward - 2024-05-31 known=1"},
    {"what had expired by today is entered before it", "2024-05-01 deposit A 100 expires=2024-07-01\nnow 2024-07-02",
     "statement s forward - 2024-05-31 known=2",
     "2024-07-01 expire A 100 dormant; 2024-07-02 statement s forward - 2024-05-31 known=2"},
};

static const struct rule refusals[] = {
    {"no id", "", "statement known=1", "MALFORMED"},
    {"an id of 65 bytes", "", "statement s*65 forward - 2024-05-31", "MALFORMED"},
    {"no kind", "", "statement s other - 2024-05-31", "MALFORMED"},
    {"no format", "", "statement s forward - 2024-05-31 format=0", "MALFORMED"},
    {"no size", "", "statement s forward - 2024-05-31 size=0", "MALFORMED"},
    {"a digest of 31 bytes", "", "statement s forward - 2024-05-31 sha=31", "MALFORMED"},
    {"no closing figures", "", "statement s forward - 2024-05-31 unclosed", "MALFORMED"},
    {"a policy of 65 bytes", "", "statement s forward - 2024-05-31 policy=n*65", "MALFORMED"},
    {"16 policies", "", "statement s forward - 2024-05-31 policy=n policies=16",
     "2024-06-15 statement s forward - 2024-05-31 known=1"},
    {"17 policies", "", "statement s forward - 2024-05-31 policy=n policies=17", "MALFORMED"},
    {"what was not there to be known", "", "statement s forward - 2024-05-31 known=2", "MALFORMED"},
    {"knowing nothing", "", "statement s forward - 2024-05-31 known=0", "MALFORMED"},
    {"no such day to begin", "", "statement s forward 2024-04-31 2024-05-31", "DATE_INVALID"},
    {"no such day to end", "", "statement s forward - 2024-05-32", "DATE_INVALID"},
    {"no day to end", "", "statement s forward -", "DATE_INVALID"},
    {"through tomorrow", "", "statement s forward - 2024-06-16", "DATE_INVALID 2024-06-16"},
    {"of no day", "", "statement s forward 2024-05-31 2024-05-31", "DATE_INVALID 2024-05-31"},
    {"a customer who is not there", "", "statement s forward - 2024-05-31 cust=bob", "UNKNOWN_CUSTOMER"},
    {"on a closed day", "2024-06-01 close-period 2024-06-01", "2024-06-01 statement s forward - 2024-05-31",
     "PERIOD_CLOSED"},
    {"an id that was used", FIRST, "statement s1 forward 2024-05-31 2024-06-10 known=3", "DUPLICATE_DOCUMENT s1"},
    {"a day left out", FIRST, "statement s2 forward 2024-06-01 2024-06-10 known=3", "STATEMENT_NOT_NEXT s2 2024-05-31"},
    {"a day told twice", FIRST, "statement s2 forward 2024-05-30 2024-06-10 known=3",
     "STATEMENT_NOT_NEXT s2 2024-05-31"},
    {"from the beginning again", FIRST, "statement s2 forward - 2024-06-10 known=3",
     "STATEMENT_NOT_NEXT s2 2024-05-31"},
    {"not knowing the one before", FIRST, "statement s2 forward 2024-05-31 2024-06-10 known=2",
     "STATEMENT_NOT_NEXT s2"},
    {"MALFORMED before DATE_INVALID", "", "statement s forward - never size=0", "MALFORMED"},
    {"DATE_INVALID before DUPLICATE_DOCUMENT", FIRST, "statement s1 forward - never", "DATE_INVALID"},
    {"DUPLICATE_DOCUMENT before STATEMENT_NOT_NEXT", FIRST, "statement s1 forward - 2024-06-10", "DUPLICATE_DOCUMENT"},
};

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, issuing, run_rule);
    ROWS_ADD_TABLE(&rows, refusals, run_rule);
    return rows_run("decide_statement", &rows);
}
