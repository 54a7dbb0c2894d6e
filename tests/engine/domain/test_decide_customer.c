/* Customers and periods. */
#include "rules.h"

static const struct rule opening[] = {
    {"deposits pay first by default", "nobody", "2024-01-01 open bob", "2024-01-01 open bob first"},
    {"without a profile", "nobody", "2024-01-01 open bob bare", "2024-01-01 open bob first"},
    {"with terms", "nobody", "2024-01-01 open bob settle=receivable terms=30 eom",
     "2024-01-01 open bob receivable terms=30 eom"},
    {"only once", "", "2024-01-02 open ann", "DUPLICATE_CUSTOMER"},
    {"an id in Chinese", "nobody", "2024-01-01 open 王小明", "2024-01-01 open 王小明 first"},
    {"an id of 64 bytes", "nobody", "2024-01-01 open y*64",
     "2024-01-01 open yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy first"},
    {"an id of 65", "nobody", "2024-01-01 open y*65", "MALFORMED"},
    {"no id", "nobody", "2024-01-01 open cust=", "MALFORMED"},
    {"a name of 256 bytes", "nobody", "2024-01-01 open bob name=n*256", "2024-01-01 open bob first"},
    {"a name of 257", "nobody", "2024-01-01 open bob name=n*257", "MALFORMED"},
    {"a tag of 65", "nobody", "2024-01-01 open bob tags=t*65", "MALFORMED"},
    {"33 tags", "nobody", "2024-01-01 open bob tags=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,1,2,3,4,5,6,7",
     "MALFORMED"},
    {"terms of 3650 days", "nobody", "2024-01-01 open bob terms=3650", "2024-01-01 open bob first terms=3650"},
    {"terms of 3651", "nobody", "2024-01-01 open bob terms=3651", "MALFORMED"},
    {"a change", "", "2024-02-01 change settle=only", "2024-02-01 change ann only"},
    {"a change of nobody", "nobody", "2024-02-01 change settle=only", "UNKNOWN_CUSTOMER"},
};

static const struct rule closing[] = {
    {"at zero", "", "2024-06-01 close", "2024-06-01 close ann"},
    {"with what was settled", "2024-02-01 charge g 100\n2024-02-02 pay p 100", "2024-06-01 close",
     "2024-06-01 close ann"},
    {"not with something open", "2024-02-01 charge g 100", "2024-06-01 close", "BALANCE_NOT_ZERO 0/100"},
    {"not with something unapplied", "2024-02-02 pay p 100", "2024-06-01 close", "BALANCE_NOT_ZERO 0/100"},
    {"not with a deposit", "2024-02-02 deposit A 100", "2024-06-01 close", "BALANCE_NOT_ZERO 0/100"},
    {"not with something dormant", "2024-02-02 deposit A 100 expires=2024-03-01", "2024-06-01 close",
     "BALANCE_NOT_ZERO 0/100"},
    {"not with a pending payment", "2024-02-02 pay p 100 pending", "2024-06-01 close", "BALANCE_NOT_ZERO 0/100"},
    {"not in another currency", "2024-02-02 deposit A 100 cur=USD", "2024-06-01 close", "BALANCE_NOT_ZERO 0/100"},
    {"not with open and unapplied of one amount", "2024-02-01 charge g 100\n2024-02-02 pay p 100 none",
     "2024-06-01 close", "BALANCE_NOT_ZERO 0/100"},
    {"not while something lies ahead", "2024-06-20 charge g 100\n2024-06-21 pay p 100", "2024-06-15 close",
     "BALANCE_NOT_ZERO 2024-06-21"},
    {"on the day on which it is over", "2024-06-20 charge g 100\n2024-06-21 pay p 100", "2024-06-21 close",
     "2024-06-21 close ann"},
    {"not before its last movement", "2024-02-01 charge g 100\n2024-02-02 pay p 100", "2024-02-01 close",
     "BALANCE_NOT_ZERO 2024-02-02"},
    {"not before the last that lies ahead, when it has come",
     "2024-06-20 charge g 100\n2024-06-21 pay p 100\nnow 2024-08-01", "2024-06-20 close",
     "BALANCE_NOT_ZERO 2024-06-21"},
    {"a closed customer takes nothing", "close", "charge g 1", "CUSTOMER_CLOSED"},
    {"nor closes again", "close", "close", "CUSTOMER_CLOSED"},
    {"nor opens again", "close", "open ann", "DUPLICATE_CUSTOMER"},
    {"a reason that is too long", "", "close reason=r*65", "MALFORMED"},
    {"that is said before the balance", "charge g 1", "close reason=r*65", "MALFORMED"},
};

#define CLOSED "2024-05-10 charge g 100\nclose-period 2024-05-31\n"

static const struct rule periods[] = {
    {"it closes through a day", "", "close-period 2024-05-31", "2024-06-15 close-period 2024-05-31"},
    {"through today", "", "close-period 2024-06-15", "2024-06-15 close-period 2024-06-15"},
    {"not through tomorrow", "", "close-period 2024-06-16", "DATE_INVALID 2024-06-16"},
    {"not without a day", "", "close-period", "DATE_INVALID"},
    {"not backwards", CLOSED, "close-period 2024-05-30", "DATE_INVALID 2024-05-30"},
    {"not the same day again", CLOSED, "close-period 2024-05-31", "DATE_INVALID 2024-05-31"},
    {"forwards", CLOSED, "close-period 2024-06-01", "2024-06-15 close-period 2024-06-01"},
    {"it names no customer", "", "close-period 2024-05-31 cust=ann", "MALFORMED"},
    {"nothing is entered on its last day", CLOSED, "2024-05-31 charge h 1", "PERIOD_CLOSED 2024-05-31"},
    {"the day after is open", CLOSED, "2024-06-01 charge h 1", "2024-06-01 charge h 1"},
    {"a late fact goes on an open day", CLOSED, "2024-06-01 charge h 1 original=2024-05-31",
     "2024-06-01 charge h 1 original=2024-05-31"},
    {"no customer is opened in it", CLOSED, "2024-05-31 open bob", "PERIOD_CLOSED 2024-05-31"},
    {"no policy is set in it", CLOSED, "2024-05-31 policy unlimited", "PERIOD_CLOSED 2024-05-31"},
    {"no correction of what is in it", CLOSED, "reverse-charge g 0 correction error", "PERIOD_CLOSED 2024-05-10"},
    {"a reversal on an open day", CLOSED, "2024-06-02 reverse-charge g 0 reversal error",
     "2024-06-02 reverse-charge g 100 reversal"},
    {"no correction that takes off a use in it",
     "2024-06-10 charge h 50\n2024-05-10 pay p 50 none\nclose-period 2024-05-31\n2024-06-11 allocate p to=h",
     "reverse-payment p correction error", "PERIOD_CLOSED 2024-05-10"},
    {"a payment pays what is in it, on its own day", CLOSED, "2024-06-01 pay p 100",
     "2024-06-01 pay p 100; 2024-06-01 allocate p g 100 oldest"},
    {"an allocation would fall into it", "2024-05-10 charge g 100\n2024-05-11 pay p 100 none\nclose-period 2024-05-31",
     "allocate p to=g", "PERIOD_CLOSED 2024-05-11"},
    {"on an open day it is good", "2024-05-10 charge g 100\n2024-05-11 pay p 100 none\nclose-period 2024-05-31",
     "2024-06-01 allocate p to=g", "2024-06-01 allocate p g 100"},
    {"nothing is taken off in it", "2024-05-10 charge g 100\n2024-05-11 pay p 100 to=g@x\nclose-period 2024-05-31",
     "2024-05-31 unallocate x", "PERIOD_CLOSED 2024-05-31"},
    {"reopened to a day", CLOSED, "reopen-period audit 2024-05-15", "2024-06-15 reopen-period 2024-05-15"},
    {"reopened, its days are open", CLOSED "reopen-period audit 2024-05-15", "2024-05-16 charge h 1",
     "2024-05-16 charge h 1"},
    {"those before are not", CLOSED "reopen-period audit 2024-05-15", "2024-05-15 charge h 1",
     "PERIOD_CLOSED 2024-05-15"},
    {"reopened wholly", CLOSED, "reopen-period audit", "2024-06-15 reopen-period nothing"},
    {"then all days are open", CLOSED "reopen-period audit", "1970-01-02 charge h 1", "1970-01-02 charge h 1"},
    {"nothing to reopen", "", "reopen-period audit", "DATE_INVALID"},
    {"not to a later day", CLOSED, "reopen-period audit 2024-06-01", "DATE_INVALID 2024-06-01"},
    {"not without a reason", CLOSED, "reopen-period", "REASON_REQUIRED"},
    {"closed again after it", CLOSED "reopen-period audit 2024-05-15", "close-period 2024-05-20",
     "2024-06-15 close-period 2024-05-20"},
};

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, opening, run_rule);
    ROWS_ADD_TABLE(&rows, closing, run_rule);
    ROWS_ADD_TABLE(&rows, periods, run_rule);
    return rows_run("decide_customer", &rows);
}
