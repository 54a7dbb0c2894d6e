/* Whether what is submitted can be recorded, for the log. */
#ifndef DAYBOOK_TOOLS_SERVE_RECORDING_H
#define DAYBOOK_TOOLS_SERVE_RECORDING_H

struct server;

/* The first loop's. Logs once that nothing can be recorded, and why: {"level":"error","event":"refusing",...}; and
 * {"level":"info","event":"recording",...} when it can be again. Looks once a second. */
void recording_tick(struct server *server);

#endif
