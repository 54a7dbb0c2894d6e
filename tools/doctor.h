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
#include "daybook/v1/doctor.pb-c.h"

struct doctor_options {
    const char *directory;
    bool gives_views_up; /* Marks damaged views, which are then rebuilt. */
};

/* The findings live in `arena`. NOT_FOUND: no ledger is there. STOPPED: interrupted. What is damaged is a
 * finding, not a failure. */
DAYBOOK_MUST_USE enum daybook_status doctor_look(const struct doctor_options *options, struct arena *arena,
                                                 Pb__DoctorAnswer *answer, struct daybook_error *error);

#endif
