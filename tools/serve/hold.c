/* Calls that wait for a worker. */
#include "tools/serve/hold.h"

#include "tools/serve/server.h"

void hold_end(struct call *call) {
    call->loop->held_count -= call->is_held;
    call->is_held = false;
}

void hold_wait(struct call *call) {
    struct loop *loop = call->loop;
    if (call->is_held && loop->tick_count - call->held_since_tick < HELD_TICKS) {
        return;
    }
    if (!call->is_held && loop->held_count < HELD_MAX && loop->server->options.tls_cert == NULL) {
        call->is_held = true;
        call->held_since_tick = loop->tick_count;
        loop->held_count++;
        return;
    }
    hold_end(call);
    MHD_suspend_connection(call->connection);
}

void hold_resume(struct call *call) {
    call->stage = CALL_READY;
    if (call->is_held) {
        hold_end(call);
    } else {
        MHD_resume_connection(call->connection);
    }
}
