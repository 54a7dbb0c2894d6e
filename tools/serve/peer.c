/* The connections of a loop, and which of them are idle. */
#include "tools/serve/peer.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "tools/serve/listen.h"
#include "tools/serve/server.h"

#define LOOKED_AT_NS UINT64_C(100000000) /* Who has been idle for less is most likely about to ask. */

enum { LOOKS_PER_TICK = 64 /* Idle connections: 10 000 in two seconds. */ };

void peer_mark_busy(struct peers *peers, struct peer *peer) {
    if (peer->idle_since_ns == 0) {
        return;
    }
    if (peers->idle_next == peer) {
        peers->idle_next = peer->next;
    }
    if (peer->previous == NULL) {
        peers->idle_first = peer->next;
    } else {
        peer->previous->next = peer->next;
    }
    if (peer->next == NULL) {
        peers->idle_last = peer->previous;
    } else {
        peer->next->previous = peer->previous;
    }
    peer->previous = NULL;
    peer->next = NULL;
    peer->idle_since_ns = 0;
}

void peer_mark_idle(struct peers *peers, struct peer *peer) {
    peer_mark_busy(peers, peer);
    peer->idle_since_ns = clock_monotonic_ns();
    peer->previous = peers->idle_last;
    if (peers->idle_last == NULL) {
        peers->idle_first = peer;
    } else {
        peers->idle_last->next = peer;
    }
    peers->idle_last = peer;
}

static void open_peer(struct loop *loop, struct MHD_Connection *connection, void **state) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct peer *peer = calloc(1, sizeof *peer);
    *state = peer;
    loop->peers.opened_count++;
    if (peer == NULL) {
        return; /* Its calls are refused. */
    }
    peer->connection = connection;
    peer->is_loopback = listen_is_loopback(info->client_addr);
    peer->address = listen_address_hash(info->client_addr);
    if (loop->server->options.tls_cert != NULL) {
        peer->certificate = certificate_lend(&loop->server->certificates, connection);
    }
    atomic_fetch_add_explicit(&loop->server->metrics.connections, 1, memory_order_relaxed);
    peer_mark_idle(&loop->peers, peer);
}

void peer_changed(void *context, struct MHD_Connection *connection, void **state,
                  enum MHD_ConnectionNotificationCode what) {
    struct loop *loop = context;
    struct peer *peer = *state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        open_peer(loop, connection, state);
        return;
    }
    atomic_fetch_sub_explicit(&loop->connection_count, 1, memory_order_relaxed);
    if (peer != NULL) {
        peer_mark_busy(&loop->peers, peer);
        gate_forget(&peer->pass);
        certificate_return(&loop->server->certificates, peer->certificate);
        free(peer);
        *state = NULL;
    }
}

/* Shut down rather than closed: libmicrohttpd owns the descriptor, and sees the end of it. */
void peer_end_reading(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    (void)shutdown(info->connect_fd, SHUT_RD);
}

void peer_end(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    (void)shutdown(info->connect_fd, SHUT_RDWR);
}

bool peer_has_more(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;
    return recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* libmicrohttpd takes a short read for the last one, and may have missed the end behind it: epoll told of both at
 * once, and tells of it no more. Shutting down tells again. */
void peer_end_if_gone(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;
    if (recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
        peer_end_reading(connection);
    }
}

void peers_look_for_gone(struct peers *peers, uint64_t now_ns) {
    for (int i = 0; i < LOOKS_PER_TICK && peers->idle_next != NULL; i++) {
        if (now_ns - peers->idle_next->idle_since_ns < LOOKED_AT_NS) {
            peers->idle_next = NULL; /* And so is everyone behind it. */
            break;
        }
        peer_end_if_gone(peers->idle_next->connection);
        peers->idle_next = peers->idle_next->next;
    }
    if (peers->idle_next == NULL) {
        peers->idle_next = peers->idle_first;
    }
}

void peers_close_idle(struct peers *peers, uint64_t now_ns, uint64_t limit_ns) {
    while (peers->idle_first != NULL && now_ns - peers->idle_first->idle_since_ns >= limit_ns) {
        struct peer *peer = peers->idle_first;
        peer_mark_busy(peers, peer);
        peer_end_reading(peer->connection);
    }
}
