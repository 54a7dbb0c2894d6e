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

const char *help_page(const char *name) {
    return strcmp(name, "import") == 0 ? _(import_page) : NULL;
}
