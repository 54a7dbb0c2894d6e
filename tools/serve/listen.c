/* The address that a server listens on. */
#include "tools/serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"

enum { BACKLOG = 4096, HOST_SIZE = 64 };

bool listen_is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
        const uint8_t *bytes = six->sin6_addr.s6_addr;
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) || (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && bytes[12] == 127);
    }
    return false;
}

uint64_t listen_address_hash(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
        return hash64(&four->sin_addr, sizeof four->sin_addr, AF_INET);
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
        return IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) ? hash64(six->sin6_addr.s6_addr + 12, 4, AF_INET)
                                                     : hash64(six->sin6_addr.s6_addr, 8, AF_INET6);
    }
    return 0;
}

/* Of a port: getaddrinfo would take 99999, and listen on what is left of it in 16 bits. */
static bool is_port(const char *text) {
    size_t size = strlen(text);
    return size >= 1 && size <= 5 && strspn(text, "0123456789") == size && strtoul(text, NULL, 10) <= UINT16_MAX;
}

/* The host between brackets or before the last colon. False: there is no port. */
static bool split(const char *address, char host[HOST_SIZE], const char **port) {
    const char *colon = strrchr(address, ':');
    if (colon == NULL) {
        return false;
    }
    size_t size = (size_t)(colon - address);
    bool has_brackets = size >= 2 && address[0] == '[' && colon[-1] == ']';
    if (has_brackets) {
        address++;
        size -= 2;
    }
    if (size == 0 || size >= HOST_SIZE) {
        return false;
    }
    memcpy(host, address, size);
    host[size] = '\0';
    *port = colon + 1;
    return is_port(*port);
}

static enum daybook_status bind_to(const struct addrinfo *found, const char *address, int *fd,
                                   struct daybook_error *error) {
    int on = 1;
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0 || setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(*fd, found->ai_addr, found->ai_addrlen) != 0 || listen(*fd, BACKLOG) != 0) {
        enum daybook_status status = daybook_fail(error, errno == EADDRINUSE ? DAYBOOK_BUSY : DAYBOOK_IO,
                                                  "listening on %.80s: %s", address, strerror(errno));
        if (*fd >= 0) {
            (void)close(*fd);
            *fd = -1;
        }
        return status;
    }
    return DAYBOOK_OK;
}

enum daybook_status listen_open(const char *address, bool may_be_open, int *fd, struct daybook_error *error) {
    char host[HOST_SIZE];
    const char *port;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    *fd = -1;
    if (!split(address, host, &port) || getaddrinfo(host, port, &hints, &found) != 0) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "listening on \"%.80s\": an address is like 127.0.0.1:7420 or [::1]:7420", address);
    }
    enum daybook_status status;
    if (!may_be_open && !listen_is_loopback(found->ai_addr)) {
        status = daybook_fail(error, DAYBOOK_INVALID,
                              "listening on %.80s: other machines can reach that address, and what is sent there can "
                              "be read on the way; give --tls-cert and --tls-key, or --insecure-listen to do it all "
                              "the same",
                              address);
    } else {
        status = bind_to(found, address, fd, error);
    }
    freeaddrinfo(found);
    return status;
}

const char *listen_text(int fd, char text[LISTEN_TEXT_SIZE]) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[HOST_SIZE];
    char port[16];
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return "?";
    }
    (void)snprintf(text, LISTEN_TEXT_SIZE, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return text;
}
