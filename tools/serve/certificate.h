/*
 * The certificate that the server shows, and its key: two files, which may be replaced while it runs.
 *
 *   CE1  A connection keeps the pair that it began with; who connects afterwards meets the new one.
 *   CE2  Files that cannot be used (unreadable, no PEM, no pair) change nothing.
 *
 * libmicrohttpd takes its certificate when it starts and has no call to replace it, and a function that is asked for
 * one instead (MHD_OPTION_HTTPS_CERT_CALLBACK) is told of no context. So each connection's session of GnuTLS, which
 * libmicrohttpd shows us (MHD_CONNECTION_INFO_GNUTLS_SESSION), is given its credentials when it begins, before its
 * handshake.
 */
#ifndef DAYBOOK_TOOLS_SERVE_CERTIFICATE_H
#define DAYBOOK_TOOLS_SERVE_CERTIFICATE_H

#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"

struct certificate; /* One pair as it was read, shared by those that use it. Opaque: certificate.c. */

struct certificates {
    const char *cert_file; /* PEM, its chain behind it. NULL: without TLS. */
    const char *key_file;
    bool has_lock;
    uv_mutex_t lock;
    struct certificate *now; /* Whom new connections get. */
};

/* Reads the files for the first time. INVALID: they cannot be used. */
DAYBOOK_MUST_USE enum daybook_status certificates_open(struct certificates *certificates, const char *cert_file,
                                                       const char *key_file, struct daybook_error *error);
/* After the last connection. Accepts one that was never opened (all zero). */
void certificates_close(struct certificates *certificates);

/* Reads the files anew, for connections that begin from now on. Not OK: as before. */
DAYBOOK_MUST_USE enum daybook_status certificates_read(struct certificates *certificates, struct daybook_error *error);

/* When the certificate that new connections get is valid no more. */
int64_t certificates_end_us(struct certificates *certificates);

/* For MHD_OPTION_HTTPS_CERT_CALLBACK: asked only where a session was given nothing, and it has nothing either. */
gnutls_certificate_retrieve_function2 certificate_none;

/* Gives a connection that begins what it will show; NULL: nothing, so its handshake fails. Any loop's thread. */
struct certificate *certificate_lend(struct certificates *certificates, struct MHD_Connection *connection);
/* The connection has ended. Accepts NULL. */
void certificate_return(struct certificates *certificates, struct certificate *certificate);

#endif
