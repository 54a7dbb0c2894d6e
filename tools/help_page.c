/* The longer pages of the help. */
#include <string.h>

#include "tools/help.h"
#include "tools/text.h"

static const char import_page[] =
    N_("A mapping is JSON:\n"
       "\n"
       "  {\n"
       "    \"version\": 1,\n"
       "    \"encoding\": \"auto\",          auto: UTF-8 where well-formed, else GB18030;\n"
       "                                   or utf-8, gb18030\n"
       "    \"delimiter\": \",\", \"decimal\": \".\", \"grouping\": \"\",\n"
       "    \"currency\": \"USD\",           of amounts; absent: the ledger's\n"
       "    \"date_formats\": [\"M/D/YYYY\"], tried in order; absent: YYYY-MM-DD\n"
       "    \"requests\": [\n"
       "      {\"command\": \"open_customer\", \"once\": true,\n"
       "       \"customer\": {\"column\": \"Customer\"}, \"effective_on\": {\"column\": \"Date\"}},\n"
       "      {\"command\": \"post_charge\",\n"
       "       \"when\": [{\"column\": \"Amount\", \"is\": \"positive\"}],\n"
       "       \"customer\": {\"column\": \"Customer\"}, \"effective_on\": {\"column\": \"Date\"},\n"
       "       \"fields\": {\"charge\": {\"column\": \"Number\"},\n"
       "                  \"amount_minor\": {\"amount\": \"Amount\"},\n"
       "                  \"due_on\": {\"date\": \"Due\"},\n"
       "                  \"category\": {\"constant\": \"invoice\"}}}\n"
       "    ]\n"
       "  }\n"
       "\n"
       "Commands and fields are those of daybook.v1.Request. A value is one of\n"
       "  {\"column\": NAME}                     the column's text, trimmed\n"
       "  {\"date\": NAME}                       the column as a date\n"
       "  {\"amount\": NAME, \"absolute\": true, \"negate\": true}\n"
       "  {\"constant\": TEXT}                   always this (an enum by its short name)\n"
       "  {\"concat\": [TEXT, VALUE, ...]}       one after the other\n"
       "  {\"lookup\": NAME, \"values\": {TEXT: TEXT}, \"otherwise\": TEXT}\n"
       "A date format has YYYY; MM or M; DD or D; \"*\" at the end for anything.\n"
       "\"when\" lists conditions that must all hold: \"is\" positive, negative, zero,\n"
       "empty or present; or \"equals\" TEXT; or \"differs\" TEXT. \"once\" makes the request\n"
       "once a customer, dated by the customer's earliest row, before all others.\n");

static const char kpi_page[] =
    N_("The period is (from, to]: \"opening\" is what was open at the end of --from, \"ending\"\n"
       "at the end of --to, both as they are known at --known-at. Amounts are of one currency.\n"
       "\n"
       "  charges on credit    charges posted less reversed, less what deposits paid\n"
       "  not due, overdue     of the ending receivable, by due date; what is disputed is in\n"
       "                       neither, as in an aging\n"
       "\n"
       "  dso                       ending receivable * days / charges on credit\n"
       "  best_possible_dso         not due * days / charges on credit\n"
       "  average_days_delinquent   (ending receivable - not due) * days / charges on credit:\n"
       "                            the difference of the two above\n"
       "  collection_effectiveness  (opening + charges on credit - ending) * 100\n"
       "                            / (opening + charges on credit - not due)\n"
       "     These four are the measures that the Credit Research Foundation publishes for\n"
       "     trade receivables, with total and current receivables at the end of the period.\n"
       "  countback_dso             month by month, the latest first: while what is left of\n"
       "                            the receivable is more than the month's charges on credit,\n"
       "                            they are taken off it and all days of the month count; of\n"
       "                            the month after that, left * days / charges. Also known as\n"
       "                            the exhaustion method. The months are calendar months, the\n"
       "                            first one ends at --to.\n"
       "  collection_rate           payments received less reversed * 100\n"
       "                            / (opening + charges on credit): money in, of all there\n"
       "                            was to collect\n"
       "  overdue_rate              overdue * 100 / ending receivable\n"
       "  bad_debt_rate             (written off - recovered) * 100 / charges on credit\n"
       "  days_to_pay               days from posting to allocation, weighted by what was\n"
       "                            allocated in the period\n"
       "  days_beyond_terms         days from the due date, weighted likewise; early is negative\n"
       "  average_days_late         the same, where early counts as 0\n"
       "  late_share                what was allocated past its due date, of all allocated\n"
       "  roll BUCKET               of what was open in the bucket at the start, what is in an\n"
       "                            older one at the end: the roll rate of loan books. The table\n"
       "                            below the figures has every move; its rows add up to the\n"
       "                            opening aging, its columns to the closing one\n"
       "\n"
       "Each figure is whole + numerator * times / denominator, by integers, in hundredths,\n"
       "half away from zero. Unapplied money is deducted from nothing.\n");

static const char grades_page[] =
    N_("A grade is a mean of points. Each rule measures one thing and gives a point for each\n"
       "of its four limits that the measure is above; the fraction itself is compared, not\n"
       "what it is rounded to. All of it is printed by \"daybook credit show CUSTOMER\".\n"
       "\n"
       "  RULE               MEASURE                                      A POINT EACH ABOVE\n"
       "  days beyond terms  days from due date to allocation, weighted   0, 10, 30, 60 days\n"
       "                     by what was allocated; early is negative\n"
       "  late share         allocated past its due date, of all that     5, 20, 40, 70 %\n"
       "                     was allocated\n"
       "  overdue share      overdue, of what is open                     0, 10, 25, 50 %\n"
       "  oldest overdue     days since the oldest open due date          0, 30, 60, 90 days\n"
       "  use of the limit   exposure, of a limit above 0                 80, 90, 100, 120 %\n"
       "  written off        written off less recovered, of all that      0, 1, 2, 5 %\n"
       "                     was charged on credit\n"
       "\n"
       "  The points divided by the number of rules that had something to measure:\n"
       "  A  up to 0.50    B  up to 1.00    C  up to 1.75    D  up to 2.50    E  more\n"
       "\n"
       "One rule at its 4 points keeps the grade at C or below. A rule that has nothing to\n"
       "divide by is not measured and says so. Where nothing was ever paid, is open or was\n"
       "written off, there is no grade. What is disputed is not overdue. Measures go over\n"
       "all that is visible at --as-of and --known-at; \"daybook credit history\" shows them\n"
       "at a row of dates. The rules are Daybook's own: nothing else enters.\n");

static const char replay_page[] =
    N_("The policy is a ReplayPolicy (daybook/v1/replay.proto) as proto3 JSON; what is left out is as the\n"
       "ledger does, and {} changes nothing:\n"
       "\n"
       "  {\n"
       "    \"lotOrder\": [\"LOT_KEY_EXPIRY\", \"LOT_KEY_PAID\"],\n"
       "                                   which lot pays first, key by key, then as recorded:\n"
       "                                   LOT_KEY_PRIORITY, _EXPIRY, _PROMOTIONAL (first),\n"
       "                                   _PAID (first), _SCOPE (narrow first), _RECEIVED\n"
       "    \"paymentOrder\": \"PAYMENT_ORDER_LARGEST\",\n"
       "                                   or _OLDEST_POSTED, _OLDEST_DUE: which item a payment\n"
       "                                   pays first when it names none\n"
       "    \"listedAllocations\": \"LISTED_ALLOCATIONS_OVERRIDDEN\",\n"
       "                                   what a payment listed is chosen by the rule, too\n"
       "    \"credit\": [\n"
       "      {\"scalePercent\": 80},        of every limit that is an amount, rounded down\n"
       "      {\"customer\": \"ACME\", \"currency\": \"CNY\", \"state\": \"LIMIT_STATE_AMOUNT\",\n"
       "       \"limitMinor\": \"100000\"},   or LIMIT_STATE_UNLIMITED, _UNASSESSED\n"
       "      {\"mode\": \"CREDIT_MODE_WARN\"}],\n"
       "                                   one after the other\n"
       "    \"basis\": \"AGING_BASIS_POSTING\", \"edges\": [15, 30, 45],\n"
       "    \"unapplied\": \"UNAPPLIED_DISPLAY_NETTED\"\n"
       "                                   how ages are told under the policy; those of history\n"
       "                                   are told by due date, 30 60 90 120, in a column\n"
       "  }\n"
       "\n"
       "Both states are kept in memory: about 1 kB a document.\n");

static const char access_page[] =
    N_("Whoever can write the ledger's files is its owner, and may do everything. Everybody else\n"
       "comes through a server (daybook serve) with a token, which says as whom and in which role:\n"
       "\n"
       "  cashier      deposits, payments, settling of payments. A cashier's payment stays\n"
       "               unapplied: who records cash does not allocate it\n"
       "  accountant   charges, allocations, adjustments, refunds, reversals, holds on deposits,\n"
       "               disputes, statements, expiries\n"
       "  credit       credit policies and holds, holds on deposits, disputes\n"
       "  auditor      reads, proofs, and what was refused; nothing that is recorded\n"
       "  admin        tokens, periods, customers, the approval policy, rebuilding\n"
       "\n"
       "All roles read the views and the events. Whoever recorded a payment does not allocate it,\n"
       "in another role either. Actor and role are on every event.\n"
       "\n"
       "A token is printed once; the file DIR/tokens holds its hash. It goes in the variable\n"
       "DAYBOOK_TOKEN, or over HTTP as \"Authorization: Bearer TOKEN\". Without one a server answers\n"
       "/healthz, /readyz and /metrics, to its own machine. --trust-local makes whoever calls from\n"
       "this machine the owner; behind a proxy on the same machine that is everybody.\n"
       "\n"
       "  daybook token create --name root --role admin --expires 90d    before the server starts\n"
       "  DAYBOOK_TOKEN=... daybook --server URL token create --name anna --role accountant --expires 90d\n"
       "\n"
       "The approval policy says above which amounts a write-off, a refund, a credit limit or a\n"
       "reversal needs a second person. It binds everybody, the owner too. An amount is measured\n"
       "request by request: several small ones are not added up.\n"
       "\n"
       "  daybook approval set write-off=1000 refund=500\n"
       "  daybook adjust ACME W-1 write-off 2000 --charge INV-1 --reason lost --propose WO-1\n"
       "  daybook proposal show WO-1\n"
       "  daybook proposal approve WO-1 --sha256 HEX --actor beth\n"
       "\n"
       "Approving names the hash of the request that was looked at, comes from another actor whose\n"
       "role may ask for it, and before the proposal expires. The request is decided then: a\n"
       "request that names no date counts for the day of its approval. Where it is refused by\n"
       "then, the proposal stays open. What opens or changes a customer cannot be proposed.\n");

const char *help_page(const char *name) {
    static const struct {
        const char *name;
        const char *text;
    } pages[] = {
        {"access", access_page},
        {"import", import_page},
        {"grades", grades_page},
        {"kpi", kpi_page},
        {"replay", replay_page},
    };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (strcmp(name, pages[i].name) == 0) {
            return _(pages[i].text);
        }
    }
    return NULL;
}
