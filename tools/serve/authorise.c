/* Who may call what. */
#include "tools/serve/authorise.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum {
    ACCOUNTANT = 1 << PB__ROLE__ROLE_ACCOUNTANT,
    CREDIT = 1 << PB__ROLE__ROLE_CREDIT,
    AUDITOR = 1 << PB__ROLE__ROLE_AUDITOR,
    ADMIN = 1 << PB__ROLE__ROLE_ADMIN,
};

/* Calls that not every role may make. The owner may make all. */
static const struct {
    const char *method;
    unsigned roles;
} restricted[] = {
    {"Ledger.IssueStatements", ACCOUNTANT},
    {"Views.Replay", ACCOUNTANT | CREDIT | AUDITOR | ADMIN},
    {"Admin.Rebuild", ADMIN},
    {"Admin.CreateToken", ADMIN},
    {"Admin.ListTokens", AUDITOR | ADMIN},
    {"Admin.RevokeToken", ADMIN},
    {"Admin.Backup", ADMIN},
    {"Admin.Examine", ADMIN},
    {"Audit.ListRefusals", AUDITOR | ADMIN},
    {"Audit.CreateKey", ADMIN},
    {"Audit.SignCheckpoint", AUDITOR | ADMIN},
    {"Audit.Verify", AUDITOR | ADMIN},
    {"Audit.MakeBundle", AUDITOR | ADMIN},
    {"Audit.MakeTiles", AUDITOR | ADMIN},
};

static bool may_call(Pb__Role role, const struct method *method) {
    if (role == PB__ROLE__ROLE_UNSPECIFIED) {
        return true;
    }
    for (size_t i = 0; i < sizeof restricted / sizeof *restricted; i++) {
        if (strcmp(restricted[i].method, method->name) == 0) {
            return (restricted[i].roles & 1U << role) != 0;
        }
    }
    /* What changes something and is not listed goes to the engine, or to nobody. */
    return method->is_safe || method->route == ROUTE_SUBMIT || method->route == ROUTE_POST ||
           method->route == ROUTE_FOLLOW || method->route == ROUTE_NONE;
}

bool authorise_names_machine(const char *host) {
    char name[INET6_ADDRSTRLEN + 1];
    struct in6_addr address;
    if (host == NULL || *host == '\0') {
        return true; /* HTTP/1.0; browsers always say. */
    }
    bool is_bracketed = *host == '[';
    size_t size = strcspn(host + is_bracketed, is_bracketed ? "]" : ":");
    if (size >= sizeof name) {
        return false;
    }
    memcpy(name, host + is_bracketed, size);
    name[size] = '\0';
    return is_bracketed ? inet_pton(AF_INET6, name, &address) == 1
                        : inet_pton(AF_INET, name, &address) == 1 || strcasecmp(name, "localhost") == 0;
}

enum connect_code authorise_call(const struct identity *identity, const struct method *method, bool is_for_anybody,
                                 const char **reason) {
    *reason = "";
    if (is_for_anybody && identity->is_local) {
        return CONNECT_OK;
    }
    if (!identity->is_known) {
        *reason =
            identity->is_local && !identity->names_machine
                ? "this takes a token: callers on this machine are trusted only where they ask for its address, or "
                  "for localhost"
                : "this takes a token, from DAYBOOK_TOKEN or over HTTP as \"Authorization: Bearer TOKEN\"; \"daybook "
                  "token "
                  "create\" makes one";
        return CONNECT_UNAUTHENTICATED;
    }
    if (method != NULL && !may_call(identity->submitter.role, method)) {
        *reason = "the role of this token may not make this call";
        return CONNECT_PERMISSION_DENIED;
    }
    return CONNECT_OK;
}
