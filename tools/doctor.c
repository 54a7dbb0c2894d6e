/* A ledger's directory looked at from outside, then its journal frame by frame. */
#include "tools/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "codec/event_decode.h"
#include "engine/audit_files.h"
#include "engine/ledger.h"
#include "keyring.h"
#include "projection/mark.h"
#include "state_store.h"
#include "store/journal.h"
#include "store/journal_scrub.h"
#include "store/page_check.h"
#include "store/store.h"
#include "store/writer_lock.h"
#include "tools/doctor_keys.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/wound_text.h"

enum { SCRUB_FRAMES = 256, FINDINGS_MAX = 4096, AHEAD_S = 3600 };

/* Where appends begin to be refused, and where to say so. */
#define FREE_REFUSED_BYTES ((uint64_t)64 << 20)
#define FREE_SHORT_BYTES   ((uint64_t)1 << 30)

struct doctor {
    const struct doctor_options *options;
    struct arena *arena;
    Pb__DoctorAnswer *answer;
    size_t capacity;
    bool is_short_of_memory;
    bool has_head;
    uint64_t head;       /* Of the journal, where it could be read. */
    Pb__Finding nowhere; /* What there is no room for. */
};

static Pb__Finding *add(struct doctor *doctor, const char *area, Pb__Severity severity, const char *found,
                        const char *advice) {
    Pb__DoctorAnswer *answer = doctor->answer;
    Pb__Finding *finding = arena_alloc(doctor->arena, sizeof *finding);
    if (finding == NULL || found == NULL || advice == NULL || area == NULL || answer->n_findings == FINDINGS_MAX) {
        doctor->is_short_of_memory = answer->n_findings < FINDINGS_MAX;
        return &doctor->nowhere;
    }
    pb__finding__init(finding);
    finding->area = arena_copy_text(doctor->arena, area, strlen(area));
    finding->severity = severity;
    finding->found = arena_copy_text(doctor->arena, found, strlen(found));
    finding->advice = arena_copy_text(doctor->arena, advice, strlen(advice));
    answer->findings[answer->n_findings++] = finding;
    doctor->is_short_of_memory = finding->area == NULL || finding->found == NULL || finding->advice == NULL;
    return finding;
}

#define SAY(doctor, ...) arena_format((doctor)->arena, __VA_ARGS__)

/* ---- around the files ---- */

static void look_around(struct doctor *doctor) {
    const char *directory = doctor->options->directory;
    char holder[WRITER_NAME_SIZE];
    char megabytes[32];
    writer_lock_holder(directory, holder);
    add(doctor, "program", PB__SEVERITY__SEVERITY_NOTE,
        SAY(doctor, "daybook %s, %s", DAYBOOK_PROGRAM_VERSION, store_engine_version()), "");
    add(doctor, "writer", PB__SEVERITY__SEVERITY_NOTE,
        holder[0] == '\0' ? _("nobody is writing") : SAY(doctor, _("%s is writing"), holder), "");
    uint64_t free_bytes = files_free_bytes(directory);
    if (free_bytes == UINT64_MAX) {
        add(doctor, "disk", PB__SEVERITY__SEVERITY_NOTE, _("the file system does not say how much is free"), "");
        return;
    }
    (void)count_grouped(free_bytes >> 20, megabytes);
    bool is_short = free_bytes < FREE_SHORT_BYTES;
    add(doctor, "disk", is_short ? PB__SEVERITY__SEVERITY_WARNING : PB__SEVERITY__SEVERITY_SOUND,
        SAY(doctor, _("%s MiB are free"), megabytes),
        free_bytes < FREE_REFUSED_BYTES ? _("requests are refused below 64 MiB: make room; nothing is lost")
        : is_short                      ? _("requests are refused below 64 MiB: make room")
                                        : "");
}

/* Adds what the pages say. False: they are damaged, and the file must not be opened. */
static bool look_at_pages(struct doctor *doctor, const char *area, const char *path, Pb__Severity severity,
                          const char *advice) {
    struct page_report report;
    struct daybook_error why = {0};
    enum daybook_status status = page_check(path, &report, &why);
    if (status == DAYBOOK_OK) {
        char used[32];
        char rows[32];
        add(doctor, area, PB__SEVERITY__SEVERITY_SOUND,
            SAY(doctor, _("%s pages in use, %s rows"), count_grouped(report.used_pages, used),
                count_grouped(report.row_count, rows)),
            "");
        return true;
    }
    add(doctor, area, severity, daybook_error_shown(&why), advice);
    return false;
}

/* ---- the journal ---- */

static void add_wound(void *context, const struct journal_wound *wound) {
    struct doctor *doctor = context;
    Pb__ScrubWound row = PB__SCRUB_WOUND__INIT;
    char which[WOUND_TEXT_SIZE];
    row.first_sequence = wound->first_sequence;
    row.last_sequence = wound->last_sequence;
    Pb__Finding *finding = add(
        doctor, "journal", PB__SEVERITY__SEVERITY_DAMAGED,
        SAY(doctor, _("%s cannot be read: %s"), wound_text(&row, which), wound->reason),
        _("a backup that holds these events brings them back: \"daybook restore NEW BACKUP\". Where events were "
          "recorded after that backup, first \"daybook backup create REST --since BACKUP\", then \"daybook restore NEW "
          "BACKUP REST\". Keep this directory until the new one is verified"));
    finding->first_sequence = wound->first_sequence;
    finding->last_sequence = wound->last_sequence;
}

/* What is behind the frames, in the log: small batches that a writer has not settled, or had not when it ended. */
static void tell_log(struct doctor *doctor, uint64_t event_count) {
    char events[32];
    if (event_count > 0) {
        add(doctor, "journal log", PB__SEVERITY__SEVERITY_SOUND,
            SAY(doctor, _("%s events behind the frames, every checksum right"), count_grouped(event_count, events)),
            "");
    }
}

static void tell_lost_log(struct doctor *doctor, const char *why) {
    add(doctor, "journal log", PB__SEVERITY__SEVERITY_DAMAGED, SAY(doctor, "%s", why),
        _("what was recorded last is in no frame yet: a backup that holds it brings it back, \"daybook restore NEW "
          "BACKUP...\". Put journal/wal back where it was moved. Keep this directory until the new one is verified"));
}

static enum daybook_status scrub(struct doctor *doctor, struct daybook *ledger, struct daybook_error *error) {
    struct daybook_error why = {0};
    struct journal_scrub *scrub = NULL;
    struct journal_scrub_step step = {0};
    uint64_t wound_count = 0;
    uint64_t frame_count = 0;
    uint64_t head = 0;
    enum daybook_status status = daybook_head(ledger, &head, &why);
    const bool has_head = status == DAYBOOK_OK;
    doctor->has_head = has_head;
    doctor->head = head;
    if (!has_head && status != DAYBOOK_DAMAGED) {
        return daybook_fail_as(error, &why);
    }
    DAYBOOK_TRY(journal_scrub_open(ledger_journal(ledger), &scrub, error));
    do {
        status = journal_scrub_next(scrub, SCRUB_FRAMES, add_wound, doctor, &step, error);
        wound_count += step.wound_count;
        frame_count += step.frame_count;
        if (status == DAYBOOK_OK && !doctor->options->go_on(doctor->options->context, step.position, head)) {
            status = daybook_fail(error, DAYBOOK_STOPPED, _("stopped after event %" PRIu64), step.position);
        }
    } while (status == DAYBOOK_OK && !step.is_done);
    journal_scrub_close(scrub);
    if (status == DAYBOOK_OK && wound_count == 0) {
        char events[32];
        char frames[32];
        add(doctor, "journal", PB__SEVERITY__SEVERITY_SOUND,
            SAY(doctor, _("%s events in %s frames, every checksum right"), count_grouped(step.position, events),
                count_grouped(frame_count, frames)),
            "");
        if (has_head) {
            tell_log(doctor, head > step.position ? head - step.position : 0);
        } else {
            tell_lost_log(doctor, daybook_error_shown(&why)); /* No frame is to blame. */
        }
    }
    return status;
}

/* ---- the customers' keys ---- */

static void tell_keys(void *context, const struct keyring_look *look) {
    struct doctor *doctor = context;
    char keys[32];
    char erased[32];
    char damaged[32];
    if (look->why != NULL) {
        add(doctor, "keys", PB__SEVERITY__SEVERITY_WARNING, look->why,
            _("put back a copy of the file; without it names cannot be read and none can be entered, and everything "
              "else goes on"));
        return;
    }
    add(doctor, "keys",
        look->damaged_count > 0 || !look->is_private ? PB__SEVERITY__SEVERITY_WARNING : PB__SEVERITY__SEVERITY_SOUND,
        SAY(doctor, look->damaged_count == 0 ? _("%s: %s keys, %s erased") : _("%s: %s keys, %s erased, %s damaged"),
            look->path, count_grouped(look->key_count, keys), count_grouped(look->erased_count, erased),
            count_grouped(look->damaged_count, damaged)),
        !look->is_private         ? _("others than its owner can read it: \"chmod 600\" it")
        : look->damaged_count > 0 ? _("put back a copy of the file, and erase again whom it brings back; or enter the "
                                      "data of those customers anew")
                                  : "");
}

static bool is_sealed(const Pb__Event *event) {
    const Pb__CustomerProfile *profile = NULL;
    if (event->body_case == PB__EVENT__BODY_CUSTOMER_OPENED) {
        profile = event->customer_opened->profile;
    } else if (event->body_case == PB__EVENT__BODY_CUSTOMER_CHANGED) {
        profile = event->customer_changed->profile;
    }
    return profile != NULL && profile->sealed != NULL;
}

/* The first event that holds something sealed; 0 = none. What cannot be read or decoded was told by the scrub. */
static enum daybook_status find_sealed(struct daybook *ledger, uint64_t *sequence, struct daybook_error *error) {
    struct journal_reader *reader = NULL;
    struct journal_slice slice = {0};
    struct arena arena;
    arena_init(&arena, LIMIT_EVENT_BYTES * 64);
    *sequence = 0;
    enum daybook_status status = journal_reader_open(ledger_journal(ledger), &reader, error);
    for (uint64_t next = 1; status == DAYBOOK_OK && *sequence == 0; next += slice.count) {
        if (journal_read(reader, next, &slice, NULL) != DAYBOOK_OK || slice.count == 0) {
            break;
        }
        for (size_t i = 0; i < slice.count && *sequence == 0; i++) {
            Pb__Event *event = NULL;
            arena_reset(&arena);
            struct daybook_bytes bytes = {slice.events[i].data, slice.events[i].size};
            bool is_read = event_decode(bytes, &arena, &event, NULL) == DAYBOOK_OK;
            *sequence = is_read && is_sealed(event) ? next + i : 0;
        }
    }
    journal_reader_close(reader);
    arena_release(&arena);
    return status;
}

static enum daybook_status look_at_erased(struct doctor *doctor, struct daybook *ledger, struct daybook_error *error) {
    struct doctor_keys back;
    char count[32];
    DAYBOOK_TRY(doctor_keys_back(ledger, doctor->options->directory, &back, error));
    if (back.count > 0) {
        add(doctor, "keys", PB__SEVERITY__SEVERITY_WARNING,
            SAY(doctor,
                text_count("the key of %s customer is here who was erased, %s: an old copy was put back",
                           "the keys of %s customers are here who were erased, %s among them: an old copy was put back",
                           back.count),
                count_grouped(back.count, count), back.first),
            _("no answer shows these names, and whoever has the files can read them: \"daybook customer erase CUSTOMER "
              "--reason REASON\" once more for each customer that was erased"));
    }
    return DAYBOOK_OK;
}

/* Names are sealed with keys: where there are such names, a missing file of keys is worth a word. */
static enum daybook_status look_at_keys(struct doctor *doctor, struct daybook *ledger, struct daybook_error *error) {
    const Pb__LedgerConfig *config = ledger_config(ledger);
    const size_t told = doctor->answer->n_findings;
    uint64_t sealed = 0;
    if (!config->seals_personal) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(keyring_examine(doctor->options->directory, config->ledger_id.data, tell_keys, doctor, error));
    if (doctor->answer->n_findings > told) {
        return look_at_erased(doctor, ledger, error);
    }
    DAYBOOK_TRY(find_sealed(ledger, &sealed, error));
    if (sealed != 0) {
        add(doctor, "keys", PB__SEVERITY__SEVERITY_WARNING,
            SAY(doctor, _("event %" PRIu64 " seals a customer's name, and %s/keys has no file of keys"), sealed,
                doctor->options->directory),
            _("put back a copy of the ledger's keys directory, and erase again whom it brings back; without it names "
              "cannot be read, and everything else goes on"));
    }
    return DAYBOOK_OK;
}

/* Instants only rise, so a clock that was ahead once dates what comes after, too. A journal whose end cannot be read is
 * told as that by others. */
static void look_at_clock(struct doctor *doctor, struct daybook *ledger) {
    struct journal_head head;
    if (journal_head(ledger_journal(ledger), &head, NULL) != DAYBOOK_OK) {
        return;
    }
    int64_t ahead_s = (head.recorded_at_us - ledger_now_us(ledger)) / 1000000;
    if (head.sequence > 0 && ahead_s >= AHEAD_S) {
        add(doctor, "clock", PB__SEVERITY__SEVERITY_WARNING,
            SAY(doctor, _("the last event was recorded %" PRId64 " s ahead of this machine's clock"), ahead_s),
            _("if the clock is right now, it was ahead once: until it has caught up, an event is recorded right after "
              "that one, and dated so where no date is given; give dates with --on"));
    }
}

static enum daybook_status look_inside(struct doctor *doctor, struct daybook *ledger, struct daybook_error *error) {
    look_at_clock(doctor, ledger);
    DAYBOOK_TRY(scrub(doctor, ledger, error));
    return look_at_keys(doctor, ledger, error);
}

static enum daybook_status look_at_journal(struct doctor *doctor, struct daybook_error *error) {
    const char *path = SAY(doctor, "%s/journal/data.mdb", doctor->options->directory);
    struct daybook *ledger = NULL;
    struct daybook_error why = {0};
    if (path == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("looking at the journal: memory was refused"));
    }
    if (!files_exists(path)) {
        int code = errno;
        const char *left = journal_left_behind(doctor->options->directory);
        if (code == EACCES) {
            return daybook_fail(error, DAYBOOK_READ_ONLY, _("looking at %s: %s"), path, strerror(code));
        }
        if (left == NULL) {
            return daybook_fail(error, DAYBOOK_NOT_FOUND, _("there is no ledger in %s"), doctor->options->directory);
        }
        add(doctor, "journal", PB__SEVERITY__SEVERITY_DAMAGED,
            SAY(doctor, _("%s is gone, and what belongs to it is there, such as %s"), path, left),
            _("put it back, or make a new ledger from its backups with \"daybook restore NEW BACKUP...\". Keep this "
              "directory"));
        return DAYBOOK_OK;
    }
    if (!look_at_pages(doctor, "journal pages", path, PB__SEVERITY__SEVERITY_DAMAGED,
                       _("do not open it; \"daybook restore NEW BACKUP...\" makes a new ledger from its backups. Keep "
                         "this directory"))) {
        return DAYBOOK_OK;
    }
    if (doctor->options->ledger != NULL) {
        return look_inside(doctor, doctor->options->ledger, error);
    }
    struct daybook_open_options how = {.directory = doctor->options->directory, .is_read_only = true};
    enum daybook_status status = daybook_open(&how, &ledger, &why);
    if (status != DAYBOOK_OK) {
        /* The sentence of another version, or of a user who may not, says itself what to do. */
        bool is_sound = status == DAYBOOK_VERSION || status == DAYBOOK_READ_ONLY;
        add(doctor, "journal",
            status == DAYBOOK_DAMAGED ? PB__SEVERITY__SEVERITY_DAMAGED : PB__SEVERITY__SEVERITY_WARNING,
            daybook_error_shown(&why),
            is_sound ? "" : _("\"daybook restore NEW BACKUP...\" makes a new ledger from its backups"));
        return DAYBOOK_OK;
    }
    status = look_inside(doctor, ledger, error);
    daybook_close(ledger);
    return status;
}

/* ---- what can be rebuilt ---- */

static void look_at_view(struct doctor *doctor, const char *name) {
    const char *directory = SAY(doctor, "%s/views/%s", doctor->options->directory, name);
    const char *path = SAY(doctor, "%s/views/%s/data.mdb", doctor->options->directory, name);
    const char *area = SAY(doctor, strcmp(name, "state") == 0 ? "%s" : "view %s", name);
    const char *later = _("it is built anew from the journal when it is next needed");
    char reason[DAYBOOK_ERROR_SIZE];
    struct mark_boot boot;
    mark_boot_read(&boot);
    if (directory == NULL || path == NULL || area == NULL || !files_exists(path)) {
        return;
    }
    if (mark_read_damaged(directory, reason, sizeof reason)) {
        add(doctor, area, PB__SEVERITY__SEVERITY_WARNING, SAY(doctor, _("given up: %s"), reason), later);
        return;
    }
    if (mark_read(directory, &boot) == MARK_SUSPECT) {
        add(doctor, area, PB__SEVERITY__SEVERITY_WARNING, _("the machine went down while it was being written"), later);
        return;
    }
    bool gives_up = doctor->options->gives_views_up;
    bool is_sound = look_at_pages(doctor, area, path, PB__SEVERITY__SEVERITY_WARNING,
                                  gives_up ? later
                                           : _("\"daybook doctor --give-up-views\" marks it, so that it is built anew; "
                                               "until then do not ask it"));
    if (!is_sound && gives_up) {
        mark_write_damaged(directory, "its pages are damaged; a doctor gave it up");
    }
}

static int is_directory_of_view(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void look_at_views(struct doctor *doctor) {
    struct dirent **entries = NULL;
    const char *path = SAY(doctor, "%s/views", doctor->options->directory);
    int count = path == NULL ? -1 : scandir(path, &entries, is_directory_of_view, alphasort);
    if (count <= 0) {
        add(doctor, "views", PB__SEVERITY__SEVERITY_NOTE, _("there are none"), _("the first question builds them"));
    }
    for (int i = 0; i < count; i++) {
        look_at_view(doctor, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

/* Every checksum can be right, and the newest events gone: then something else remembers more than the journal has. */
static void tell_lost_end(struct doctor *doctor, const char *who, uint64_t known) {
    char remembered[32];
    char present[32];
    add(doctor, "journal", PB__SEVERITY__SEVERITY_DAMAGED,
        SAY(doctor, _("%s knows of %s events, and the journal ends with %s: events are gone"), who,
            count_grouped(known, remembered), count_grouped(doctor->head, present)),
        _("append nothing; a backup that holds these events brings them back: \"daybook restore NEW BACKUP...\". Keep "
          "this directory until the new one is verified"));
}

/* What else speaks of events; asked before the journal's head is, so that a writer beside us puts none of it ahead. */
struct remembered {
    uint64_t signed_size;
    uint64_t state_position;
};

static struct remembered look_at_remembered(const char *directory) {
    struct remembered remembered = {0};
    struct control_report report;
    struct audit_sizes sizes;
    if (audit_checkpoints_list(directory, &sizes, NULL) == DAYBOOK_OK && sizes.count > 0) {
        remembered.signed_size = sizes.items[sizes.count - 1];
    }
    audit_sizes_release(&sizes);
    state_store_read_report(directory, &report);
    remembered.state_position = report.checked_through;
    return remembered;
}

static void look_at_end(struct doctor *doctor, const struct remembered *remembered) {
    if (doctor->has_head && remembered->signed_size > doctor->head) {
        tell_lost_end(doctor, _("a signed checkpoint"), remembered->signed_size);
    } else if (doctor->has_head && remembered->state_position > doctor->head) {
        tell_lost_end(doctor, _("the state"), remembered->state_position);
    }
}

static void look_at_books(struct doctor *doctor, const struct remembered *remembered) {
    struct control_report report = {0};
    const char *path = SAY(doctor, "%s/views/state", doctor->options->directory);
    if (path == NULL || !files_exists(path) || mark_read_damaged(path, report.doubt, sizeof report.doubt)) {
        return; /* The state was looked at as a view already. */
    }
    if (doctor->options->ledger != NULL) {
        ledger_control(doctor->options->ledger, &report);
    } else {
        state_store_read_report(doctor->options->directory, &report);
    }
    if (report.doubt[0] != '\0') {
        add(doctor, "books", PB__SEVERITY__SEVERITY_DAMAGED, report.doubt,
            _("\"daybook audit verify\" tells at which event books and customers part"));
    } else if (report.checked_through > 0 && !(doctor->has_head && remembered->state_position > doctor->head)) {
        add(doctor, "books", PB__SEVERITY__SEVERITY_SOUND,
            SAY(doctor, _("accounts and customers agreed at event %" PRIu64), report.checked_through), "");
    }
}

enum daybook_status doctor_look(const struct doctor_options *options, struct arena *arena, Pb__DoctorAnswer *answer,
                                struct daybook_error *error) {
    struct doctor doctor = {.options = options, .arena = arena, .answer = answer};
    pb__doctor_answer__init(answer);
    answer->findings = arena_alloc(arena, FINDINGS_MAX * sizeof(Pb__Finding *));
    if (answer->findings == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("looking at the ledger: memory was refused"));
    }
    if (!files_exists(options->directory)) {
        return daybook_fail(error, DAYBOOK_NOT_FOUND, _("there is no directory %s"), options->directory);
    }
    look_around(&doctor);
    const struct remembered remembered = look_at_remembered(options->directory);
    DAYBOOK_TRY(look_at_journal(&doctor, error));
    look_at_end(&doctor, &remembered);
    look_at_views(&doctor);
    if (!options->gives_views_up) {
        look_at_books(&doctor, &remembered);
    }
    return doctor.is_short_of_memory
               ? daybook_fail(error, DAYBOOK_NO_MEMORY, "%s", _("looking at the ledger: memory was refused"))
               : DAYBOOK_OK;
}
