/* The replay certificate, as a message and as text. */
#include "tools/certificate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/calendar.h"

enum { LINE_MAX_SIZE = 512, CHECKS = 5 };

static bool set_bytes(ProtobufCBinaryData *to, const void *data, size_t size, struct arena *arena) {
    to->data = arena_alloc(arena, size);
    to->len = size;
    if (to->data != NULL) {
        memcpy(to->data, data, size);
    }
    return to->data != NULL;
}

static char *hex_of(const ProtobufCBinaryData *bytes, struct arena *arena) {
    char *text = arena_zalloc(arena, bytes->len * 2 + 1);
    for (size_t i = 0; text != NULL && i < bytes->len; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", bytes->data[i]);
    }
    return text;
}

static bool add_views(Pb__Certificate *made, const struct audit_report *report, struct arena *arena) {
    made->views = arena_alloc(arena, (report->view_count + 1) * sizeof *made->views);
    for (size_t i = 0; made->views != NULL && i < report->view_count; i++) {
        const struct audit_view *view = &report->views[i];
        Pb__CertificateView *row = arena_alloc(arena, sizeof *row);
        if (row == NULL) {
            return false;
        }
        pb__certificate_view__init(row);
        row->view = arena_copy_text(arena, view->name, strlen(view->name));
        row->version = view->version;
        row->position = view->position;
        row->rows = view->row_count;
        row->is_alone = !view->has_live;
        if (row->view == NULL || !set_bytes(&row->sha256, view->sha256, SHA256_SIZE, arena)) {
            return false;
        }
        made->views[made->n_views++] = row;
    }
    return made->views != NULL;
}

static bool add_customers(Pb__Certificate *made, const struct audit_report *report, struct arena *arena) {
    made->customers = arena_alloc(arena, (report->customer_count + 1) * sizeof *made->customers);
    for (size_t i = 0; made->customers != NULL && i < report->customer_count; i++) {
        const struct audit_customer *customer = &report->customers[i];
        Pb__CertificateCustomer *row = arena_alloc(arena, sizeof *row);
        if (row == NULL) {
            return false;
        }
        pb__certificate_customer__init(row);
        row->customer = arena_copy_text(arena, customer->id, strlen(customer->id));
        row->events = customer->events;
        if (row->customer == NULL || !set_bytes(&row->sha256, customer->sha256, SHA256_SIZE, arena)) {
            return false;
        }
        made->customers[made->n_customers++] = row;
    }
    return made->customers != NULL;
}

static bool add_checks(Pb__Certificate *made, const struct audit_report *report, struct arena *arena) {
    uint64_t live = 0;
    for (size_t i = 0; i < report->view_count; i++) {
        live += report->views[i].has_live;
    }
    const struct {
        const char *name;
        uint64_t count;
    } checks[CHECKS] = {
        {"events decoded, in their place and in order of time", report->events},
        {"requests decided again, each with the same bytes", report->requests},
        {"statements computed again, each with the same content", report->statements},
        {"live views equal to those folded from nothing", live},
        {"books equal to the customers' accounts and documents", report->is_control_checked ? 1 : 0},
    };
    made->checks = arena_alloc(arena, CHECKS * sizeof *made->checks);
    for (size_t i = 0; made->checks != NULL && i < CHECKS; i++) {
        Pb__CertificateCheck *row = arena_alloc(arena, sizeof *row);
        if (row == NULL) {
            return false;
        }
        pb__certificate_check__init(row);
        row->name = arena_copy_text(arena, checks[i].name, strlen(checks[i].name));
        row->count = checks[i].count;
        row->result = arena_copy_text(arena, "ok", 2);
        if (row->name == NULL || row->result == NULL) {
            return false;
        }
        made->checks[made->n_checks++] = row;
    }
    return made->checks != NULL;
}

Pb__Certificate *certificate_make(const struct audit_report *report, const Pb__LedgerConfig *config, int64_t made_at_us,
                                  struct arena *arena) {
    Pb__Certificate *made = arena_alloc(arena, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    pb__certificate__init(made);
    made->first_sequence = report->head > 0 ? 1 : 0;
    made->last_sequence = report->head;
    made->ledger_id = hex_of(&config->ledger_id, arena);
    made->timezone = config->timezone;
    made->currency = config->currency;
    made->program_version = DAYBOOK_PROGRAM_VERSION;
    made->schema_version = "daybook.v1";
    made->first_recorded_at_us = report->first_recorded_at_us;
    made->last_recorded_at_us = report->last_recorded_at_us;
    made->made_at_us = made_at_us;
    made->checkpoints = report->checkpoints;
    made->requests = report->requests;
    bool is_made = made->ledger_id != NULL && set_bytes(&made->root, report->root.bytes, SHA256_SIZE, arena) &&
                   add_views(made, report, arena) && add_customers(made, report, arena) &&
                   add_checks(made, report, arena);
    return is_made ? made : NULL;
}

/* ---- text ---- */

static bool write_line(struct daybook_buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool write_line(struct daybook_buffer *out, const char *format, ...) {
    char line[LINE_MAX_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    size = size < (int)sizeof line ? size : (int)sizeof line - 1;
    return daybook_buffer_append(out, line, (size_t)size) == DAYBOOK_OK;
}

static bool write_hash(struct daybook_buffer *out, const ProtobufCBinaryData *hash) {
    return base64_append(out, (struct daybook_bytes){hash->data, hash->len}) == DAYBOOK_OK && write_line(out, "\n");
}

static bool write_rows(const Pb__Certificate *certificate, struct daybook_buffer *out) {
    bool is_written = true;
    for (size_t i = 0; is_written && i < certificate->n_checks; i++) {
        const Pb__CertificateCheck *row = certificate->checks[i];
        is_written = write_line(out, "check: %s: %" PRIu64 " %s\n", row->name, row->count, row->result);
    }
    for (size_t i = 0; is_written && i < certificate->n_views; i++) {
        const Pb__CertificateView *row = certificate->views[i];
        is_written =
            write_line(out, "view: %s version %" PRIu32 ", %" PRIu64 " rows at %" PRIu64 "%s, sha256 ", row->view,
                       row->version, row->rows, row->position, row->is_alone ? " (no live one to compare)" : "") &&
            write_hash(out, &row->sha256);
    }
    for (size_t i = 0; is_written && i < certificate->n_customers; i++) {
        const Pb__CertificateCustomer *row = certificate->customers[i];
        is_written = write_line(out, "customer: %s, %" PRIu64 " events, sha256 ", row->customer, row->events) &&
                     write_hash(out, &row->sha256);
    }
    return is_written;
}

/* Which events, their root, and when they were recorded. */
static bool write_range(const Pb__Certificate *certificate, struct daybook_buffer *out) {
    char instant[INSTANT_TEXT_SIZE];
    if (certificate->last_sequence == 0) {
        return write_line(out, "events: none\nroot: ") && write_hash(out, &certificate->root);
    }
    return write_line(out, "events: %" PRIu64 " to %" PRIu64 "\n", certificate->first_sequence,
                      certificate->last_sequence) &&
           write_line(out, "root: ") && write_hash(out, &certificate->root) &&
           write_line(out, "first recorded: %s\n", instant_format(certificate->first_recorded_at_us, instant)) &&
           write_line(out, "last recorded: %s\n", instant_format(certificate->last_recorded_at_us, instant));
}

enum daybook_status certificate_write(const Pb__Certificate *certificate, const char *origin,
                                      struct daybook_buffer *out) {
    char instant[INSTANT_TEXT_SIZE];
    bool is_written =
        write_line(out, "daybook replay certificate\n") && write_line(out, "log: %s\n", origin) &&
        write_line(out, "ledger: %s, business dates of %s, amounts in %s by default\n", certificate->ledger_id,
                   certificate->timezone, certificate->currency) &&
        write_range(certificate, out) &&
        write_line(out, "replayed: %s", instant_format(certificate->made_at_us, instant)) &&
        write_line(out, " by daybook %s, schema %s\n", certificate->program_version, certificate->schema_version) &&
        write_line(out, "checkpoints: consistent with %" PRIu64 " signed before\n", certificate->checkpoints) &&
        write_rows(certificate, out);
    return is_written ? DAYBOOK_OK : DAYBOOK_NO_MEMORY;
}
