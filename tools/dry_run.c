/* What a dry run would have appended. */
#include "tools/dry_run.h"

#include <stdio.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "codec/wire.h"
#include "tools/event_text.h"
#include "tools/text.h"
#include "tools/word_text.h"

enum daybook_status dry_run_fill(const struct daybook_answer *answer, struct arena *arena, Pb__Answer *message,
                                 struct daybook_error *error) {
    if (answer->event_count == 0) {
        return DAYBOOK_OK;
    }
    Pb__Event **events = arena_alloc(arena, answer->event_count * sizeof *events);
    if (events == NULL) {
        return daybook_fail(error, DAYBOOK_NO_MEMORY, "showing a dry run: memory was refused");
    }
    for (size_t i = 0; i < answer->event_count; i++) {
        ProtobufCMessage *event = NULL;
        DAYBOOK_TRY(wire_decode(&pb__event__descriptor, answer->events[i], arena, &event, error));
        events[i] = (Pb__Event *)event;
    }
    message->would_append = events;
    message->n_would_append = answer->event_count;
    return DAYBOOK_OK;
}

void dry_run_print(const Pb__Answer *message, struct arena *arena) {
    for (size_t i = 0; i < message->n_would_append; i++) {
        const Pb__Event *event = message->would_append[i];
        char date[DATE_TEXT_SIZE];
        char amount[DECIMAL_TEXT_SIZE];
        int64_t minor = 0;
        (void)printf("  %s  %s  %s", date_format(event->effective_on, date), word_of(event_kind_text(event, arena)),
                     event_document_text(event, arena));
        if (event_amount(event, &minor) && event->currency[0] != '\0') {
            int decimals = currency_decimals(event->currency);
            (void)printf("  %s %s", decimal_format_grouped(minor, decimals < 0 ? 0 : decimals, amount),
                         event->currency);
        }
        (void)printf("\n");
    }
}
