/* What people call a kind of document. */
#ifndef DAYBOOK_DOMAIN_DOCUMENT_KIND_H
#define DAYBOOK_DOMAIN_DOCUMENT_KIND_H

#include "daybook/v1/event.pb-c.h"

const char *document_kind_name(Pb__DocumentKind kind); /* "charge"; "document" where it is none of them. */

#endif
