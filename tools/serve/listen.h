/* The address that a server listens on. */
#ifndef DAYBOOK_TOOLS_SERVE_LISTEN_H
#define DAYBOOK_TOOLS_SERVE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

enum { LISTEN_TEXT_SIZE = 80 };

/* Listens on "127.0.0.1:7420" or "[::1]:7420"; names are not looked up. The descriptor is the caller's.
 * INVALID: no address. IO: it cannot be listened on. */
DAYBOOK_MUST_USE enum daybook_status listen_open(const char *address, bool may_be_open, int *fd,
                                                 struct daybook_error *error);

bool listen_is_loopback(const struct sockaddr *address);

/* Stands for the address without its port; of IPv6 for its /64, which is one subscriber's. */
uint64_t listen_address_hash(const struct sockaddr *address);

/* "127.0.0.1:7420" as it came to be, with the port that was chosen for port 0. */
const char *listen_text(int fd, char text[LISTEN_TEXT_SIZE]);

#endif
