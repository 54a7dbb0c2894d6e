/*
 * What the queries and the tools may use of an open ledger, beside its public
 * face. Borrowed until daybook_close.
 */
#ifndef DAYBOOK_LEDGER_H
#define DAYBOOK_LEDGER_H

#include "base/calendar.h"
#include "daybook.h"
#include "projection/view.h"

struct journal *ledger_journal(struct daybook *ledger);
const Pb__LedgerConfig *ledger_config(const struct daybook *ledger);
const struct timezone_rules *ledger_timezone(const struct daybook *ledger);
const char *ledger_directory(const struct daybook *ledger);
size_t ledger_view_count(const struct daybook *ledger);
struct view *ledger_view_at(struct daybook *ledger, size_t index);
const struct projection *ledger_projection_at(const struct daybook *ledger, size_t index);

/* The same ledger asked through other views of its projections, in their order: those that an audit folded. Borrows the
 * ledger and the views, which end later. */
DAYBOOK_MUST_USE enum daybook_status ledger_open_beside(const struct daybook *ledger, struct view **views,
                                                        struct daybook **beside, struct daybook_error *error);
void ledger_close_beside(struct daybook *beside); /* Accepts NULL. */

/* NULL: no such view is open. */
struct view *ledger_view(struct daybook *ledger, const char *name);

struct control_report; /* domain/control.h */

/* What the last check of the books against the customers' rows found, by this process or another. */
void ledger_control(struct daybook *ledger, struct control_report *report);

/* Today in the ledger's time zone, by the ledger's clock. */
int32_t ledger_today(const struct daybook *ledger);
int64_t ledger_now_us(const struct daybook *ledger); /* By the ledger's clock. */

struct arena;

/* The background scrub: of this handle where it runs, else as the last process that ran it wrote down; NULL: none ever
 * ran. Lives in `arena`. NO_MEMORY only. */
DAYBOOK_MUST_USE enum daybook_status ledger_get_scrub(struct daybook *ledger, struct arena *arena,
                                                      Pb__ScrubStatus **scrub, struct daybook_error *error);
/* Grows whenever that scrub meets damage that it had not met before. Cheap; any thread. */
uint64_t ledger_count_wounds(const struct daybook *ledger);

/* What has been committed through this handle; all zero where it was not opened for writing. */
struct commit_figures;
void ledger_get_commits(struct daybook *ledger, struct commit_figures *figures);

/* Not OK: why nothing that is submitted now would be recorded; *is_latched: nor anything later through this handle. Of
 * a handle that was opened for writing. Any thread. */
DAYBOOK_MUST_USE enum daybook_status ledger_check_recording(struct daybook *ledger, bool *is_latched,
                                                            struct daybook_error *error);

/* Who brings more all the time. `take` gives those who have come by now, theirs until the submitting call returns; it
 * is asked at most once, on the submitting thread. */
struct ledger_latecomers {
    size_t (*take)(void *context, struct daybook_submission **submissions);
    void *context;
};

/* As daybook_submit_many; what was decided while the commit before it is being written waits for that, and whoever has
 * come meanwhile shares its commit. */
DAYBOOK_MUST_USE enum daybook_status ledger_submit_many(struct daybook *ledger, struct daybook_submission *submissions,
                                                        size_t count, const struct ledger_latecomers *late,
                                                        struct daybook_error *error);

/* Answers, all zero, for `count` requests; what they point to is to be allocated from *arena, which is theirs. For
 * whoever answers in a ledger's place. After any result: daybook_answers_release. */
DAYBOOK_MUST_USE enum daybook_status ledger_make_answers(size_t count, struct daybook_answers *answers,
                                                         struct arena **arena, struct daybook_error *error);

/* Shows the folding that a question has to wait for; context is the caller's. Set before asking. */
void ledger_set_progress(struct daybook *ledger, struct view_progress progress);
const struct view_progress *ledger_progress(const struct daybook *ledger); /* NULL: none was set. */

/* The two coordinates of a question, resolved. */
struct coordinates {
    int32_t as_of;
    uint64_t known_at;   /* <= head; 0 = nothing was known. */
    int64_t known_at_us; /* When `known_at` was recorded; 0 for known_at 0, and where it was not looked up. */
    uint64_t head;
};

/* `at` may be NULL: today, head. INVALID: not a date, not a sequence or instant,
 * a sequence past the head, or an instant that has not come. */
DAYBOOK_MUST_USE enum daybook_status ledger_resolve(struct daybook *ledger, const Pb__At *at,
                                                    struct coordinates *coordinates, struct daybook_error *error);

/* Begins to read `name` at a position that covers `sequence`: catches up in this
 * thread, or waits for the projector where one runs. */
DAYBOOK_MUST_USE enum daybook_status ledger_begin_read(struct daybook *ledger, const char *name, uint64_t sequence,
                                                       struct view_read *read, struct daybook_error *error);

/* Several views that a question reads, all at positions that cover `sequence`. */
struct ledger_wish {
    const char *const *names;
    size_t count;
    uint64_t sequence;
};
enum { LEDGER_WISH_MAX = 16 }; /* Of more, the rest are caught up one after the other. */

/* As ledger_begin_read of names[index]. If it is behind, and several of them are far behind, all those are caught up at
 * the same time (projection/together.h). What keeps another one from that is said when that one is read. */
DAYBOOK_MUST_USE enum daybook_status ledger_begin_one_of(struct daybook *ledger, const struct ledger_wish *wish,
                                                         size_t index, struct view_read *read,
                                                         struct daybook_error *error);

#endif
