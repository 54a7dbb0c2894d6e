/* Proposals, approval policies, refused requests and tokens as tables. */
#include "tools/view_table_access.h"

#include <string.h>

#include "base/calendar.h"
#include "domain/decide.h"
#include "tools/message_field.h"
#include "tools/text.h"
#include "tools/word_text.h"

#define COLUMN_COUNT(columns) (sizeof(columns) / sizeof(columns)[0])

static void add_enum(struct table *table, const ProtobufCEnumDescriptor *descriptor, int value) {
    char text[64];
    table_add_text(table, value == 0 ? "" : word_of(enum_short_name(descriptor, value, text, sizeof text)), TONE_PLAIN);
}

static void add_role(struct table *table, Pb__Role role) {
    char text[64];
    const char *name = role == 0 ? N_("owner") : enum_short_name(&pb__role__descriptor, (int)role, text, sizeof text);
    table_add_text(table, word_of(name), TONE_PLAIN);
}

/* To the second: what people look at. */
static void add_instant(struct table *table, int64_t instant_us) {
    enum { SECONDS_END = 19 }; /* "2024-02-29T18:00:00" */
    char text[INSTANT_TEXT_SIZE] = "";
    if (instant_us != 0) {
        (void)instant_format(instant_us, text);
        (void)strcpy(text + SECONDS_END, "Z");
    }
    table_add_text(table, text, TONE_PLAIN);
}

/* ---- requests ---- */

static const ProtobufCMessage *command_of(const Pb__Request *request, const ProtobufCFieldDescriptor **arm) {
    *arm = request == NULL
               ? NULL
               : protobuf_c_message_descriptor_get_field(&pb__request__descriptor, (unsigned)request->command_case);
    return *arm == NULL ? NULL : *(ProtobufCMessage *const *)field_member(&request->base, *arm);
}

const char *request_name(const Pb__Request *request, char text[REQUEST_NAME_SIZE]) {
    const ProtobufCFieldDescriptor *arm;
    if (command_of(request, &arm) == NULL) {
        return "";
    }
    if (request->command_case == PB__REQUEST__COMMAND_POST_ADJUSTMENT) {
        return enum_short_name(&pb__adjustment_kind__descriptor, (int)request->post_adjustment->kind, text,
                               REQUEST_NAME_SIZE);
    }
    (void)snprintf(text, REQUEST_NAME_SIZE, "%s", arm->name);
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '_' ? '-' : *at;
    }
    return text;
}

bool request_amount(const Pb__Request *request, int64_t *minor) {
    const ProtobufCFieldDescriptor *arm;
    const ProtobufCMessage *command = command_of(request, &arm);
    const ProtobufCFieldDescriptor *field =
        command == NULL ? NULL : protobuf_c_message_descriptor_get_field_by_name(command->descriptor, "amount_minor");
    if (field == NULL && command != NULL) {
        field = protobuf_c_message_descriptor_get_field_by_name(command->descriptor, "limit_minor");
    }
    if (field == NULL) {
        return false;
    }
    memcpy(minor, field_member(command, field), sizeof *minor);
    return true;
}

/* ---- proposals ---- */

static const struct table_column proposal_columns[] = {
    {"proposal", N_("PROPOSAL"), false},     {"state", N_("STATE"), false},
    {"request", N_("REQUEST"), false},       {"customer", N_("CUSTOMER"), false},
    {"currency", N_("CUR"), false},          {"amount", N_("AMOUNT"), true},
    {"proposed_by", N_("BY"), false},        {"role", N_("ROLE"), false},
    {"proposed_at", N_("AT"), false},        {"expires_at", N_("EXPIRES"), false},
    {"decided_by", N_("DECIDED BY"), false}, {"decided_at", N_("AT"), false},
    {"reason", N_("REASON"), false},         {"sequence", N_("SEQ"), true},
};

static void add_amount(struct table *table, const Pb__Proposal *row) {
    int64_t minor;
    bool is_told = row->currency[0] != '\0' && request_amount(row->request, &minor) && minor != 0;
    table_add_text(table, is_told ? row->currency : "", TONE_PLAIN);
    if (is_told) {
        table_add_amount(table, minor, row->currency, TONE_PLAIN);
    } else {
        table_add_text(table, "", TONE_PLAIN);
    }
}

struct table *proposals_table_of(const Pb__ProposalsAnswer *answer, struct arena *arena) {
    struct table *table = table_open(proposal_columns, COLUMN_COUNT(proposal_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        const Pb__Proposal *row = answer->rows[i];
        char name[REQUEST_NAME_SIZE];
        table_begin_row(table, ROW_PLAIN);
        table_add_text(table, row->proposal, TONE_PLAIN);
        add_enum(table, &pb__proposal_state__descriptor, (int)row->state);
        table_add_text(table, word_of(request_name(row->request, name)), TONE_PLAIN);
        table_add_text(table, row->request == NULL ? "" : row->request->customer, TONE_PLAIN);
        add_amount(table, row);
        table_add_text(table, row->proposed_by, TONE_PLAIN);
        add_role(table, row->role);
        add_instant(table, row->proposed_at_us);
        add_instant(table, row->expires_at_us);
        table_add_text(table, row->decided_by, TONE_PLAIN);
        add_instant(table, row->decided_at_us);
        table_add_text(table, row->reason, TONE_PLAIN);
        table_add_count(table, (int64_t)row->sequence, TONE_PLAIN);
    }
    return table;
}

/* ---- the approval policy ---- */

static const struct table_column threshold_columns[] = {
    {"kind", N_("REQUEST"), false},
    {"currency", N_("CUR"), false},
    {"above", N_("SECOND PERSON ABOVE"), true},
};

struct table *thresholds_table_of(const Pb__ProposalsAnswer *answer, struct arena *arena) {
    struct table *table = table_open(threshold_columns, COLUMN_COUNT(threshold_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_thresholds; i++) {
        const Pb__ApprovalThreshold *row = answer->thresholds[i];
        table_begin_row(table, ROW_PLAIN);
        add_enum(table, &pb__approval_kind__descriptor, (int)row->kind);
        table_add_text(table, row->currency, TONE_PLAIN);
        table_add_amount(table, row->above_minor, row->currency, TONE_PLAIN);
    }
    return table;
}

/* ---- refused requests ---- */

static const struct table_column refusal_columns[] = {
    {"refused_at", N_("AT"), false},     {"actor", N_("ACTOR"), false},       {"role", N_("ROLE"), false},
    {"request", N_("REQUEST"), false},   {"customer", N_("CUSTOMER"), false}, {"code", N_("CODE"), false},
    {"document", N_("DOCUMENT"), false}, {"message", N_("WHY"), false},
};

struct table *refusals_table_of(const Pb__RefusalsAnswer *answer, struct arena *arena) {
    static const Pb__Refusal none = PB__REFUSAL__INIT;
    struct table *table = table_open(refusal_columns, COLUMN_COUNT(refusal_columns), arena);
    for (size_t i = 0; table != NULL && i < answer->n_rows; i++) {
        const Pb__RefusedRequest *row = answer->rows[i];
        const Pb__Refusal *refusal = row->refusal == NULL ? &none : row->refusal;
        table_begin_row(table, ROW_PLAIN);
        add_instant(table, row->refused_at_us);
        table_add_text(table, row->actor, TONE_PLAIN);
        add_role(table, row->role);
        table_add_text(table, word_of(row->command), TONE_PLAIN);
        table_add_text(table, row->customer, TONE_PLAIN);
        table_add_text(table, refusal_name(refusal->code), TONE_PLAIN);
        table_add_text(table, refusal->document, TONE_PLAIN);
        table_add_text(table, refusal->message, TONE_PLAIN);
    }
    return table;
}

/* ---- tokens ---- */

static const struct table_column token_columns[] = {
    {"name", N_("NAME"), false},          {"role", N_("ROLE"), false},          {"state", N_("STATE"), false},
    {"created_at", N_("CREATED"), false}, {"expires_at", N_("EXPIRES"), false}, {"revoked_at", N_("REVOKED"), false},
};

struct table *tokens_table_of(Pb__Token *const *rows, size_t count, int64_t now_us, struct arena *arena) {
    struct table *table = table_open(token_columns, COLUMN_COUNT(token_columns), arena);
    for (size_t i = 0; table != NULL && i < count; i++) {
        const char *state = rows[i]->revoked_at_us != 0        ? _("revoked")
                            : now_us >= rows[i]->expires_at_us ? _("expired")
                                                               : _("good");
        table_begin_row(table, ROW_PLAIN);
        table_add_text(table, rows[i]->name, TONE_PLAIN);
        add_role(table, rows[i]->role);
        table_add_text(table, state, TONE_PLAIN);
        add_instant(table, rows[i]->created_at_us);
        add_instant(table, rows[i]->expires_at_us);
        add_instant(table, rows[i]->revoked_at_us);
    }
    return table;
}
