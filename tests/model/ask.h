/* Questions to the engine, and the promise that their answers stay. */
#ifndef TESTS_MODEL_ASK_H
#define TESTS_MODEL_ASK_H

#include "daybook.h"
#include "history.h"

/* A question as of a day, at a sequence: the texts that it points to. */
struct asking {
    char as_of[16];
    char known_at[24];
    Pb__At at;
};
void asking_init(struct asking *asking, int32_t date, uint64_t known_at);

/* The unpacked answer, of that kind; NULL: noted as a failure. Free with protobuf_c_message_free_unpacked. */
ProtobufCMessage *ask(struct history *history, struct daybook *ledger, const Pb__Query *query,
                      const ProtobufCMessageDescriptor *answer);

/* Law 1: answers that were given, to be asked for again after more has been recorded. */
enum { PROBES = 6, PROBE_VIEWS = 6 };
struct probe {
    int32_t date;
    uint64_t known_at;
    struct daybook_buffer answers[PROBE_VIEWS];
};
struct probes {
    struct probe items[PROBES];
    size_t count;
};

/* Asks every view, and keeps the answers. */
void probes_add(struct probes *probes, struct history *history, struct daybook *ledger, int32_t date,
                uint64_t known_at);
/* Asks all of it again: the same bytes, but for the head. `when` is for the failure's text. */
void probes_compare(const struct probes *probes, struct history *history, struct daybook *ledger, const char *when);
void probes_release(struct probes *probes);

#endif
