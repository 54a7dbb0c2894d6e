/* What people call a kind of document. */
#include "domain/document_kind.h"

const char *document_kind_name(Pb__DocumentKind kind) {
    switch (kind) {
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_LOT:
        return "lot";
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE:
        return "charge";
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_PAYMENT:
        return "payment";
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_HOLD:
        return "hold";
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_ADJUSTMENT:
        return "adjustment";
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_ALLOCATION:
        return "allocation";
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_REFUND:
        return "refund";
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_DISPUTE:
        return "dispute";
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_STATEMENT:
        return "statement";
    case PB__DOCUMENT_KIND__DOCUMENT_KIND_UNSPECIFIED:
    case _PB__DOCUMENT_KIND_IS_INT_SIZE:
        break;
    }
    return "document";
}
