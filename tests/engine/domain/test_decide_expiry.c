/* What ends on its day: lots, what comes back of them, and holds. */
#include "rules.h"

#define LOT_2                                                                                                          \
    "now 2025-01-02\n2025-01-02 deposit L1 90 prio=1 expires=2025-03-01\n2025-01-02 deposit L2 50 prio=1\n"            \
    "now 2025-03-01\n"

static const struct rule expiring[] = {
    {"LOT-2: on its day what is left goes to dormant", LOT_2, "expire", "2025-03-01 expire L1 90 dormant"},
    {"LOT-2: a charge that comes late is paid from what expired", LOT_2 "expire\nnow 2025-03-05",
     "2025-02-20 charge g 60 goods",
     "2025-02-20 charge g 60; 2025-03-01 unexpire L1 60 dormant for=g; 2025-02-20 consume g L1 60"},
    {"LOT-2: the other lot pays the rest", LOT_2 "expire\nnow 2025-03-05", "2025-02-20 charge g 120 goods",
     "2025-02-20 charge g 120; 2025-03-01 unexpire L1 90 dormant for=g; 2025-02-20 consume g L1 90, L2 30"},
    {"LOT-2: a charge of its day is not paid from it", LOT_2 "expire\nnow 2025-03-05", "2025-03-01 charge g 60 goods",
     "2025-03-01 charge g 60; 2025-03-01 consume g L2 50"},
    {"a second late charge gets what is still expired", LOT_2 "expire\nnow 2025-03-05\n2025-02-20 charge g 60 goods",
     "2025-02-21 charge h 60 meals settle=only",
     "2025-02-21 charge h 60; 2025-03-01 unexpire L1 30 dormant for=h; 2025-02-21 consume h L1 30, L2 30"},
    {"nothing expires the day before", "2024-06-01 deposit A 100 expires=2024-06-16", "expire", ""},
    {"it expires on its day", "2024-06-01 deposit A 100 expires=2024-06-17\nnow 2024-06-17", "expire",
     "2024-06-17 expire A 100 dormant"},
    {"a forfeited lot goes to breakage", "2024-06-01 deposit A 100 forfeit expires=2024-06-16\nnow 2024-06-20",
     "expire", "2024-06-16 expire A 100 forfeit"},
    {"it comes back from there, too", "2024-06-01 deposit A 100 forfeit expires=2024-06-16\nnow 2024-06-20\nexpire",
     "2024-06-15 charge g 40",
     "2024-06-15 charge g 40; 2024-06-16 unexpire A 40 forfeit for=g; 2024-06-15 consume g A 40"},
    {"expiries come before the rule that is asked for", "2024-06-01 deposit A 100 expires=2024-06-16\nnow 2024-06-20",
     "charge g 40", "2024-06-16 expire A 100 dormant; 2024-06-20 charge g 40"},
    {"those of every currency",
     "2024-06-01 deposit A 1 expires=2024-06-16\n2024-06-01 deposit B 2 cur=USD expires=2024-06-17\n"
     "now 2024-06-20",
     "change", "2024-06-16 expire A 1 dormant; 2024-06-17 expire B 2 dormant USD; 2024-06-20 change ann first"},
    {"a refusal takes them back",
     "2024-06-01 deposit A 100 expires=2024-06-16\nnow 2024-06-20\ncharge g 0 => AMOUNT_NOT_POSITIVE", "expire",
     "2024-06-16 expire A 100 dormant"},
    {"into closed books they go on the first open day", "2024-06-01 deposit A 100 expires=2024-06-10\nnow 2024-06-20",
     "close-period 2024-06-12", "2024-06-20 close-period 2024-06-12"},
    {"and say which day it was",
     "2024-06-05 open bob\n2024-06-09 deposit A 100 cust=bob expires=2024-06-16\n"
     "now 2024-06-20\nclose-period 2024-06-17",
     "expire cust=bob", "2024-06-18 expire A 100 dormant original=2024-06-16"},
    {"no day that lies ahead", "", "expire 2024-06-16", "DATE_INVALID 2024-06-16"},
    {"what is used before its day has nothing to expire",
     "2024-06-01 deposit A 100 expires=2024-06-10\n2024-06-15 change", "2024-06-09 charge g 100",
     "2024-06-09 charge g 100; 2024-06-10 unexpire A 100 dormant for=g; 2024-06-09 consume g A 100"},
    {"a correction gives back for the old day, and it expires on its day",
     "2024-06-01 deposit A 100 expires=2024-06-16\n2024-06-02 charge g 40\nnow 2024-06-20\nexpire",
     "reverse-charge g 40 correction error",
     "2024-06-02 restore g A 40; 2024-06-02 reverse-charge g 40 correction; 2024-06-16 expire A 40 dormant"},
    {"an expired lot gives no refund", "2024-06-01 deposit A 100 expires=2024-06-10", "2024-06-05 refund r 1 lot A",
     "EXCEEDS_DEPOSIT A 1/0 2024-06-05"},
};

#define DORMANT "2024-05-01 deposit A 100 expires=2024-06-10\nexpire\n"

static const struct rule reactivating[] = {
    {"a dormant lot gets a new day", DORMANT, "reactivate A 0 card expires=2024-12-31",
     "2024-06-15 reactivate A 100 expires=2024-12-31"},
    {"or none", DORMANT, "reactivate A 0 card", "2024-06-15 reactivate A 100"},
    {"part of it", DORMANT, "reactivate A 40 card", "2024-06-15 reactivate A 40"},
    {"not more than is dormant", DORMANT, "reactivate A 101 card", "EXCEEDS_DEPOSIT A 101/100 2024-06-15"},
    {"not before it was", DORMANT, "2024-06-09 reactivate A 1 card", "EXCEEDS_DEPOSIT A 1/0 2024-06-09"},
    {"not what was forfeited", "2024-05-01 deposit A 100 forfeit expires=2024-06-10\nexpire", "reactivate A 0 card",
     "EXCEEDS_DEPOSIT A 2024-06-15"},
    {"a reason is required", DORMANT, "reactivate A 0", "REASON_REQUIRED A"},
    {"the new day lies ahead", DORMANT, "reactivate A 0 card expires=2024-06-15", "DATE_INVALID A 2024-06-15"},
    {"a lot that there is not", DORMANT, "reactivate B 0 card", "UNKNOWN_DOCUMENT B"},
    {"it pays again", DORMANT "reactivate A 0 card expires=2024-12-31", "charge g 30 goods",
     "2024-06-15 charge g 30; 2024-06-15 consume g A 30"},
    {"it expires again on the new day", DORMANT "reactivate A 0 card expires=2024-07-01\nnow 2024-08-01", "expire",
     "2024-07-01 expire A 100 dormant"},
    /* While it was dormant the money was not there, so nothing may use it on the days before. */
    {"a late charge does not take what was reactivated", DORMANT "reactivate A 0 card", "2024-06-01 charge g 30",
     "2024-06-01 charge g 30"},
    {"a late charge takes what is still dormant", DORMANT "reactivate A 60 card", "2024-06-01 charge g 50",
     "2024-06-01 charge g 50; 2024-06-10 unexpire A 40 dormant for=g; 2024-06-01 consume g A 40"},
    {"a charge after the old day does not take what is still dormant", DORMANT "2024-06-12 reactivate A 60 card",
     "2024-06-13 charge g 90", "2024-06-13 charge g 90; 2024-06-13 consume g A 60"},
    {"nor one between both days", DORMANT "2024-06-12 reactivate A 60 card", "2024-06-11 charge g 90",
     "2024-06-11 charge g 90"},
    {"a late charge on deposits only", DORMANT "reactivate A 60 card", "2024-06-01 charge g 50 settle=only",
     "EXCEEDS_DEPOSIT g 50/40 2024-06-01"},
};

static const struct rule holding[] = {
    {"a hold keeps lots in order", "2024-05-01 deposit A 60\n2024-05-01 deposit B 60",
     "2024-06-01 place-hold h 100 goods", "2024-06-01 place-hold h 100 A 60, B 40"},
    {"the rest goes against the limit", "2024-05-01 deposit A 60\npolicy amount 40", "place-hold h 100 goods",
     "2024-06-15 place-hold h 100 A 60 credit 40"},
    {"not past it", "2024-05-01 deposit A 60\npolicy amount 39", "place-hold h 100 goods",
     "OVER_CREDIT_LIMIT h 40/39 2024-06-15"},
    {"what is held counts against the limit", "policy amount 100\nplace-hold h 100 goods", "charge g 1",
     "OVER_CREDIT_LIMIT g 1/0 2024-06-15"},
    {"deposits only: the lots hold all", "2024-05-01 deposit A 60\nchange settle=only", "place-hold h 61 goods",
     "EXCEEDS_DEPOSIT h 61/60 2024-06-15"},
    {"on credit hold nothing is held on credit", "hold late", "place-hold h 1 goods", "CREDIT_HOLD h 2024-06-15"},
    {"what is held pays nothing else", "2024-05-01 deposit A 60\nplace-hold h 50 goods", "charge g 20",
     "2024-06-15 charge g 20; 2024-06-15 consume g A 10"},
    {"nor is it refunded", "2024-05-01 deposit A 60\nplace-hold h 50 goods", "refund r 11 lot A",
     "EXCEEDS_DEPOSIT A 11/10 2024-06-15"},
    {"a back-dated hold keeps what is left later", "2024-05-01 deposit A 60\n2024-06-10 charge g 50",
     "2024-06-01 place-hold h 20 goods", "2024-06-01 place-hold h 20 A 10 credit 10"},
    {"nothing is no amount", "", "place-hold h 0 goods", "AMOUNT_NOT_POSITIVE h"},
    {"its end lies ahead", "", "place-hold h 1 goods expires=2024-06-15", "DATE_INVALID 2024-06-15"},
    {"its id is used once", "place-hold h 1 goods", "place-hold h 1 goods", "DUPLICATE_DOCUMENT h"},
    {"all of it is captured", "2024-05-01 deposit A 60\nplace-hold h 100 goods", "capture-hold h 0 g",
     "2024-06-15 capture-hold h 100 g A 60 credit 40; 2024-06-15 charge g 100; 2024-06-15 consume g A 60"},
    {"part of it, and the rest is released", "2024-05-01 deposit A 60\nplace-hold h 100 goods", "capture-hold h 30 g",
     "2024-06-15 capture-hold h 30 g A 30; 2024-06-15 charge g 30; 2024-06-15 consume g A 30; "
     "2024-06-15 release-hold h 70 captured A 30 credit 40"},
    {"or the rest is kept", "2024-05-01 deposit A 60\nplace-hold h 100 goods", "capture-hold h 70 g keep",
     "2024-06-15 capture-hold h 70 g A 60 credit 10; 2024-06-15 charge g 70; 2024-06-15 consume g A 60"},
    {"and captured later", "2024-05-01 deposit A 60\nplace-hold h 100 goods\ncapture-hold h 70 g keep",
     "capture-hold h 0 g2", "2024-06-15 capture-hold h 30 g2 credit 30; 2024-06-15 charge g2 30"},
    {"not more than is held", "place-hold h 100 goods", "capture-hold h 101 g", "EXCEEDS_HELD h 101/100 2024-06-15"},
    {"not twice", "place-hold h 100 goods\ncapture-hold h 0 g", "capture-hold h 0 g2", "EXCEEDS_HELD h 2024-06-15"},
    {"not before it was placed", "place-hold h 100 goods", "2024-06-14 capture-hold h 0 g",
     "DATE_BEFORE_SOURCE h 2024-06-14"},
    {"a charge's id is used once", "charge g 1\nplace-hold h 100 goods", "capture-hold h 0 g", "DUPLICATE_DOCUMENT g"},
    {"a hold that there is not", "", "capture-hold h 0 g", "UNKNOWN_DOCUMENT h"},
    {"released, credit first", "2024-05-01 deposit A 60\nplace-hold h 100 goods", "release-hold h 50",
     "2024-06-15 release-hold h 50 A 10 credit 40"},
    {"all of it", "2024-05-01 deposit A 60\nplace-hold h 100 goods", "release-hold h 0",
     "2024-06-15 release-hold h 100 A 60 credit 40"},
    {"not more than is held on any later day", "2024-06-01 place-hold h 100 goods\n2024-06-10 release-hold h 30",
     "2024-06-05 release-hold h 71", "EXCEEDS_HELD h 71/70 2024-06-05"},
    {"a hold ends on its day", "2024-05-01 deposit A 60\nplace-hold h 100 goods expires=2024-06-20\nnow 2024-06-20",
     "expire", "2024-06-20 release-hold h 100 expired A 60 credit 40"},
    {"then nothing is captured", "place-hold h 100 goods expires=2024-06-20\nnow 2024-06-20", "capture-hold h 0 g",
     "EXCEEDS_HELD h 2024-06-20"},
    {"expiry spares what is held", "2024-05-01 deposit A 60 expires=2024-06-20\nplace-hold h 50 goods\nnow 2024-06-25",
     "expire", "2024-06-20 expire A 10 dormant"},
    {"what is held of an expired lot is captured",
     "2024-05-01 deposit A 60 expires=2024-06-20\nplace-hold h 50 goods\nnow 2024-06-25\nexpire", "capture-hold h 0 g",
     "2024-06-25 capture-hold h 50 g A 50; 2024-06-25 charge g 50; 2024-06-25 consume g A 50"},
    {"what is released of it expires then",
     "2024-05-01 deposit A 60 expires=2024-06-20\nplace-hold h 50 goods\nnow 2024-06-25\nexpire", "release-hold h 20",
     "2024-06-25 release-hold h 20 A 20; 2024-06-25 expire A 20 dormant original=2024-06-20"},
    {"a hold and its lot end on one day",
     "2024-05-01 deposit A 60 expires=2024-06-20\nplace-hold h 50 goods expires=2024-06-20\nnow 2024-06-25", "expire",
     "2024-06-20 expire A 10 dormant; 2024-06-20 release-hold h 50 expired A 50; 2024-06-20 expire A 50 dormant"},
    {"the hold ends after the lot",
     "2024-05-01 deposit A 60 expires=2024-06-20\nplace-hold h 50 goods expires=2024-06-22\nnow 2024-06-25", "expire",
     "2024-06-20 expire A 10 dormant; 2024-06-22 release-hold h 50 expired A 50; "
     "2024-06-22 expire A 50 dormant original=2024-06-20"},
    {"a hold keeps a customer from closing", "place-hold h 1 goods", "close", "BALANCE_NOT_ZERO 0/1"},
};

static const struct rule applying[] = {
    {"lots are used for a charge that was there before", "2024-06-01 charge g 100\n2024-06-05 deposit A 60", "apply g",
     "2024-06-15 consume g A 60"},
    {"so much and no more", "2024-06-01 charge g 100\n2024-06-05 deposit A 60", "apply g 10",
     "2024-06-15 consume g A 10"},
    {"not less than was asked for", "2024-06-01 charge g 100\n2024-06-05 deposit A 60", "apply g 61",
     "EXCEEDS_DEPOSIT g 61/60 2024-06-15"},
    {"not more than is open", "2024-06-01 charge g 100\n2024-06-05 deposit A 160", "apply g 101",
     "EXCEEDS_OPEN g 101/100 2024-06-15"},
    {"nothing is open", "2024-06-01 deposit A 160\n2024-06-05 charge g 100", "apply g", "EXCEEDS_OPEN g 2024-06-15"},
    {"not before the charge", "2024-06-05 charge g 100\n2024-06-01 deposit A 60 scope=x", "2024-06-04 apply g",
     "DATE_BEFORE_SOURCE g 2024-06-04"},
    {"in the scope of the charge", "2024-06-05 charge g 100 goods\n2024-06-01 deposit A 60 scope=x", "apply g",
     "OUT_OF_SCOPE g 100/0 2024-06-15"},
};

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, expiring, run_rule);
    ROWS_ADD_TABLE(&rows, reactivating, run_rule);
    ROWS_ADD_TABLE(&rows, holding, run_rule);
    ROWS_ADD_TABLE(&rows, applying, run_rule);
    return rows_run("decide_expiry", &rows);
}
