/* The job of a doctor: what is wrong with the ledger's files, looked at where they are. */
#include "tools/doctor.h"
#include "tools/job.h"
#include "tools/text.h"

static bool go_on(void *context, uint64_t sequence, uint64_t head) {
    return job_go_on(context, _("reading the journal"), 0, sequence, head);
}

enum daybook_status job_doctor(struct job *job, const ProtobufCMessage *asked, ProtobufCMessage **answer,
                               struct daybook_error *error) {
    struct doctor_options options = {.directory = job->directory,
                                     .ledger = job->ledger,
                                     .gives_views_up = ((const Pb__DoctorRequest *)asked)->give_up_views,
                                     .go_on = go_on,
                                     .context = job};
    Pb__DoctorAnswer *made = arena_alloc(job->arena, sizeof *made);
    *answer = made == NULL ? NULL : &made->base;
    return made == NULL ? job_no_memory(error) : doctor_look(&options, job->arena, made, error);
}
