/* Telling the process that supervises this one (systemd's protocol) how it stands. */
#ifndef DAYBOOK_TOOLS_SERVE_SUPERVISOR_H
#define DAYBOOK_TOOLS_SERVE_SUPERVISOR_H

/* "READY=1", "STOPPING=1"; nothing where nobody supervises. */
void supervisor_tell(const char *state);
/* Files are being read anew; "READY=1" follows. */
void supervisor_tell_reloading(void);

#endif
