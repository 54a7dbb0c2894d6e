/* What the scrub of the journal found, for the log and for /readyz. On a loop's thread. */
#ifndef DAYBOOK_TOOLS_SERVE_DAMAGE_H
#define DAYBOOK_TOOLS_SERVE_DAMAGE_H

struct server;
struct loop;

enum { DAMAGE_TEXT_SIZE = 1024 };

/* The first loop's. Logs what was found since it was called last: {"level":"error","event":"damage",...} a run of
 * events. */
void damage_tick(struct server *server);

/* "ready", and where events cannot be read, which: one line. Returns `text`. */
const char *damage_ready_text(struct loop *loop, char text[DAMAGE_TEXT_SIZE]);

#endif
