/* What was wrong with which line of an import. */
#include "tools/import_report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tools/progress.h"
#include "tools/text.h"

enum { SHOWN_MAX = 50 };

static const struct table_column columns[] = {
    {"line", N_("LINE"), true},
    {"request", N_("REQUEST"), false},
    {"code", N_("CODE"), false},
    {"reason", N_("REASON"), false},
};

enum daybook_status import_report_open(struct import_report *report, const char *path, struct arena *arena,
                                       struct daybook_error *error) {
    *report = (struct import_report){.path = path};
    report->table = table_open(columns, sizeof columns / sizeof *columns, arena);
    if (report->table == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("preparing the report: memory was refused"));
    }
    if (path == NULL) {
        return DAYBOOK_OK;
    }
    report->file = fopen(path, "wb");
    if (report->file == NULL) {
        return daybook_fail(error, DAYBOOK_IO, _("opening the report %s to write: %s"), path, strerror(errno));
    }
    (void)fputs("line,request,code,reason\r\n", report->file);
    return DAYBOOK_OK;
}

static void write_line(const struct import_report *report, uint64_t line, const char *command, const char *code,
                       const char *sentence) {
    if (report->file != NULL) {
        (void)fprintf(report->file, "%" PRIu64 ",%s,%s,", line, command, code);
        csv_write_field(report->file, sentence);
        (void)fputs("\r\n", report->file);
    }
}

void import_report_note(struct import_report *report, uint64_t line, const char *code, const char *sentence) {
    write_line(report, line, "", code, sentence);
}

void import_report_add(struct import_report *report, uint64_t line, const char *command, const char *code,
                       const char *sentence) {
    if (report->count++ < SHOWN_MAX) {
        char text[32];
        (void)snprintf(text, sizeof text, "%" PRIu64, line);
        table_begin_row(report->table, ROW_PLAIN);
        table_add_text(report->table, text, TONE_PLAIN);
        table_add_text(report->table, command, TONE_PLAIN);
        table_add_text(report->table, code, TONE_ALARM);
        table_add_text(report->table, sentence, TONE_PLAIN);
    }
    write_line(report, line, command, code, sentence);
}

enum daybook_status import_report_close(struct import_report *report, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    progress_clear();
    if (report->count > 0) {
        status = table_print(report->table, stderr, error);
    }
    if (report->count > SHOWN_MAX) {
        char more[32];
        (void)fprintf(stderr, _("... and %s more; %s\n"), count_grouped(report->count - SHOWN_MAX, more),
                      report->file != NULL ? report->path : _("--report FILE lists them all"));
    }
    if (report->file != NULL) {
        bool is_whole = ferror(report->file) == 0;
        is_whole = fclose(report->file) == 0 && is_whole;
        if (!is_whole && status == DAYBOOK_OK) {
            status = daybook_fail(error, DAYBOOK_IO, _("writing the report %s: %s"), report->path, strerror(errno));
        }
        report->file = NULL;
    }
    return status;
}
