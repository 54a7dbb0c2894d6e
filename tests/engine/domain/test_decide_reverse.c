/* Adjustments, and reversals in both readings. */
#include "rules.h"

static const struct rule adjusting[] = {
    {"a credit note on a charge", "2024-05-01 charge g 100", "2024-05-02 credit-note n 40 damaged for=g",
     "2024-05-02 credit-note n 40 for=g"},
    {"not more than is open", "2024-05-01 charge g 100", "2024-05-02 credit-note n 101 damaged for=g",
     "EXCEEDS_OPEN g 101/100 2024-05-02"},
    {"nor than is open later", "2024-05-01 charge g 100\n2024-05-10 pay p 70", "2024-05-02 discount n 31 early for=g",
     "EXCEEDS_OPEN g 31/30 2024-05-02"},
    {"not before the charge", "2024-05-01 charge g 100", "2024-04-30 credit-note n 1 damaged for=g",
     "DATE_BEFORE_SOURCE g 2024-04-30"},
    {"on account", "", "2024-05-02 credit-note n 40 damaged", "2024-05-02 credit-note n 40"},
    {"a discount on account", "", "2024-05-02 discount n 40 loyal", "2024-05-02 discount n 40"},
    {"a rounding on account", "", "2024-05-02 rounding n 1 cents", "2024-05-02 rounding n 1"},
    {"a debit note on a charge raises it", "2024-05-01 charge g 100\n2024-05-02 debit-note n 5 fee for=g",
     "2024-05-03 pay p 105 to=g:105", "2024-05-03 pay p 105; 2024-05-03 allocate p g 105"},
    {"a debit note on account is due by the terms", "2024-01-01 open ann terms=10", "2024-05-02 debit-note n 5 fee",
     "2024-05-02 debit-note n 5 due=2024-05-12"},
    {"or when it says", "", "2024-05-02 debit-note n 5 fee due=2024-06-01", "2024-05-02 debit-note n 5 due=2024-06-01"},
    {"a credit note on a debit note", "2024-05-02 debit-note d 5 fee",
     "2024-05-03 credit-note n 5 waived for=d kind=adjustment", "2024-05-03 credit-note n 5 for=d"},
    {"not on a credit note", "2024-05-02 credit-note d 5 fee",
     "2024-05-03 credit-note n 5 waived for=d kind=adjustment", "UNKNOWN_DOCUMENT d"},
    {"a write-off needs its charge", "", "2024-05-03 write-off n 5 lost", "MALFORMED"},
    {"a recovery, too", "", "2024-05-03 recovery n 5 found", "MALFORMED"},
    {"a write-off", "2024-05-01 charge g 100", "2024-05-03 write-off n 60 lost for=g",
     "2024-05-03 write-off n 60 for=g"},
    {"a recovery of it", "2024-05-01 charge g 100\n2024-05-03 write-off n 60 lost for=g",
     "2024-05-04 recovery m 60 found for=g", "2024-05-04 recovery m 60 for=g"},
    {"not more than was written off", "2024-05-01 charge g 100\n2024-05-03 write-off n 60 lost for=g",
     "2024-05-04 recovery m 61 found for=g", "EXCEEDS_WRITTEN_OFF g 61/60 2024-05-04"},
    {"not twice", "2024-05-01 charge g 100\n2024-05-03 write-off n 60 lost for=g\n2024-05-04 recovery m 60 found for=g",
     "2024-05-05 recovery o 1 found for=g", "EXCEEDS_WRITTEN_OFF g 1/0 2024-05-05"},
    {"not before it was written off", "2024-05-01 charge g 100\n2024-05-03 write-off n 60 lost for=g",
     "2024-05-02 recovery m 1 found for=g", "EXCEEDS_WRITTEN_OFF g 1/0 2024-05-02"},
    {"nor before a later recovery",
     "2024-05-01 charge g 100\n2024-05-03 write-off n 60 lost for=g\n2024-05-10 recovery m 50 found for=g",
     "2024-05-05 recovery o 11 found for=g", "EXCEEDS_WRITTEN_OFF g 11/10 2024-05-05"},
    {"a reason is required", "2024-05-01 charge g 100", "2024-05-03 write-off n 60 for=g", "REASON_REQUIRED n"},
    {"no kind", "", "adjust-nothing n 5 why", "MALFORMED"},
    {"nothing is no amount", "", "2024-05-03 credit-note n 0 why", "AMOUNT_NOT_POSITIVE n"},
    {"its id is used once, on account", "2024-05-03 credit-note n 1 why", "2024-05-03 debit-note n 1 why",
     "DUPLICATE_DOCUMENT n"},
    {"its id is used once, on a charge", "2024-05-01 charge g 9\n2024-05-03 credit-note n 1 why for=g",
     "2024-05-03 credit-note n 1 why for=g", "DUPLICATE_DOCUMENT n"},
    {"a charge that there is not", "", "2024-05-03 credit-note n 1 why for=g", "UNKNOWN_DOCUMENT g"},
    {"another currency", "2024-05-01 charge g 9 cur=USD", "2024-05-03 credit-note n 1 why for=g cur=CNY",
     "CURRENCY_MISMATCH g"},
    {"the charge's currency", "2024-05-01 charge g 9 cur=USD", "2024-05-03 credit-note n 1 why for=g",
     "2024-05-03 credit-note n 1 for=g USD"},
};

#define PAID                                                                                                           \
    "2024-04-01 charge X 100\n2024-04-02 charge Y 100\n2024-05-01 pay p 150 none\n"                                    \
    "2024-05-05 allocate p to=X:100\n2024-05-10 allocate p to=Y:50\n"

static const struct rule bouncing[] = {
    {"a reversal takes all off on its own date, newest first", PAID, "2024-06-01 reverse-payment p reversal bounced",
     "2024-06-01 unallocate p Y 50 #6 payment-reversed; 2024-06-01 unallocate p X 100 #5 payment-reversed; "
     "2024-06-01 reverse-payment p 150 reversal"},
    {"an allocation that has a name comes off by it", "2024-04-01 charge X 100\n2024-05-01 pay p 60 to=X:60@x",
     "2024-06-01 reverse-payment p reversal bounced",
     "2024-06-01 unallocate p X 60 #4 @x payment-reversed; 2024-06-01 reverse-payment p 60 reversal"},
    {"a correction takes each off on its own date", PAID, "reverse-payment p correction error",
     "2024-05-10 unallocate p Y 50 #6 payment-reversed; 2024-05-05 unallocate p X 100 #5 payment-reversed; "
     "2024-05-01 reverse-payment p 150 correction"},
    {"a correction on its date", PAID, "2024-05-01 reverse-payment p correction error",
     "2024-05-10 unallocate p Y 50 #6 payment-reversed; 2024-05-05 unallocate p X 100 #5 payment-reversed; "
     "2024-05-01 reverse-payment p 150 correction"},
    {"a correction on another", PAID, "2024-05-02 reverse-payment p correction error", "DATE_INVALID p 2024-05-01"},
    {"a reversal before an allocation", PAID, "2024-05-07 reverse-payment p reversal bounced",
     "2024-05-10 unallocate p Y 50 #6 payment-reversed; 2024-05-07 unallocate p X 100 #5 payment-reversed; "
     "2024-05-07 reverse-payment p 150 reversal"},
    {"not before it came", PAID, "2024-04-30 reverse-payment p reversal bounced", "DATE_BEFORE_SOURCE p 2024-04-30"},
    {"only once", PAID "reverse-payment p correction error", "reverse-payment p reversal bounced",
     "ALREADY_REVERSED p"},
    {"not what was refunded", "2024-05-01 pay p 150\n2024-05-02 refund r 1 payment p",
     "2024-06-01 reverse-payment p reversal bounced", "EXCEEDS_UNAPPLIED p 150/149 2024-06-01"},
    {"no reading", PAID, "reverse-payment p maybe bounced", "MALFORMED"},
    {"no reason", PAID, "reverse-payment p reversal", "REASON_REQUIRED p"},
    {"a payment that there is not", "", "reverse-payment p reversal bounced", "UNKNOWN_DOCUMENT p"},
    {"what was taken off before is not taken off again", PAID "2024-05-12 unallocate #6 30",
     "2024-06-01 reverse-payment p reversal bounced",
     "2024-06-01 unallocate p Y 20 #6 payment-reversed; 2024-06-01 unallocate p X 100 #5 payment-reversed; "
     "2024-06-01 reverse-payment p 150 reversal"},
    {"a correction of what stood for some days: it comes off on its own day instead",
     PAID "2024-05-12 unallocate #6 30", "reverse-payment p correction error",
     "2024-05-10 unallocate p Y 30 #6 payment-reversed instead=2024-05-12; 2024-05-12 allocate p Y 30 again #6; "
     "2024-05-10 unallocate p Y 20 #6 payment-reversed; 2024-05-05 unallocate p X 100 #5 payment-reversed; "
     "2024-05-01 reverse-payment p 150 correction"},
    {"and what was put elsewhere since comes off, too",
     PAID "2024-05-12 unallocate #6 30\n2024-05-20 charge Z 30\n"
          "2024-05-21 allocate p to=Z:30",
     "reverse-payment p correction error",
     "2024-05-10 unallocate p Y 30 #6 payment-reversed instead=2024-05-12; 2024-05-12 allocate p Y 30 again #6; "
     "2024-05-21 unallocate p Z 30 #9 payment-reversed; 2024-05-10 unallocate p Y 20 #6 payment-reversed; "
     "2024-05-05 unallocate p X 100 #5 payment-reversed; 2024-05-01 reverse-payment p 150 correction"},
    {"whoever paid the item since is not disturbed", PAID "2024-05-12 unallocate #6 30\n2024-05-13 pay q 80 to=Y:80",
     "reverse-payment p correction error",
     "2024-05-10 unallocate p Y 30 #6 payment-reversed instead=2024-05-12; 2024-05-12 allocate p Y 30 again #6; "
     "2024-05-10 unallocate p Y 20 #6 payment-reversed; 2024-05-05 unallocate p X 100 #5 payment-reversed; "
     "2024-05-01 reverse-payment p 150 correction"},
    {"taken off on its own day it never stood", PAID "2024-05-10 unallocate #6 30",
     "reverse-payment p correction error",
     "2024-05-10 unallocate p Y 20 #6 payment-reversed; 2024-05-05 unallocate p X 100 #5 payment-reversed; "
     "2024-05-01 reverse-payment p 150 correction"},
    {"taken off in two steps, the later first", PAID "2024-05-12 unallocate #6 30\n2024-05-15 unallocate #6 20",
     "reverse-payment p correction error",
     "2024-05-10 unallocate p Y 20 #6 payment-reversed instead=2024-05-15; 2024-05-15 allocate p Y 20 again #6; "
     "2024-05-10 unallocate p Y 30 #6 payment-reversed instead=2024-05-12; 2024-05-12 allocate p Y 30 again #6; "
     "2024-05-05 unallocate p X 100 #5 payment-reversed; 2024-05-01 reverse-payment p 150 correction"},
    {"a reversal before what stood for some days", PAID "2024-05-12 unallocate #6 30",
     "2024-05-07 reverse-payment p reversal bounced",
     "2024-05-10 unallocate p Y 30 #6 payment-reversed instead=2024-05-12; 2024-05-12 allocate p Y 30 again #6; "
     "2024-05-10 unallocate p Y 20 #6 payment-reversed; 2024-05-07 unallocate p X 100 #5 payment-reversed; "
     "2024-05-07 reverse-payment p 150 reversal"},
    {"a reversal in those days", PAID "2024-05-12 unallocate #6 30", "2024-05-11 reverse-payment p reversal bounced",
     "2024-05-11 unallocate p Y 30 #6 payment-reversed instead=2024-05-12; 2024-05-12 allocate p Y 30 again #6; "
     "2024-05-11 unallocate p Y 20 #6 payment-reversed; 2024-05-11 unallocate p X 100 #5 payment-reversed; "
     "2024-05-11 reverse-payment p 150 reversal"},
    {"not in a closed period", PAID "2024-05-12 unallocate #6 30\nclose-period 2024-05-10",
     "reverse-payment p correction error", "PERIOD_CLOSED 2024-05-10"},
    {"a refund since is still in the way", PAID "2024-05-12 unallocate #6 30\n2024-05-13 refund r 30 payment p",
     "reverse-payment p correction error", "EXCEEDS_UNAPPLIED p 150/120 2024-05-01"},
    {"what is put on again is no allocation of its own",
     PAID "2024-05-12 unallocate #6 30\nreverse-payment p correction error", "2024-06-01 unallocate #9",
     "EXCEEDS_UNAPPLIED Y 2024-06-01"},
    {"what it paid is open again", PAID "2024-06-01 reverse-payment p reversal bounced", "2024-06-01 pay q 200",
     "2024-06-01 pay q 200; 2024-06-01 allocate q X 100 oldest; 2024-06-01 allocate q Y 100 oldest"},
    {"but not before it came back", PAID "2024-06-01 reverse-payment p reversal bounced", "2024-05-20 pay q 200 to=X:1",
     "EXCEEDS_OPEN X 1/0 2024-05-20"},
    {"after a correction it never was paid", PAID "reverse-payment p correction error", "2024-05-02 pay q 200 to=X:100",
     "2024-05-02 pay q 200; 2024-05-02 allocate q X 100"},
};

#define SLICED                                                                                                         \
    "2024-04-01 deposit A 30 promo prio=1\n2024-04-01 deposit B 40 prio=2\n2024-04-05 charge g 100\n"                  \
    "2024-04-10 pay p 20\n"

static const struct rule erring[] = {
    {"what came off an instalment later comes off on its own day, as far as the instalment is reversed",
     "2024-05-01 charge i 100 instalments=60@2024-06-01,40@2024-07-01\n2024-05-02 pay p 60 none\n"
     "2024-05-02 allocate p to=i:60@x part=1\n2024-05-03 pay q 40 none\n2024-05-03 allocate q to=i:40@y part=2\n"
     "2024-05-10 unallocate x 60",
     "reverse-charge i 60 correction error",
     "2024-05-03 unallocate q i 40 #6 @y charge-reversed part=2; 2024-05-01 reverse-charge i 40 correction part=2; "
     "2024-05-02 unallocate p i 20 #4 @x charge-reversed instead=2024-05-10 part=1; "
     "2024-05-10 allocate p i 20 again #4 part=1; 2024-05-01 reverse-charge i 20 correction part=1"},
    {"all of it, where all of it is",
     "2024-05-01 charge i 100 instalments=60@2024-06-01,40@2024-07-01\n2024-05-02 pay p 60 none\n"
     "2024-05-02 allocate p to=i:60@x part=1\n2024-05-03 pay q 40 none\n2024-05-03 allocate q to=i:40@y part=2\n"
     "2024-05-10 unallocate x 60",
     "reverse-charge i 0 correction error",
     "2024-05-03 unallocate q i 40 #6 @y charge-reversed part=2; 2024-05-01 reverse-charge i 40 correction part=2; "
     "2024-05-02 unallocate p i 60 #4 @x charge-reversed instead=2024-05-10 part=1; "
     "2024-05-10 allocate p i 60 again #4 part=1; 2024-05-01 reverse-charge i 60 correction part=1"},
    {"what is open is reversed first", SLICED, "2024-05-01 reverse-charge g 10 reversal error",
     "2024-05-01 reverse-charge g 10 reversal"},
    {"then the newest use comes off", SLICED, "2024-05-01 reverse-charge g 25 reversal error",
     "2024-05-01 unallocate p g 15 #7 charge-reversed; 2024-05-01 reverse-charge g 25 reversal"},
    {"then the slices from the last one on", SLICED, "2024-05-01 reverse-charge g 80 reversal error",
     "2024-05-01 unallocate p g 20 #7 charge-reversed; 2024-05-01 restore g B 40; 2024-05-01 restore g A 10; "
     "2024-05-01 reverse-charge g 80 reversal"},
    {"all of it", SLICED, "2024-05-01 reverse-charge g 0 reversal error",
     "2024-05-01 unallocate p g 20 #7 charge-reversed; 2024-05-01 restore g B 40; 2024-05-01 restore g A 30; "
     "2024-05-01 reverse-charge g 100 reversal"},
    {"a correction: each use on its own date", SLICED, "reverse-charge g 0 correction error",
     "2024-04-10 unallocate p g 20 #7 charge-reversed; 2024-04-05 restore g B 40; 2024-04-05 restore g A 30; "
     "2024-04-05 reverse-charge g 100 correction"},
    {"a correction of a part", SLICED, "reverse-charge g 25 correction error",
     "2024-04-10 unallocate p g 15 #7 charge-reversed; 2024-04-05 reverse-charge g 25 correction"},
    {"part, then the rest", SLICED "2024-05-01 reverse-charge g 25 reversal error",
     "2024-05-02 reverse-charge g 0 reversal error",
     "2024-05-02 unallocate p g 5 #7 charge-reversed; 2024-05-02 restore g B 40; 2024-05-02 restore g A 30; "
     "2024-05-02 reverse-charge g 75 reversal"},
    {"not more than there was", SLICED, "2024-05-01 reverse-charge g 101 reversal error", "EXCEEDS_OPEN g 101/100"},
    {"not more than is left", SLICED "2024-05-01 reverse-charge g 25 reversal error",
     "2024-05-01 reverse-charge g 76 reversal error", "EXCEEDS_OPEN g 76/75"},
    {"nothing is left", SLICED "2024-05-01 reverse-charge g 0 reversal error",
     "2024-05-01 reverse-charge g 1 reversal error", "ALREADY_REVERSED g"},
    {"not before the charge", SLICED, "2024-04-04 reverse-charge g 1 reversal error",
     "DATE_BEFORE_SOURCE g 2024-04-04"},
    {"a correction on another date", SLICED, "2024-04-06 reverse-charge g 1 correction error",
     "DATE_INVALID g 2024-04-05"},
    {"no reading", SLICED, "reverse-charge g 1 maybe error", "MALFORMED"},
    {"no reason", SLICED, "reverse-charge g 1 reversal", "REASON_REQUIRED g"},
    {"less than nothing", SLICED, "reverse-charge g -1 reversal error", "AMOUNT_NOT_POSITIVE g -1/0"},
    {"a charge that there is not", "", "reverse-charge g 1 reversal error", "UNKNOWN_DOCUMENT g"},
    {"what was credited is not reversed", "2024-04-01 charge g 100\n2024-04-02 credit-note n 30 late for=g",
     "2024-05-01 reverse-charge g 0 reversal error", "2024-05-01 reverse-charge g 70 reversal"},
    {"nor before it was credited", "2024-04-01 charge g 100\n2024-04-20 credit-note n 30 late for=g",
     "2024-04-10 reverse-charge g 71 reversal error", "EXCEEDS_OPEN g 71/70"},
    {"a debit note stays: it was no part of the charge",
     "2024-04-01 charge g 100\n2024-04-02 debit-note n 30 fee for=g", "2024-05-01 reverse-charge g 0 reversal error",
     "2024-05-01 reverse-charge g 100 reversal"},
    {"so no more than the charge is ever reversed",
     "2024-04-01 charge g 100\n2024-04-02 debit-note n 30 fee for=g\n2024-05-01 reverse-charge g 60 reversal error",
     "2024-05-01 reverse-charge g 41 reversal error", "EXCEEDS_OPEN g 41/40"},
    {"nor again",
     "2024-04-01 charge g 100\n2024-04-02 debit-note n 30 fee for=g\n"
     "2024-05-01 reverse-charge g 0 reversal error",
     "2024-05-01 reverse-charge g 1 reversal error", "ALREADY_REVERSED g"},
    {"a use that need not come off stays",
     "2024-04-01 charge g 100\n2024-04-01 pay p 100\n2024-04-20 debit-note n 50 fee for=g\n2024-04-25 pay q 20",
     "2024-04-02 reverse-charge g 30 reversal error",
     "2024-04-02 unallocate p g 30 #4 charge-reversed; 2024-04-02 reverse-charge g 30 reversal"},
    {"a reversal before a later use",
     "2024-04-01 charge g 100\n2024-04-01 deposit A 60\n2024-04-01 apply g\n"
     "2024-04-20 pay p 40",
     "2024-04-10 reverse-charge g 50 reversal error",
     "2024-04-20 unallocate p g 40 #6 charge-reversed; 2024-04-10 restore g A 10; "
     "2024-04-10 reverse-charge g 50 reversal"},
    {"a correction of a charge that was paid for some days",
     "2024-04-01 charge g 100\n2024-04-05 pay p 100\n2024-04-20 unallocate #4 30",
     "reverse-charge g 0 correction error",
     "2024-04-05 unallocate p g 30 #4 charge-reversed instead=2024-04-20; 2024-04-20 allocate p g 30 again #4; "
     "2024-04-05 unallocate p g 70 #4 charge-reversed; 2024-04-01 reverse-charge g 100 correction"},
    {"of a part of it: what stands stays", "2024-04-01 charge g 100\n2024-04-05 pay p 100\n2024-04-20 unallocate #4 30",
     "reverse-charge g 20 correction error",
     "2024-04-05 unallocate p g 20 #4 charge-reversed instead=2024-04-20; 2024-04-20 allocate p g 20 again #4; "
     "2024-04-01 reverse-charge g 20 correction"},
    {"and then of the rest",
     "2024-04-01 charge g 100\n2024-04-05 pay p 100\n2024-04-20 unallocate #4 30\nreverse-charge g 20 correction error",
     "reverse-charge g 0 correction error",
     "2024-04-05 unallocate p g 10 #4 charge-reversed instead=2024-04-20; 2024-04-20 allocate p g 10 again #4; "
     "2024-04-05 unallocate p g 70 #4 charge-reversed; 2024-04-01 reverse-charge g 80 correction"},
    {"of a charge whose payment bounced",
     "2024-04-01 charge g 100\n2024-04-05 pay p 100\n2024-05-01 reverse-payment p reversal bounced",
     "reverse-charge g 0 correction error",
     "2024-04-05 unallocate p g 100 #4 charge-reversed instead=2024-05-01; 2024-05-01 allocate p g 100 again #4; "
     "2024-04-01 reverse-charge g 100 correction"},
    {"a part of instalments: the last one goes first",
     "2024-05-01 charge i 100 instalments=60@2024-06-01,40@2024-07-01", "2024-05-02 reverse-charge i 30 reversal error",
     "2024-05-02 reverse-charge i 30 reversal part=2"},
    {"when nothing is left of the last, the one before",
     "2024-05-01 charge i 100 instalments=60@2024-06-01,40@2024-07-01\n2024-05-02 reverse-charge i 40 reversal error",
     "2024-05-02 reverse-charge i 20 reversal error", "2024-05-02 reverse-charge i 20 reversal part=1"},
    {"what was paid for one instalment stays when another goes",
     "2024-05-01 charge i 100 instalments=60@2024-06-01,40@2024-07-01\n2024-05-02 pay p 100 none\n"
     "2024-05-03 allocate p to=i:40 part=2\n2024-05-03 allocate p to=i:60 part=1",
     "2024-05-04 reverse-charge i 40 reversal error",
     "2024-05-04 unallocate p i 40 #4 charge-reversed part=2; 2024-05-04 reverse-charge i 40 reversal part=2"},
    {"what a later note added to the last is not there from the charge's day on",
     "2024-05-01 charge i 100 instalments=60@2024-06-01,40@2024-07-01\n2024-05-03 debit-note n 90 fee for=i part=2",
     "reverse-charge i 0 correction error",
     "2024-05-01 reverse-charge i 40 correction part=2; 2024-05-01 reverse-charge i 60 correction part=1"},
    {"nor what was recovered of it later",
     "2024-05-01 charge i 100 instalments=60@2024-06-01,40@2024-07-01\n2024-05-03 write-off w 40 lost for=i part=2\n"
     "2024-05-05 recovery r 40 found for=i part=2",
     "2024-05-02 reverse-charge i 50 reversal error", "2024-05-02 reverse-charge i 50 reversal part=1"},
    {"what is not there on every day is refused with what is",
     "2024-05-01 charge i 100 instalments=60@2024-06-01,40@2024-07-01\n2024-05-03 write-off w 40 lost for=i part=2\n"
     "2024-05-05 recovery r 40 found for=i part=2",
     "2024-05-02 reverse-charge i 61 reversal error", "EXCEEDS_OPEN i 61/60 2024-05-02"},
    {"what paid the instalments counts from the day on which it can come off",
     "2024-05-01 charge i 100 instalments=60@2024-06-01,40@2024-07-01\n2024-05-02 pay p 100 to=i:40 part=2\n"
     "2024-05-03 allocate p to=i:60 part=1\n2024-05-04 unallocate #4 40\n2024-05-04 debit-note n 90 fee for=i part=2",
     "reverse-charge i 0 correction error",
     "2024-05-02 unallocate p i 40 #4 charge-reversed instead=2024-05-04 part=2; "
     "2024-05-04 allocate p i 40 again #4 part=2; 2024-05-01 reverse-charge i 40 correction part=2; "
     "2024-05-03 unallocate p i 60 #5 charge-reversed part=1; 2024-05-01 reverse-charge i 60 correction part=1"},
    {"promotional money comes back as promotional", SLICED "2024-05-01 reverse-charge g 0 reversal error",
     "2024-05-01 charge h 70", "2024-05-01 charge h 70; 2024-05-01 consume h A 30, B 40"},
};

static const struct rule disputing[] = {
    {"all that is open", "2024-05-01 charge g 100\n2024-05-02 pay p 30", "2024-05-03 dispute d 0 g quality",
     "2024-05-03 dispute d 70 g"},
    {"not more", "2024-05-01 charge g 100\n2024-05-02 pay p 30", "2024-05-03 dispute d 71 g quality",
     "EXCEEDS_OPEN g 71/70 2024-05-03"},
    {"not twice", "2024-05-01 charge g 100\n2024-05-03 dispute d 60 g quality", "2024-05-03 dispute e 41 g quality",
     "EXCEEDS_OPEN g 41/40 2024-05-03"},
    {"no reason", "2024-05-01 charge g 100", "2024-05-03 dispute d 0 g", "REASON_REQUIRED d"},
    {"its id is used once", "2024-05-01 charge g 100\n2024-05-03 dispute d 60 g quality",
     "2024-05-03 dispute d 1 g quality", "DUPLICATE_DOCUMENT d"},
    {"not before the charge", "2024-05-01 charge g 100", "2024-04-30 dispute d 0 g quality",
     "DATE_BEFORE_SOURCE g 2024-04-30"},
    {"it is resolved", "2024-05-01 charge g 100\n2024-05-03 dispute d 60 g quality", "2024-05-05 resolve d rejected",
     "2024-05-05 resolve d 60 g rejected"},
    {"once", "2024-05-01 charge g 100\n2024-05-03 dispute d 60 g quality\n2024-05-05 resolve d rejected",
     "2024-05-05 resolve d upheld", "ALREADY_SETTLED d"},
    {"not before it began", "2024-05-01 charge g 100\n2024-05-03 dispute d 60 g quality", "2024-05-02 resolve d upheld",
     "DATE_BEFORE_SOURCE d 2024-05-02"},
    {"no outcome", "2024-05-01 charge g 100\n2024-05-03 dispute d 60 g quality", "resolve d", "MALFORMED"},
    {"then it can be disputed again",
     "2024-05-01 charge g 100\n2024-05-03 dispute d 60 g quality\n2024-05-05 resolve d withdrawn",
     "2024-05-06 dispute e 0 g price", "2024-05-06 dispute e 100 g"},
    {"what is disputed can be paid", "2024-05-01 charge g 100\n2024-05-03 dispute d 60 g quality",
     "2024-05-04 pay p 100", "2024-05-04 pay p 100; 2024-05-04 allocate p g 100 oldest"},
};

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, adjusting, run_rule);
    ROWS_ADD_TABLE(&rows, bouncing, run_rule);
    ROWS_ADD_TABLE(&rows, erring, run_rule);
    ROWS_ADD_TABLE(&rows, disputing, run_rule);
    return rows_run("decide_reverse", &rows);
}
