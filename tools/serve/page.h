/* What is not a call of the schema: health, metrics, the description, the feed for browsers. */
#ifndef DAYBOOK_TOOLS_SERVE_PAGE_H
#define DAYBOOK_TOOLS_SERVE_PAGE_H

#include "tools/serve/call.h"

const struct page *page_find(const char *path); /* NULL: there is none. */
const char *page_name(const struct page *page);

/* Whether it is for anybody on this machine, without a token. `names_machine`: the caller asked for this machine
 * (authorise.h). Who did not is told that the server is there, and nothing of the ledger. */
bool page_is_for_anybody(const struct page *page, bool names_machine);

/* Answers a call to a page: sets its reply and stage, or hands it to the crew. */
void page_answer(struct call *call);

#endif
