/* What each refusal code means, in a sentence. */
#include "tools/help.h"
#include "tools/text.h"

const char *refusal_meaning(Pb__RefusalCode code) {
    switch (code) {
    case PB__REFUSAL_CODE__REFUSAL_CODE_MALFORMED:
        return N_("The request cannot be read as one: a field is missing, too long, or contradicts another.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNSUPPORTED:
        return N_("This build does not decide this kind of request.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_KEY_REUSED:
        return N_("The key was used before, with different content.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_REQUEST_EXPIRED:
        return N_("It came later than its own not-after.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_CUSTOMER:
        return N_("No such customer was opened.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_CUSTOMER_CLOSED:
        return N_("The customer's account is closed.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_DOCUMENT:
        return N_("The customer has a document of this kind with this id.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNKNOWN_DOCUMENT:
        return N_("The customer has no document of this kind with this id.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_AMOUNT_NOT_POSITIVE:
        return N_("An amount must be greater than zero.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_AMOUNT_OVERFLOW:
        return N_("A sum would be more than an amount can hold.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_CURRENCY_UNKNOWN:
        return N_("The currency is no active ISO 4217 code.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_CURRENCY_MISMATCH:
        return N_("The document that it names is in another currency.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_DATE_INVALID:
        return N_("A date is no date, or out of order with another.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_PERIOD_CLOSED:
        return N_("The books are closed through this date.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_DATE_BEFORE_SOURCE:
        return N_("It would count for a day before what it is about existed.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_OPEN:
        return N_("More than is open on the charge, on some day from its date on.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_UNAPPLIED:
        return N_("More than is left of the payment or credit, on some day from its date on.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_DEPOSIT:
        return N_("More than the deposits hold, on some day from its date on.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_HELD:
        return N_("More than is held.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_OUT_OF_SCOPE:
        return N_("The deposit may not pay charges of this category.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_LOT_EXPIRED:
        return N_("The deposit's last day has passed.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_NOT_REFUNDABLE:
        return N_("Promotional money is not paid out.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_OVER_CREDIT_LIMIT:
        return N_("It would take the customer's exposure over the limit.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_CREDIT_HOLD:
        return N_("The customer is on credit hold.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_BALANCE_NOT_ZERO:
        return N_("An account is closed only when everything in it is zero.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_REASON_REQUIRED:
        return N_("This kind of request must give a reason.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_GROUP_REFUSED:
        return N_("Another request of its group was refused.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_DUPLICATE_CUSTOMER:
        return N_("A customer with this id was opened before.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_ALREADY_REVERSED:
        return N_("It was reversed before.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_CLOCK_NOT_ALLOWED:
        return N_("The ledger keeps its own clock, or the given instant does not follow the last one.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_EXCEEDS_WRITTEN_OFF:
        return N_("More than was written off.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_PAYMENT_PENDING:
        return N_("The payment is pending: it counts once it is settled.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNASSESSED:
        return N_("The ledger refuses charges on credit before a credit policy is set.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_ALREADY_SETTLED:
        return N_("The payment is settled already.");
    case PB__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED:
    case _PB__REFUSAL_CODE_IS_INT_SIZE:
        break;
    }
    return NULL;
}
