/*
 * What is wrong with a ledger's directory, and what to do about it.
 *
 * The doctor reads and never writes: it looks at the files from outside before
 * LMDB is let near them, then at every frame of the journal. Only when asked to
 * does it put the mark beside a damaged view that gives it up, so that the next
 * question builds it anew; nothing that cannot be rebuilt is ever touched.
 */
#ifndef DAYBOOK_TOOLS_DOCTOR_H
#define DAYBOOK_TOOLS_DOCTOR_H

#include "base/arena.h"
#include "base/error.h"
#include "daybook.h"
#include "daybook/v1/doctor.pb-c.h"

struct doctor_options {
    const char *directory;
    struct daybook
        *ledger;         /* Where this process has it open already; NULL: it is opened, if it looks as if it could. */
    bool gives_views_up; /* Marks damaged views, which are then rebuilt. */
    /* Told of how far the journal was read; false stops. */
    bool (*go_on)(void *context, uint64_t sequence, uint64_t head);
    void *context;
};

/* The findings live in `arena`. NOT_FOUND: no ledger is there. STOPPED: interrupted. What is damaged is a
 * finding, not a failure. */
DAYBOOK_MUST_USE enum daybook_status doctor_look(const struct doctor_options *options, struct arena *arena,
                                                 Pb__DoctorAnswer *answer, struct daybook_error *error);

#endif
