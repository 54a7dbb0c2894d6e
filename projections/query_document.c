/* Which event made a document: the links view knows a name by some bits of it, the event says the whole. */
#include <string.h>

#include "projections/query_book.h"
#include "projections/tie.h"

static bool is_made_by(const struct query_document *document, const Pb__Event *event) {
    struct tie_side made = tie_made(event);
    return made.kind == document->kind && strcmp(made.id, document->id) == 0 &&
           strcmp(event->customer, document->customer) == 0;
}

enum daybook_status query_find_made(struct journal_reader *reader, const struct query_document *document,
                                    const uint64_t *candidates, size_t count, struct arena *arena, Pb__Event **event,
                                    struct daybook_error *error) {
    *event = NULL;
    for (size_t i = 0; i < count; i++) {
        Pb__Event *read = NULL;
        arena_reset(arena);
        DAYBOOK_TRY(query_read_event(reader, candidates[i], arena, &read, error));
        if (is_made_by(document, read)) {
            *event = read;
            return DAYBOOK_OK;
        }
    }
    return DAYBOOK_OK;
}
