/*
 * The kinds of events that move no money, no hold and no item, as labels of a
 * switch. A new kind is not among them until someone has thought so: every fold's
 * switch stops the build first.
 */
#ifndef DAYBOOK_PROJECTIONS_KINDS_H
#define DAYBOOK_PROJECTIONS_KINDS_H

#include "daybook/v1/event.pb-c.h"

#define KINDS_BESIDE_MONEY                                                                                             \
    PB__EVENT__BODY_CUSTOMER_OPENED:                                                                                   \
    case PB__EVENT__BODY_CUSTOMER_CHANGED:                                                                             \
    case PB__EVENT__BODY_CUSTOMER_CLOSED:                                                                              \
    case PB__EVENT__BODY_CREDIT_POLICY_SET:                                                                            \
    case PB__EVENT__BODY_CREDIT_HOLD_PLACED:                                                                           \
    case PB__EVENT__BODY_CREDIT_HOLD_LIFTED:                                                                           \
    case PB__EVENT__BODY_PERIOD_CLOSED:                                                                                \
    case PB__EVENT__BODY_PERIOD_REOPENED:                                                                              \
    case PB__EVENT__BODY_STATEMENT_ISSUED:                                                                             \
    case PB__EVENT__BODY_REQUEST_PROPOSED:                                                                             \
    case PB__EVENT__BODY_REQUEST_APPROVED:                                                                             \
    case PB__EVENT__BODY_REQUEST_REJECTED:                                                                             \
    case PB__EVENT__BODY_OPERATOR_ACTED:                                                                               \
    case PB__EVENT__BODY_APPROVAL_POLICY_SET

#endif
