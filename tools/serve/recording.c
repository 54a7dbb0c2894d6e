/* Whether what is submitted can be recorded, for the log. */
#include "tools/serve/recording.h"

#include "engine/ledger.h"
#include "tools/serve/server.h"

enum { TICKS_BETWEEN = 100 };

void recording_tick(struct server *server) {
    struct daybook_error error;
    bool is_latched;
    if (server->loops->tick_count % TICKS_BETWEEN != 0) {
        return;
    }
    bool is_refusing = ledger_check_recording(server->ledger, &is_latched, &error) != DAYBOOK_OK;
    if (is_refusing && !server->is_refusing) {
        /* Where it is for good, the message says what helps. */
        log_event(&server->log, "error", "refusing", "%s%s", error.message,
                  is_latched ? "" : "; what is submitted is refused until then");
    } else if (!is_refusing && server->is_refusing) {
        log_event(&server->log, "info", "recording", "there is room again");
    }
    server->is_refusing = is_refusing;
}
