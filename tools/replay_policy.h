/* The policy of a what-if: a file of proto3 JSON, checked, and as deciding wants it. */
#ifndef DAYBOOK_TOOLS_REPLAY_POLICY_H
#define DAYBOOK_TOOLS_REPLAY_POLICY_H

#include "daybook/v1/replay.pb-c.h"
#include "domain/policy.h"

/* INVALID: the file is no policy; the sentence names the file and the field. The message lives in `arena`. */
DAYBOOK_MUST_USE enum daybook_status replay_policy_read(const char *path, struct arena *arena,
                                                        Pb__ReplayPolicy **policy, struct daybook_error *error);

/* INVALID: the policy contradicts itself. */
DAYBOOK_MUST_USE enum daybook_status replay_policy_check(const Pb__ReplayPolicy *policy, struct daybook_error *error);

/* Of a policy that was checked; borrows it. */
struct decide_policy replay_policy_decide(const Pb__ReplayPolicy *policy);

#endif
