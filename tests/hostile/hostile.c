/*
 * A client with bad manners: idle connections, requests with bytes changed, cut off or dripping, floods of nothing.
 *
 *     hostile PORT SEED REQUESTS IDLE [TOKEN]
 *
 * With a token, a third of the requests bring it, a third one that is false by a few characters, and a third none.
 * What it sends is the same for the same seed. It ends with 0 when the server still answers on a new connection and
 * on every idle one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/random.h"

enum { REQUEST_MAX = 1 << 16, ANSWER_WAIT_MS = 60000, GLANCE_MS = 5 };

static struct sockaddr_in address;

#define HOST "Host: 127.0.0.1\r\n"

static const char *const templates[] = {
    "GET /healthz HTTP/1.1\r\n" HOST "\r\n",
    "POST /daybook.v1.Ledger/Submit HTTP/1.1\r\n" HOST "Content-Type: application/json\r\nContent-Length: 94\r\n\r\n"
    "{\"requests\":[{\"key\":\"azE=\",\"actor\":\"t\",\"customer\":\"A\",\"receiveDeposit\":{\"lot\":\"L1\","
    "\"amountMinor\":5}}]}",
    "POST /daybook.v1.Views/GetBalance HTTP/1.1\r\n" HOST "Content-Type: application/json\r\n"
    "Connect-Timeout-Ms: 1000\r\nContent-Length: 16\r\n\r\n{\"customer\":\"A\"}",
    "POST /daybook.v1.Views/GetBalance HTTP/1.1\r\n" HOST "Content-Type: application/proto\r\n"
    "Transfer-Encoding: chunked\r\n\r\n3\r\n\x12\x01"
    "A\r\n0\r\n\r\n",
    "GET /daybook.v1.Views/GetAging?connect=v1&encoding=json&base64=1&message=e30 HTTP/1.1\r\n" HOST "\r\n",
    "POST /daybook.v1.Views/ListLots HTTP/1.1\r\n" HOST "Content-Type: application/json\r\nContent-Encoding: "
    "gzip\r\n"
    "Content-Length: 10\r\n\r\n0123456789",
    "GET /events?from_sequence=1&heartbeat_ms=100&kind=charge_posted HTTP/1.1\r\n" HOST "Last-Event-ID: 7\r\n\r\n",
    "POST /daybook.v1.Events/Follow HTTP/1.1\r\n" HOST "Content-Type: application/connect+json\r\n"
    "Content-Length: 7\r\n\r\n{}{}{}{",
};
enum { TEMPLATES = sizeof templates / sizeof *templates };

static const char *token; /* NULL = nobody brings one. */

static int open_connection(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)fprintf(stderr, "hostile: connecting: %s\n", strerror(errno));
        exit(1);
    }
    return fd;
}

/* The template, with a token behind its first header: the good one, or a guess. */
static size_t fill_in(struct random_source *random, const char *template, char *request) {
    const char *second = strstr(template, HOST) + strlen(HOST);
    uint64_t kind = token == NULL ? 0 : random_below(random, 3);
    char guess[128] = "";
    if (kind == 0) {
        return (size_t)sprintf(request, "%s", template);
    }
    (void)snprintf(guess, sizeof guess, "%s", token);
    for (uint64_t changes = kind == 1 ? 0 : 1 + random_below(random, 3); changes > 0; changes--) {
        guess[random_below(random, strlen(guess))] = (char)('0' + random_below(random, 10));
    }
    return (size_t)sprintf(request, "%.*sAuthorization: Bearer %s\r\n%s", (int)(second - template), template, guess,
                           second);
}

/* Some bytes replaced, inserted, taken out or doubled. */
static size_t mutate(struct random_source *random, const char *template, char *request) {
    size_t size = fill_in(random, template, request);
    for (uint64_t changes = random_below(random, 6); changes > 0 && size > 0; changes--) {
        size_t at = (size_t)random_below(random, size);
        size_t run = (size_t)random_below(random, 40);
        run = run > size - at ? size - at : run;
        switch (random_below(random, 4)) {
        case 0:
            request[at] = (char)random_below(random, 256);
            break;
        case 1:
            memmove(request + at, request + at + run, size - at - run);
            size -= run;
            break;
        case 2:
            memmove(request + at + run, request + at, size - at);
            size += run;
            break;
        default:
            size = at; /* Cut off. */
            break;
        }
    }
    return size;
}

/* Sends it at once or in drips, reads a little or nothing, and goes without a word. */
static void attack(struct random_source *random) {
    static char request[REQUEST_MAX];
    char answer[4096];
    int fd = open_connection();
    size_t size = mutate(random, templates[random_below(random, TEMPLATES)], request);
    size_t step = random_below(random, 4) == 0 ? 1 + (size_t)random_below(random, 20) : size;
    for (size_t sent = 0; sent < size;) {
        ssize_t taken = send(fd, request + sent, step > size - sent ? size - sent : step, MSG_NOSIGNAL);
        if (taken <= 0) {
            break;
        }
        sent += (size_t)taken;
    }
    if (random_below(random, 3) == 0) {
        (void)shutdown(fd, SHUT_WR);
    }
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    if (random_below(random, 3) != 0 && poll(&readable, 1, GLANCE_MS) > 0) {
        ssize_t got = recv(fd, answer, sizeof answer, 0);
        (void)got;
    }
    (void)close(fd);
}

/* Whether the server answers "ok" here. */
static int is_answered(int fd) {
    static const char request[] = "GET /healthz HTTP/1.1\r\n" HOST "\r\n";
    char answer[1024];
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1 ||
        poll(&readable, 1, ANSWER_WAIT_MS) <= 0) {
        return 0;
    }
    ssize_t size = recv(fd, answer, sizeof answer - 1, 0);
    return size > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0;
}

static size_t open_idle(int *idle, size_t count) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_cur != RLIM_INFINITY && count + 64 > limit.rlim_cur) {
            count = (size_t)limit.rlim_cur - 64;
        }
    }
    for (size_t i = 0; i < count; i++) {
        idle[i] = open_connection();
    }
    return count;
}

int main(int argc, char **argv) {
    if (argc != 5 && argc != 6) {
        (void)fputs("usage: hostile PORT SEED REQUESTS IDLE [TOKEN]\n", stderr);
        return 2;
    }
    token = argv[5]; /* Behind the last argument is NULL. */
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    struct random_source random = random_seeded(strtoull(argv[2], NULL, 10));
    size_t requests = strtoul(argv[3], NULL, 10);
    size_t wanted = strtoul(argv[4], NULL, 10);
    int *idle = calloc(wanted + 1, sizeof *idle);
    if (idle == NULL) {
        return 3;
    }
    size_t idle_count = open_idle(idle, wanted);
    for (size_t i = 0; i < requests; i++) {
        attack(&random);
    }
    size_t lost = 0;
    for (size_t i = 0; i < idle_count; i++) {
        lost += is_answered(idle[i]) ? 0 : 1;
        (void)close(idle[i]);
    }
    free(idle);
    int fd = open_connection();
    int is_alive = is_answered(fd);
    (void)close(fd);
    (void)printf("%zu requests, %zu idle connections of which %zu were lost, %s\n", requests, idle_count, lost,
                 is_alive ? "and it answers" : "and it does not answer");
    return is_alive && lost == 0 ? 0 : 1;
}
