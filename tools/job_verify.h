/* Verifying a ledger, for the jobs that begin with it: its certificate, and a bundle. */
#ifndef DAYBOOK_TOOLS_JOB_VERIFY_H
#define DAYBOOK_TOOLS_JOB_VERIFY_H

#include "engine/audit.h"
#include "tools/job.h"

/* Audits; what does not hold is given away as findings, and makes it DAMAGED. */
DAYBOOK_MUST_USE enum daybook_status job_audit(struct job *job, char *const *customers, size_t customer_count,
                                               struct audit_report *report, struct daybook_error *error);

/* Appends the certificate's text, signed where the ledger has a key. */
DAYBOOK_MUST_USE enum daybook_status job_sign_certificate(const struct job *job, const Pb__Certificate *certificate,
                                                          struct daybook_buffer *note, struct daybook_error *error);

#endif
