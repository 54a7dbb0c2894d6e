/* Words of a command line as fields of a request. */
#include <string.h>

#include "tests/rows.h"

#include "tools/field_form.h"
#include "tools/json_message.h"
#include "tools/message_field.h"

#define ARENA_BYTES ((size_t)1 << 20)

struct form {
    const char *name;
    const char *arm;
    struct field_rule rule;
    const char *currency;
    const char *text;
    const char *request; /* As JSON; NULL = refused. */
    const char *reason;
};

static const struct form forms[] = {
    {"text", "post_charge", {FORM_TEXT, "memo", NULL}, "CNY", "a note", "{\"postCharge\":{\"memo\":\"a note\"}}", NULL},
    {"text of the request itself",
     "post_charge",
     {FORM_TEXT, "/customer", NULL},
     "CNY",
     "A",
     "{\"customer\":\"A\",\"postCharge\":{}}",
     NULL},
    {"text inside messages",
     "open_customer",
     {FORM_TEXT, "profile.name", NULL},
     "CNY",
     "Acme",
     "{\"openCustomer\":{\"profile\":{\"name\":\"Acme\"}}}",
     NULL},
    {"text of a list",
     "open_customer",
     {FORM_TEXT, "profile.tags", NULL},
     "CNY",
     "big",
     "{\"openCustomer\":{\"profile\":{\"tags\":[\"big\"]}}}",
     NULL},
    {"a date",
     "post_charge",
     {FORM_DATE, "due_on", NULL},
     "CNY",
     "2024-02-29",
     "{\"postCharge\":{\"dueOn\":\"2024-02-29\"}}",
     NULL},
    {"no date",
     "post_charge",
     {FORM_DATE, "due_on", NULL},
     "CNY",
     "2023-02-29",
     NULL,
     "NAME: \"2023-02-29\" is no date"},
    {"an instant",
     "post_charge",
     {FORM_INSTANT, "/not_after_us", NULL},
     "CNY",
     "1970-01-01T00:00:01.5Z",
     "{\"notAfterUs\":\"1500000\",\"postCharge\":{}}",
     NULL},
    {"no instant", "post_charge", {FORM_INSTANT, "/not_after_us", NULL}, "CNY", "now", NULL, "is no instant"},
    {"an amount of two decimals",
     "post_charge",
     {FORM_AMOUNT, "amount_minor", NULL},
     "CNY",
     "10.5",
     "{\"postCharge\":{\"amountMinor\":\"1050\"}}",
     NULL},
    {"an amount of no decimals",
     "post_charge",
     {FORM_AMOUNT, "amount_minor", NULL},
     "JPY",
     "10",
     "{\"postCharge\":{\"amountMinor\":\"10\"}}",
     NULL},
    {"an amount of three decimals",
     "post_charge",
     {FORM_AMOUNT, "amount_minor", NULL},
     "KWD",
     "10.5",
     "{\"postCharge\":{\"amountMinor\":\"10500\"}}",
     NULL},
    {"a negative amount is the engine's to refuse",
     "post_charge",
     {FORM_AMOUNT, "amount_minor", NULL},
     "CNY",
     "-1",
     "{\"postCharge\":{\"amountMinor\":\"-100\"}}",
     NULL},
    {"too many decimals",
     "post_charge",
     {FORM_AMOUNT, "amount_minor", NULL},
     "CNY",
     "1.001",
     NULL,
     "NAME: \"1.001\" has more decimals than CNY has (2)"},
    {"no amount", "post_charge", {FORM_AMOUNT, "amount_minor", NULL}, "CNY", "1e3", NULL, "is no amount"},
    {"an amount in no currency",
     "post_charge",
     {FORM_AMOUNT, "amount_minor", NULL},
     "XXY",
     "1",
     NULL,
     "\"XXY\" is no ISO 4217 currency"},
    {"a whole number",
     "open_customer",
     {FORM_WHOLE, "profile.terms.days", NULL},
     "CNY",
     "30",
     "{\"openCustomer\":{\"profile\":{\"terms\":{\"days\":30}}}}",
     NULL},
    {"a negative number",
     "open_customer",
     {FORM_WHOLE, "profile.terms.days", NULL},
     "CNY",
     "-1",
     NULL,
     "is no whole number"},
    {"a number with a point",
     "open_customer",
     {FORM_WHOLE, "profile.terms.days", NULL},
     "CNY",
     "1.0",
     NULL,
     "is no whole number"},
    {"a number too large",
     "open_customer",
     {FORM_WHOLE, "profile.terms.days", NULL},
     "CNY",
     "2147483648",
     NULL,
     "is no whole number"},
    {"an enum in small letters",
     "post_adjustment",
     {FORM_ENUM, "kind", NULL},
     "CNY",
     "write-off",
     "{\"postAdjustment\":{\"kind\":\"ADJUSTMENT_KIND_WRITE_OFF\"}}",
     NULL},
    {"an enum by its full name",
     "post_adjustment",
     {FORM_ENUM, "kind", NULL},
     "CNY",
     "ADJUSTMENT_KIND_DISCOUNT",
     "{\"postAdjustment\":{\"kind\":\"ADJUSTMENT_KIND_DISCOUNT\"}}",
     NULL},
    {"an enum that is none",
     "post_adjustment",
     {FORM_ENUM, "kind", NULL},
     "CNY",
     "gift",
     NULL,
     "\"gift\" is none of credit-note, debit-note, write-off, recovery, discount, rounding"},
    {"the unspecified is no choice",
     "post_adjustment",
     {FORM_ENUM, "kind", NULL},
     "CNY",
     "unspecified",
     NULL,
     "is none of"},
    {"a flag sets an enum",
     "receive_payment",
     {FORM_SET, NULL, "status=pending"},
     "CNY",
     NULL,
     "{\"receivePayment\":{\"status\":\"PAYMENT_STATUS_PENDING\"}}",
     NULL},
    {"a flag sets a bool inside",
     "open_customer",
     {FORM_SET, NULL, "profile.terms.end_of_month=true"},
     "CNY",
     NULL,
     "{\"openCustomer\":{\"profile\":{\"terms\":{\"endOfMonth\":true}}}}",
     NULL},
    {"a text sets an enum beside it",
     "refund",
     {FORM_TEXT, "source", "source_kind=lot"},
     "CNY",
     "L1",
     "{\"refund\":{\"sourceKind\":\"DOCUMENT_KIND_LOT\",\"source\":\"L1\"}}",
     NULL},
    {"a target",
     "allocate",
     {FORM_TARGET, "allocations", NULL},
     "CNY",
     "INV-1",
     "{\"allocate\":{\"allocations\":[{\"target\":\"INV-1\"}]}}",
     NULL},
    {"a target and its amount",
     "allocate",
     {FORM_TARGET, "allocations", NULL},
     "CNY",
     "INV=1=2.50",
     "{\"allocate\":{\"allocations\":[{\"target\":\"INV=1\",\"amountMinor\":\"250\"}]}}",
     NULL},
    {"an instalment and its amount",
     "allocate",
     {FORM_TARGET, "allocations", NULL},
     "CNY",
     "INV-1#12=2.50",
     "{\"allocate\":{\"allocations\":[{\"target\":\"INV-1\",\"instalment\":12,\"amountMinor\":\"250\"}]}}",
     NULL},
    {"an instalment alone",
     "allocate",
     {FORM_TARGET, "allocations", NULL},
     "CNY",
     "A#B#2",
     "{\"allocate\":{\"allocations\":[{\"target\":\"A#B\",\"instalment\":2}]}}",
     NULL},
    {"a target that begins with a hash",
     "allocate",
     {FORM_TARGET, "allocations", NULL},
     "CNY",
     "#17",
     "{\"allocate\":{\"allocations\":[{\"target\":\"#17\"}]}}",
     NULL},
    {"a target with no number after the hash",
     "allocate",
     {FORM_TARGET, "allocations", NULL},
     "CNY",
     "A#",
     "{\"allocate\":{\"allocations\":[{\"target\":\"A#\"}]}}",
     NULL},
    {"a target with no amount",
     "allocate",
     {FORM_TARGET, "allocations", NULL},
     "CNY",
     "A=b",
     NULL,
     "NAME: \"b\" is no amount"},
    {"an instalment's day",
     "post_charge",
     {FORM_INSTALMENT, "instalments", NULL},
     "CNY",
     "2024-07-01",
     "{\"postCharge\":{\"instalments\":[{\"dueOn\":\"2024-07-01\"}]}}",
     NULL},
    {"an instalment's amount and day",
     "post_charge",
     {FORM_INSTALMENT, "instalments", NULL},
     "CNY",
     "30@2024-07-01",
     "{\"postCharge\":{\"instalments\":[{\"amountMinor\":\"3000\",\"dueOn\":\"2024-07-01\"}]}}",
     NULL},
    {"an instalment without a day",
     "post_charge",
     {FORM_INSTALMENT, "instalments", NULL},
     "CNY",
     "30@",
     NULL,
     "is no date"},
    {"a limit",
     "set_credit_policy",
     {FORM_LIMIT, NULL, NULL},
     "CNY",
     "5000",
     "{\"setCreditPolicy\":{\"state\":\"LIMIT_STATE_AMOUNT\",\"limitMinor\":\"500000\"}}",
     NULL},
    {"a limit of zero",
     "set_credit_policy",
     {FORM_LIMIT, NULL, NULL},
     "CNY",
     "0",
     "{\"setCreditPolicy\":{\"state\":\"LIMIT_STATE_AMOUNT\"}}",
     NULL},
    {"no limit",
     "set_credit_policy",
     {FORM_LIMIT, NULL, NULL},
     "CNY",
     "unlimited",
     "{\"setCreditPolicy\":{\"state\":\"LIMIT_STATE_UNLIMITED\"}}",
     NULL},
    {"not assessed",
     "set_credit_policy",
     {FORM_LIMIT, NULL, NULL},
     "CNY",
     "unassessed",
     "{\"setCreditPolicy\":{\"state\":\"LIMIT_STATE_UNASSESSED\"}}",
     NULL},
};

static void applies(void **state) {
    const struct form *row = *state;
    struct arena arena;
    struct daybook_error error;
    struct daybook_buffer text = {0};
    Pb__Request request = PB__REQUEST__INIT;
    arena_init(&arena, ARENA_BYTES);
    const ProtobufCFieldDescriptor *arm = message_find_field(&pb__request__descriptor, row->arm);
    struct field_target target = {&request.base, field_submessage(&request.base, arm, &arena), row->currency, &arena};
    enum daybook_status status = field_form_apply(&target, &row->rule, "NAME", row->text, &error);
    if (row->request == NULL) {
        assert_int_equal(status, DAYBOOK_INVALID);
        if (strstr(error.message, row->reason) == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", error.message, row->reason);
        }
    } else {
        assert_int_equal(status, DAYBOOK_OK);
        assert_int_equal(json_write_message(&request.base, &text), DAYBOOK_OK);
        assert_int_equal(daybook_buffer_append(&text, "", 1), DAYBOOK_OK);
        assert_string_equal((const char *)text.data, row->request);
        daybook_buffer_release(&text);
    }
    arena_release(&arena);
}

static void takes_whole_lists(void **state) {
    (void)state;
    struct arena arena;
    struct daybook_error error;
    Pb__AgingQuery query = PB__AGING_QUERY__INIT;
    static const struct field_rule rule = {FORM_WHOLES, "edges", NULL};
    arena_init(&arena, ARENA_BYTES);
    struct field_target target = {NULL, &query.base, NULL, &arena};
    assert_int_equal(field_form_apply(&target, &rule, "--edges", "30,60,90,120,150", &error), DAYBOOK_OK);
    static const int32_t edges[] = {30, 60, 90, 120, 150};
    assert_int_equal(query.n_edges, ROW_COUNT(edges));
    assert_memory_equal(query.edges, edges, sizeof edges);
    assert_int_equal(field_form_apply(&target, &rule, "--edges", "30,,60", &error), DAYBOOK_INVALID);
    assert_int_equal(field_form_apply(&target, &rule, "--edges", "", &error), DAYBOOK_INVALID);
    arena_release(&arena);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, forms, applies);
    rows_add(&rows, "a list of whole numbers", takes_whole_lists, NULL);
    return rows_run("field_form", &rows);
}
