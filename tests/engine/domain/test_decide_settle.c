/* Payments, what they are put against, and taking it off again. */
#include "rules.h"

static const struct rule paying[] = {
    {"oldest due first, then in their order",
     "2024-05-03 charge a 10 due=2024-06-03\n2024-05-02 charge b 10 due=2024-06-02\n2024-05-01 charge c 10 "
     "due=2024-06-02",
     "2024-05-05 pay p 25",
     "2024-05-05 pay p 25; 2024-05-05 allocate p b 10 oldest; 2024-05-05 allocate p c 10 oldest; "
     "2024-05-05 allocate p a 5 oldest"},
    {"what is left stays unapplied", "2024-05-01 charge a 10", "2024-05-05 pay p 25",
     "2024-05-05 pay p 25; 2024-05-05 allocate p a 10 oldest"},
    {"none when told so", "2024-05-01 charge a 10", "2024-05-05 pay p 25 none", "2024-05-05 pay p 25"},
    {"not before the charge", "2024-05-10 charge a 10", "2024-05-05 pay p 25",
     "2024-05-05 pay p 25; 2024-05-10 allocate p a 10 oldest"},
    {"a debit note is owed, too", "2024-05-01 debit-note n 10 fee\n2024-05-01 charge a 10 due=2024-05-02",
     "2024-05-05 pay p 25",
     "2024-05-05 pay p 25; 2024-05-05 allocate p n 10 oldest; 2024-05-05 allocate p a 10 oldest"},
    {"charges in another currency are left alone", "2024-05-01 charge a 10 cur=USD", "2024-05-05 pay p 25",
     "2024-05-05 pay p 25"},
    {"to the named ones", "2024-05-01 charge a 10\n2024-05-01 charge b 10", "2024-05-05 pay p 25 to=b:4,a:6",
     "2024-05-05 pay p 25; 2024-05-05 allocate p b 4; 2024-05-05 allocate p a 6"},
    {"as much as both allow", "2024-05-01 charge a 10\n2024-05-01 charge b 10", "2024-05-05 pay p 15 to=b,a",
     "2024-05-05 pay p 15; 2024-05-05 allocate p b 10; 2024-05-05 allocate p a 5"},
    {"the named ones, then the oldest", "2024-05-01 charge a 10\n2024-05-02 charge b 10",
     "2024-05-05 pay p 15 oldest to=b:8",
     "2024-05-05 pay p 15; 2024-05-05 allocate p b 8; 2024-05-05 allocate p a 7 oldest"},
    {"under a name", "2024-05-01 charge a 10", "2024-05-05 pay p 15 to=a:8@x",
     "2024-05-05 pay p 15; 2024-05-05 allocate p a 8 @x"},
    {"names are used once", "2024-05-01 charge a 10\n2024-05-05 pay p 15 to=a:8@x", "allocate p to=a:1@x",
     "DUPLICATE_DOCUMENT x"},
    {"also in one request", "2024-05-01 charge a 10", "2024-05-05 pay p 15 to=a:8@x,a:1@x", "DUPLICATE_DOCUMENT x"},
    {"not when nothing is left of it", "2024-05-01 charge a 10\n2024-05-01 charge b 10\n2024-05-05 pay p 10 to=a",
     "allocate p to=b", "EXCEEDS_UNAPPLIED p 2024-05-05"},
    {"no name looks like a sequence", "2024-05-01 charge a 10", "2024-05-05 pay p 15 to=a:8@#7", "MALFORMED"},
    {"not more than is open", "2024-05-01 charge a 10", "2024-05-05 pay p 25 to=a:11",
     "EXCEEDS_OPEN a 11/10 2024-05-05"},
    {"not more than was paid", "2024-05-01 charge a 30", "2024-05-05 pay p 25 to=a:26",
     "EXCEEDS_UNAPPLIED p 26/25 2024-05-05"},
    {"not more than was paid, in all", "2024-05-01 charge a 30\n2024-05-01 charge b 30",
     "2024-05-05 pay p 25 to=a:20,b:6", "EXCEEDS_UNAPPLIED p 6/5 2024-05-05"},
    {"not to another currency", "2024-05-01 charge a 10 cur=USD", "2024-05-05 pay p 25 to=a:1", "CURRENCY_MISMATCH a"},
    {"not to what there is not", "", "2024-05-05 pay p 25 to=a:1", "UNKNOWN_DOCUMENT a"},
    {"not to another customer's", "open bob\n2024-05-01 charge a 10 cust=bob", "2024-05-05 pay p 25 to=a:1",
     "UNKNOWN_DOCUMENT a"},
    {"not to money", "2024-05-01 credit-note n 10 late", "2024-05-05 pay p 25 to=adjustment/n:1", "UNKNOWN_DOCUMENT n"},
    {"to a debit note", "2024-05-01 debit-note n 10 fee", "2024-05-05 pay p 25 to=adjustment/n:1",
     "2024-05-05 pay p 25; 2024-05-05 allocate p n 1"},
    {"less than nothing", "2024-05-01 charge a 10", "2024-05-05 pay p 25 to=a:-1", "AMOUNT_NOT_POSITIVE"},
    {"nothing is no payment", "", "2024-05-05 pay p 0", "AMOUNT_NOT_POSITIVE p"},
    {"its id is used once", "2024-05-01 pay p 1", "2024-05-05 pay p 1", "DUPLICATE_DOCUMENT p"},
};

/* What an allocation leaves open, up to the tolerance, is closed by an event of its own. */
static const struct rule rounding[] = {
    {"a cent is left", "2024-05-01 charge a 100", "2024-05-05 pay p 99 tolerance=1",
     "2024-05-05 pay p 99; 2024-05-05 allocate p a 99 oldest; 2024-05-05 rounding #5 1 for=a"},
    {"two are too many", "2024-05-01 charge a 100", "2024-05-05 pay p 98 tolerance=1",
     "2024-05-05 pay p 98; 2024-05-05 allocate p a 98 oldest"},
    {"nothing is left", "2024-05-01 charge a 100", "2024-05-05 pay p 100 tolerance=1",
     "2024-05-05 pay p 100; 2024-05-05 allocate p a 100 oldest"},
    {"of each item", "2024-05-01 charge a 100\n2024-05-01 charge b 50", "2024-05-05 pay p 147 to=a:98,b:49 tolerance=2",
     "2024-05-05 pay p 147; 2024-05-05 allocate p a 98; 2024-05-05 rounding #6 2 for=a; 2024-05-05 allocate p b 49; "
     "2024-05-05 rounding #8 1 for=b"},
    {"of an allocation that comes later", "2024-05-01 charge a 100\n2024-05-05 pay p 99 none",
     "2024-05-06 allocate p to=a:99 tolerance=5", "2024-05-06 allocate p a 99; 2024-05-06 rounding #5 1 for=a"},
    {"by itself", "2024-05-01 charge a 100\n2024-05-05 pay p 99 none", "2024-05-06 allocate p tolerance=1",
     "2024-05-06 allocate p a 99 oldest; 2024-05-06 rounding #5 1 for=a"},
    {"what was rounded off is closed", "2024-05-01 charge a 100\n2024-05-05 pay p 99 tolerance=1", "2024-05-06 pay q 1",
     "2024-05-06 pay q 1"},
};

static const struct rule pending[] = {
    {"it is shown and not counted", "2024-05-01 charge a 10", "2024-05-05 pay p 25 pending",
     "2024-05-05 pay p 25 pending"},
    {"it cannot be allocated", "2024-05-01 charge a 10", "2024-05-05 pay p 25 pending to=a:1", "PAYMENT_PENDING p"},
    {"nor by itself", "2024-05-01 charge a 10", "2024-05-05 pay p 25 pending oldest", "PAYMENT_PENDING p"},
    {"nor later", "2024-05-01 charge a 10\n2024-05-05 pay p 25 pending", "allocate p", "PAYMENT_PENDING p"},
    {"it settles", "2024-05-05 pay p 25 pending", "2024-05-08 settle p", "2024-05-08 settle p 25"},
    {"once", "2024-05-05 pay p 25 pending\n2024-05-08 settle p", "2024-05-09 settle p", "ALREADY_SETTLED p"},
    {"not before it came", "2024-05-05 pay p 25 pending", "2024-05-04 settle p", "DATE_BEFORE_SOURCE p 2024-05-04"},
    {"a payment that was settled at once", "2024-05-05 pay p 25", "2024-05-08 settle p", "ALREADY_SETTLED p"},
    {"a payment that there is not", "", "2024-05-08 settle p", "UNKNOWN_DOCUMENT p"},
    {"settled, it is allocated from that day on",
     "2024-05-01 charge a 10\n2024-05-05 pay p 25 pending\n2024-05-08 settle p", "allocate p",
     "2024-05-08 allocate p a 10 oldest"},
    {"to a named one, too", "2024-05-01 charge a 10\n2024-05-05 pay p 25 pending\n2024-05-08 settle p",
     "allocate p to=a:4", "2024-05-08 allocate p a 4"},
    {"not before that day", "2024-05-01 charge a 10\n2024-05-05 pay p 25 pending\n2024-05-08 settle p",
     "2024-05-07 allocate p to=a:4", "DATE_BEFORE_SOURCE p 2024-05-07"},
    {"a pending payment that bounced never counted", "2024-05-05 pay p 25 pending",
     "2024-05-08 reverse-payment p reversal bounced", "2024-05-08 reverse-payment p 25 reversal pending"},
    {"and does not settle", "2024-05-05 pay p 25 pending\n2024-05-08 reverse-payment p reversal bounced",
     "2024-05-09 settle p", "ALREADY_SETTLED p"},
    {"a correction of what settled later counts from the day on which it counted",
     "2024-05-05 pay p 25 pending\n2024-05-08 settle p", "reverse-payment p correction error",
     "2024-05-08 reverse-payment p 25 correction"},
};

#define B_1                                                                                                            \
    "2024-04-01 charge X 100\n2024-04-01 charge Y 100\n2024-05-01 pay p 100 to=X:100@first\n"                          \
    "2024-05-20 unallocate first\n"

static const struct rule allocating[] = {
    {"B-1: what stood until the 20th cannot stand twice", B_1, "2024-05-10 allocate p to=Y:100",
     "EXCEEDS_UNAPPLIED p 100/0 2024-05-10"},
    {"B-1: from the 20th on it is free", B_1, "2024-05-20 allocate p to=Y:100", "2024-05-20 allocate p Y 100"},
    {"B-1: and so is what it was against", B_1 "2024-05-02 pay q 100 none", "2024-05-10 allocate q to=X:100",
     "EXCEEDS_OPEN X 100/0 2024-05-10"},
    {"B-1: as much as is free", B_1, "2024-05-10 allocate p", "EXCEEDS_OPEN p"},
    {"AS-1: on its own date, or later", "2024-01-10 charge INV 1000 due=2024-02-09\n2024-03-15 pay q 600 none",
     "2024-04-02 allocate q to=INV:600", "2024-04-02 allocate q INV 600"},
    {"without a date: on the later one of both", "2024-01-10 charge INV 1000\n2024-03-15 pay q 600 none",
     "allocate q to=INV:600", "2024-03-15 allocate q INV 600"},
    {"not before the payment", "2024-01-10 charge INV 1000\n2024-03-15 pay q 600 none",
     "2024-03-14 allocate q to=INV:600", "DATE_BEFORE_SOURCE q 2024-03-14"},
    {"not before the charge", "2024-03-10 pay q 600 none\n2024-03-15 charge INV 1000",
     "2024-03-14 allocate q to=INV:600", "DATE_BEFORE_SOURCE INV 2024-03-14"},
    {"oldest first, from its own date on", "2024-01-10 charge INV 1000\n2024-03-15 pay q 600 none",
     "2024-04-02 allocate q", "2024-04-02 allocate q INV 600 oldest"},
    {"oldest first, not before the payment", "2024-01-10 charge INV 1000\n2024-03-15 pay q 600 none",
     "2024-03-02 allocate q", "DATE_BEFORE_SOURCE q 2024-03-02"},
    {"nothing is open", "2024-03-15 pay q 600", "allocate q", "EXCEEDS_OPEN q"},
    {"a credit on account", "2024-01-10 charge INV 1000\n2024-03-15 credit-note c 50 late",
     "allocate c kind=adjustment to=INV:50", "2024-03-15 allocate c INV 50"},
    {"a debit note is no money", "2024-03-15 debit-note c 50 fee", "allocate c kind=adjustment", "UNKNOWN_DOCUMENT c"},
    {"a lot is not allocated", "2024-03-15 deposit A 50", "allocate A kind=lot", "MALFORMED"},
    {"back-dated, as much as is open later", "2024-04-01 charge X 100\n2024-05-10 pay p 60\n2024-04-02 pay q 100 none",
     "2024-04-20 allocate q to=X:41", "EXCEEDS_OPEN X 41/40 2024-04-20"},
    {"the same, as much as there is", "2024-04-01 charge X 100\n2024-05-10 pay p 60\n2024-04-02 pay q 100 none",
     "2024-04-20 allocate q to=X", "2024-04-20 allocate q X 40"},
};

#define ALLOCATED "2024-04-01 charge X 100\n2024-05-01 pay p 60 to=X:60@x\n"

static const struct rule unallocating[] = {
    {"all of it", ALLOCATED, "2024-05-02 unallocate x", "2024-05-02 unallocate p X 60 #4 @x"},
    {"part of it", ALLOCATED, "2024-05-02 unallocate x 20", "2024-05-02 unallocate p X 20 #4 @x"},
    {"the rest of it", ALLOCATED "2024-05-02 unallocate x 20", "2024-05-03 unallocate x",
     "2024-05-03 unallocate p X 40 #4 @x"},
    {"not more than still stands", ALLOCATED "2024-05-02 unallocate x 20", "2024-05-03 unallocate x 41",
     "EXCEEDS_UNAPPLIED X 41/40 2024-05-03"},
    {"not twice", ALLOCATED "2024-05-02 unallocate x", "2024-05-03 unallocate x", "EXCEEDS_UNAPPLIED X 2024-05-03"},
    {"by its sequence", ALLOCATED, "2024-05-02 unallocate #4 1", "2024-05-02 unallocate p X 1 #4 @x"},
    {"a sequence that is none", ALLOCATED, "2024-05-02 unallocate #3 1", "UNKNOWN_DOCUMENT #3"},
    {"a sequence that lies ahead", ALLOCATED, "2024-05-02 unallocate #5 1", "UNKNOWN_DOCUMENT #5"},
    {"a sequence past all numbers", ALLOCATED, "2024-05-02 unallocate #99999999999999999999 1", "UNKNOWN_DOCUMENT"},
    {"another customer's", ALLOCATED "open bob", "2024-05-02 unallocate #4 1 cust=bob", "UNKNOWN_DOCUMENT #4"},
    {"a name that there is not", ALLOCATED, "2024-05-02 unallocate y", "UNKNOWN_DOCUMENT y"},
    {"not before it was made", ALLOCATED, "2024-04-30 unallocate x", "DATE_BEFORE_SOURCE X 2024-04-30"},
    {"less than nothing", ALLOCATED, "2024-05-02 unallocate x -1", "AMOUNT_NOT_POSITIVE x -1/0"},
    {"in its own currency", "2024-04-01 charge X 100 cur=USD\n2024-05-01 pay p 60 cur=USD to=X:60@x",
     "2024-05-02 unallocate x", "2024-05-02 unallocate p X 60 #4 @x USD"},
};

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, paying, run_rule);
    ROWS_ADD_TABLE(&rows, rounding, run_rule);
    ROWS_ADD_TABLE(&rows, pending, run_rule);
    ROWS_ADD_TABLE(&rows, allocating, run_rule);
    ROWS_ADD_TABLE(&rows, unallocating, run_rule);
    return rows_run("decide_settle", &rows);
}
