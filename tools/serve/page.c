/* What is not a call of the schema: health, metrics, the description, the feed for browsers. */
#include "tools/serve/page.h"

#include <stdio.h>
#include <string.h>

#include "engine/ledger.h"
#include "tools/serve/damage.h"
#include "tools/serve/follow.h"
#include "tools/serve/server.h"

struct page {
    const char *path;
    void (*answer)(struct call *call);
    enum { FOR_BEARERS, FOR_THIS_MACHINE, FOR_ANY_NAME } readers; /* Both without a token, from this machine alone. */
};

static void set_text(struct call *call, enum connect_code code, unsigned http, const char *type, const char *text) {
    struct reply *reply = &call->reply;
    reply->code = code;
    reply->http = http;
    reply->type = type;
    daybook_buffer_reset(&reply->bytes);
    if (daybook_buffer_append(&reply->bytes, text, strlen(text)) != DAYBOOK_OK) {
        reply->http = MHD_HTTP_INTERNAL_SERVER_ERROR;
    }
}

/* The process is there and its loop turns. */
static void answer_health(struct call *call) {
    set_text(call, CONNECT_OK, MHD_HTTP_OK, "text/plain", "ok\n");
}

/* Its journal can be read and questions are answered: ready, even where some of it cannot be, or where nothing can be
 * recorded until there is room, which is then said. Where only a new start can help, it is not. */
static void set_ready(struct call *call) {
    char text[DAMAGE_TEXT_SIZE];
    struct daybook_error error;
    bool is_latched;
    if (ledger_check_recording(call->server->ledger, &is_latched, &error) == DAYBOOK_OK) {
        set_text(call, CONNECT_OK, MHD_HTTP_OK, "text/plain", damage_ready_text(call->loop, text));
        return;
    }
    (void)snprintf(text, sizeof text, "%s: %s\n", is_latched ? "not ready" : "ready, but nothing is recorded",
                   error.message);
    if (is_latched) {
        set_text(call, CONNECT_UNAVAILABLE, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", text);
    } else {
        set_text(call, CONNECT_OK, MHD_HTTP_OK, "text/plain", text);
    }
}

static void answer_ready(struct call *call) {
    struct daybook_error error;
    uint64_t head;
    if (server_is_draining(call->server)) {
        set_text(call, CONNECT_UNAVAILABLE, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", "stopping\n");
    } else if (daybook_head(call->server->ledger, &head, &error) != DAYBOOK_OK) {
        set_text(call, CONNECT_UNAVAILABLE, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", "the journal cannot be read\n");
    } else {
        set_ready(call);
    }
}

static void write_metrics(struct call *call, struct arena *arena) {
    struct daybook_error error;
    daybook_buffer_reset(&call->reply.bytes);
    if (metrics_write(call->server, arena, &call->reply.bytes, &error) != DAYBOOK_OK) {
        call_fail_with(call, &error);
        return;
    }
    call->reply.type = "text/plain; version=0.0.4";
}

static void answer_metrics(struct call *call) {
    call->work = write_metrics;
    call->is_with_worker = crew_push(&call->server->crew, call, true);
    call->stage = CALL_WORKING;
}

static void answer_openapi(struct call *call) {
    const struct daybook_buffer *document = &call->server->openapi;
    call->reply.type = "application/json";
    if (daybook_buffer_append(&call->reply.bytes, document->data, document->size) != DAYBOOK_OK) {
        call_fail(call, CONNECT_RESOURCE_EXHAUSTED, "memory for the document was refused");
    }
}

static const struct page pages[] = {
    {"/healthz", answer_health, FOR_ANY_NAME},      {"/readyz", answer_ready, FOR_THIS_MACHINE},
    {"/metrics", answer_metrics, FOR_THIS_MACHINE}, {"/openapi.json", answer_openapi, FOR_BEARERS},
    {"/events", follow_begin_sse, FOR_BEARERS},
};

const struct page *page_find(const char *path) {
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (strcmp(pages[i].path, path) == 0) {
            return &pages[i];
        }
    }
    return NULL;
}

const char *page_name(const struct page *page) {
    return page->path;
}

bool page_is_for_anybody(const struct page *page, bool names_machine) {
    return page->readers == FOR_ANY_NAME || (page->readers == FOR_THIS_MACHINE && names_machine);
}

void page_answer(struct call *call) {
    bool has_head = call->page->answer != follow_begin_sse; /* A stream has no length to tell. */
    if (!call->is_get || (call->is_head && !has_head)) {
        call->reply.http = MHD_HTTP_METHOD_NOT_ALLOWED;
        call_fail(call, CONNECT_UNIMPLEMENTED, "this page is asked with GET");
        call->reply.header_name = MHD_HTTP_HEADER_ALLOW;
        call->reply.header_value = has_head ? "GET, HEAD" : "GET";
        return;
    }
    call->page->answer(call);
}
