/* Every role against every call of the schema. */
#include "tools/serve/authorise.h"

#include <string.h>

#include "tests/rows.h"

/* c = cashier, a = accountant, k = credit, u = auditor, x = admin, in the order of their numbers behind the owner. */
static const char role_letters[] = "-cakux";

/* A call that is not here stops the test. What Submit and Post carry is decided by the engine (test_access.c). */
static const struct call_row {
    const char *name;
    const char *roles;
} call_rows[] = {
    {"Ledger.Submit", "cakux"},
    {"Ledger.Post", "cakux"},
    {"Ledger.IssueStatements", "a"},
    {"Views.GetBalance", "cakux"},
    {"Views.ListOpenItems", "cakux"},
    {"Views.GetAging", "cakux"},
    {"Views.GetCredit", "cakux"},
    {"Views.GetCreditHistory", "cakux"},
    {"Views.ListCreditDecisions", "cakux"},
    {"Views.GetHistory", "cakux"},
    {"Views.ListCustomers", "cakux"},
    {"Views.GetTrialBalance", "cakux"},
    {"Views.ListPostings", "cakux"},
    {"Views.ListLots", "cakux"},
    {"Views.GetKpis", "cakux"},
    {"Views.GetLineage", "cakux"},
    {"Views.GetBridge", "cakux"},
    {"Views.GetStatement", "cakux"},
    {"Views.ListStatements", "cakux"},
    {"Views.ListDailyBalances", "cakux"},
    {"Views.ListProposals", "cakux"},
    {"Events.List", "cakux"},
    {"Events.Follow", "cakux"},
    {"Admin.GetStatus", "cakux"},
    {"Admin.GetDigest", "cakux"},
    {"Admin.Rebuild", "x"},
    {"Admin.CreateToken", "x"},
    {"Admin.ListTokens", "ux"},
    {"Admin.RevokeToken", "x"},
    {"Audit.GetCheckpoint", "cakux"},
    {"Audit.ProveInclusion", "cakux"},
    {"Audit.ProveConsistency", "cakux"},
    {"Audit.ListRefusals", "ux"},
    {"Admin.Backup", "x"},
    {"Admin.Examine", "x"},
    {"Audit.GetKey", "cakux"},
    {"Audit.CreateKey", "x"},
    {"Audit.SignCheckpoint", "ux"},
    {"Audit.Verify", "ux"},
    {"Audit.MakeBundle", "ux"},
    {"Audit.MakeTiles", "ux"},
    {"Views.Replay", "akux"},
};

static const struct call_row *row_of(const char *name) {
    for (size_t i = 0; i < ROW_COUNT(call_rows); i++) {
        if (strcmp(call_rows[i].name, name) == 0) {
            return &call_rows[i];
        }
    }
    fail_msg("no row says who may call %s", name);
    return NULL;
}

static void every_role_against_every_call(void **state) {
    (void)state;
    struct methods methods;
    assert_int_equal(methods_open(&methods, NULL), DAYBOOK_OK);
    assert_int_equal(methods.count, ROW_COUNT(call_rows));
    for (size_t i = 0; i < methods.count; i++) {
        const struct method *method = &methods.items[i];
        const struct call_row *row = row_of(method->name);
        for (int role = 0; role <= PB__ROLE__ROLE_ADMIN; role++) {
            const char *reason;
            struct identity identity = {.is_known = true, .submitter = {.role = (Pb__Role)role}};
            bool may = role == 0 || strchr(row->roles, role_letters[role]) != NULL;
            enum connect_code expected = may ? CONNECT_OK : CONNECT_PERMISSION_DENIED;
            if (authorise_call(&identity, method, false, &reason) != expected) {
                fail_msg("%s by role %d is %s", method->name, role, may ? "refused" : "let through");
            }
            identity = (struct identity){.is_local = true};
            assert_int_equal(authorise_call(&identity, method, false, &reason), CONNECT_UNAUTHENTICATED);
        }
    }
    methods_close(&methods);
}

static const struct page_row {
    const char *name;
    bool is_local;
    bool is_known;
    bool is_for_anybody;
    enum connect_code code;
} page_rows[] = {
    {"health from this machine", true, false, true, CONNECT_OK},
    {"health from another", false, false, true, CONNECT_UNAUTHENTICATED},
    {"health from another with a token", false, true, true, CONNECT_OK},
    {"the feed from this machine", true, false, false, CONNECT_UNAUTHENTICATED},
    {"the feed with a token", false, true, false, CONNECT_OK},
};

static void pages_are_for_whom_they_are(void **state) {
    const struct page_row *row = *state;
    const char *reason;
    struct identity identity = {
        .is_local = row->is_local, .is_known = row->is_known, .submitter = {.role = PB__ROLE__ROLE_AUDITOR}};
    assert_int_equal(authorise_call(&identity, NULL, row->is_for_anybody, &reason), row->code);
    assert_true((row->code == CONNECT_OK) == (reason[0] == '\0'));
}

static const struct host_row {
    const char *name; /* What is asked for. */
    bool is_this_machine;
} host_rows[] = {
    {"127.0.0.1", true},
    {"127.0.0.1:7420", true},
    {"[::1]:7420", true},
    {"[::1]", true},
    {"localhost", true},
    {"LocalHost:7420", true},
    {"rebound.example", false},
    {"rebound.example:7420", false},
    {"localhost.rebound.example", false},
    {"127.0.0.1.rebound.example", false},
    {"127.0.0.1@rebound.example", false},
    {"[rebound.example]", false},
    {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", false},
};

static void a_trusted_caller_names_this_machine(void **state) {
    const struct host_row *row = *state;
    assert_int_equal(authorise_names_machine(row->name), row->is_this_machine);
}

static void a_caller_that_names_nothing_is_no_browser(void **state) {
    (void)state;
    assert_true(authorise_names_machine(NULL));
}

int main(void) {
    static struct rows rows;
    rows_add(&rows, "every role against every call", every_role_against_every_call, NULL);
    ROWS_ADD_TABLE(&rows, page_rows, pages_are_for_whom_they_are);
    ROWS_ADD_TABLE(&rows, host_rows, a_trusted_caller_names_this_machine);
    rows_add(&rows, "no host at all", a_caller_that_names_nothing_is_no_browser, NULL);
    return rows_run("authorise", &rows);
}
