/* What the scrub of the journal found, for the log and for /readyz. */
#include "tools/serve/damage.h"

#include <stdio.h>

#include "engine/ledger.h"
#include "tools/serve/server.h"
#include "tools/wound_text.h"

enum { NAMED_MAX = 8 }; /* Runs of events in one line of /readyz. */

void damage_tick(struct server *server) {
    Pb__ScrubStatus *scrub = NULL;
    uint64_t count = ledger_count_wounds(server->ledger);
    if (count == server->wounds_told) {
        return;
    }
    if (ledger_get_scrub(server->ledger, &server->loops->arena, &scrub, NULL) == DAYBOOK_OK) {
        server->wounds_told = count; /* Else the next tick tries again. */
    }
    for (size_t i = 0; scrub != NULL && i < scrub->n_wounds; i++) {
        char which[WOUND_TEXT_SIZE];
        log_event(&server->log, "error", "damage",
                  "%s of the journal cannot be read: %s; \"daybook doctor\" says how a backup brings them back",
                  wound_text(scrub->wounds[i], which), scrub->wounds[i]->reason);
    }
    arena_reset(&server->loops->arena);
}

static void name_wounds(const Pb__ScrubStatus *scrub, char text[DAMAGE_TEXT_SIZE]) {
    int used = snprintf(text, DAMAGE_TEXT_SIZE, "ready, but these cannot be read:");
    for (size_t i = 0; i < scrub->n_wounds && i < NAMED_MAX; i++) {
        char which[WOUND_TEXT_SIZE];
        used += snprintf(text + used, DAMAGE_TEXT_SIZE - (size_t)used, "%s %s", i == 0 ? "" : ",",
                         wound_text(scrub->wounds[i], which));
    }
    (void)snprintf(text + used, DAMAGE_TEXT_SIZE - (size_t)used, "%s; \"daybook doctor\" says what to do\n",
                   scrub->n_wounds > NAMED_MAX ? ", and more" : "");
}

const char *damage_ready_text(struct loop *loop, char text[DAMAGE_TEXT_SIZE]) {
    Pb__ScrubStatus *scrub = NULL;
    (void)snprintf(text, DAMAGE_TEXT_SIZE, "ready\n");
    if (ledger_count_wounds(loop->server->ledger) > 0 &&
        ledger_get_scrub(loop->server->ledger, &loop->arena, &scrub, NULL) == DAYBOOK_OK && scrub->n_wounds > 0) {
        name_wounds(scrub, text);
    }
    arena_reset(&loop->arena);
    return text;
}
