/*
 * A client for `daybook serve`: so many keep-alive connections, each with one request under way.
 *
 * Raw sockets and epoll, because client and server share the machine: what the
 * client burns, the server has not.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/random.h"
#include "codec/wire.h"
#include "daybook/v1/query.pb-c.h"
#include "daybook/v1/service.pb-c.h"

enum {
    REQUEST_MAX = 2048,
    ANSWER_MAX = 8192,
    SAMPLES_MAX = 1 << 24,
    EVENTS_MAX = 256,
    CUSTOMER_DIGITS = 6,
    DOCUMENT_DIGITS = 10,
};

enum load_kind { LOAD_CHARGES, LOAD_BALANCES };

struct options {
    struct sockaddr_in address;
    enum load_kind kind;
    unsigned connections;
    unsigned customers;
    unsigned seconds;
    unsigned warm_up_seconds;
    char authorization[128]; /* The header with the token, and its end; "" = none. */
};

struct connection {
    int fd;
    uint64_t sent_ns;
    char answer[ANSWER_MAX];
    size_t answer_size;
};

/* A whole request; what differs from one to the next is written over it, since client and server share processors. */
struct pattern {
    char bytes[REQUEST_MAX];
    size_t size;
    char *customer; /* Into the bytes: the digits of its number. */
    char *document; /* Likewise; of a charge, as is the key. */
    char *key;
};

struct load {
    struct options options;
    struct pattern pattern;
    struct random_source random;
    int epoll;
    uint64_t drawn;
    uint64_t run_key; /* So that keys and documents of several runs differ. */
    uint64_t until_ns;
    uint64_t from_ns; /* Before it, nothing is measured. */
    uint32_t *samples_ns;
    size_t sample_count;
    uint64_t bad_count;
    struct daybook_buffer message;
};

static void die(const char *what) {
    (void)fprintf(stderr, "daybook-load: %s: %s\n", what, strerror(errno));
    exit(3);
}

/* ---- what is asked ---- */

static const char *customer_name(unsigned number, char text[16]) {
    (void)snprintf(text, 16, "load-%0*u", CUSTOMER_DIGITS, number);
    return text;
}

static void begin_request(struct load *load, Pb__Request *request, uint64_t key[2], char *customer) {
    pb__request__init(request);
    key[0] = load->run_key;
    key[1] = ++load->drawn;
    request->key = (ProtobufCBinaryData){2 * sizeof *key, (uint8_t *)key};
    request->actor = (char *)(uintptr_t) "load";
    request->customer = customer;
    request->effective_on = (char *)(uintptr_t) "2024-05-01";
}

static void encode_charge(struct load *load, char *customer, char *document) {
    uint64_t key[2];
    Pb__Request request;
    Pb__PostCharge charge = PB__POST_CHARGE__INIT;
    Pb__Request *list = &request;
    Pb__SubmitRequest submit = PB__SUBMIT_REQUEST__INIT;
    begin_request(load, &request, key, customer);
    charge.charge = document;
    charge.amount_minor = 1234;
    charge.category = (char *)(uintptr_t) "goods";
    charge.settlement = PB__SETTLEMENT__SETTLEMENT_RECEIVABLE;
    request.command_case = PB__REQUEST__COMMAND_POST_CHARGE;
    request.post_charge = &charge;
    submit.requests = &list;
    submit.n_requests = 1;
    if (wire_encode(&submit.base, &load->message) != DAYBOOK_OK) {
        die("encoding");
    }
}

static void encode_balance(struct load *load, char *customer) {
    Pb__BalanceQuery query = PB__BALANCE_QUERY__INIT;
    query.customer = customer;
    if (wire_encode(&query.base, &load->message) != DAYBOOK_OK) {
        die("encoding");
    }
}

static size_t put_head(const struct load *load, char *to, size_t room, const char *path, size_t body_size) {
    int size = snprintf(to, room,
                        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/proto\r\n%s"
                        "Content-Length: %zu\r\n\r\n",
                        path, load->options.authorization, body_size);
    return (size_t)size;
}

/* The last place of some bytes in the pattern: the body's, should the head hold them, too. */
static char *find_in(struct pattern *pattern, const void *bytes, size_t size) {
    for (char *at = pattern->bytes + pattern->size - size; at >= pattern->bytes; at--) {
        if (memcmp(at, bytes, size) == 0) {
            return at;
        }
    }
    die("finding what was encoded");
    return NULL;
}

static void make_pattern(struct load *load) {
    struct pattern *pattern = &load->pattern;
    bool is_charge = load->options.kind == LOAD_CHARGES;
    char customer[16];
    char document[DOCUMENT_DIGITS + 10];
    (void)customer_name(0, customer);
    (void)snprintf(document, sizeof document, "%08" PRIx64 "-%0*u", load->run_key & UINT32_MAX, DOCUMENT_DIGITS, 0U);
    daybook_buffer_reset(&load->message);
    if (is_charge) {
        encode_charge(load, customer, document);
    } else {
        encode_balance(load, customer);
    }
    pattern->size =
        put_head(load, pattern->bytes, sizeof pattern->bytes,
                 is_charge ? "/daybook.v1.Ledger/Submit" : "/daybook.v1.Views/GetBalance", load->message.size);
    memcpy(pattern->bytes + pattern->size, load->message.data, load->message.size);
    pattern->size += load->message.size;
    pattern->customer = find_in(pattern, customer, strlen(customer)) + strlen(customer) - CUSTOMER_DIGITS;
    if (is_charge) {
        uint64_t key[2] = {load->run_key, load->drawn};
        pattern->key = find_in(pattern, key, sizeof key) + sizeof *key;
        pattern->document = find_in(pattern, document, strlen(document)) + strlen(document) - DOCUMENT_DIGITS;
    }
}

static void put_digits(char *to, size_t count, uint64_t number) {
    while (count > 0) {
        to[--count] = (char)('0' + number % 10);
        number /= 10;
    }
}

static void send_next(struct load *load, struct connection *connection) {
    struct pattern *pattern = &load->pattern;
    put_digits(pattern->customer, CUSTOMER_DIGITS, random_below(&load->random, load->options.customers));
    if (load->options.kind == LOAD_CHARGES) {
        load->drawn++;
        memcpy(pattern->key, &load->drawn, sizeof load->drawn);
        put_digits(pattern->document, DOCUMENT_DIGITS, load->drawn);
    }
    connection->answer_size = 0;
    connection->sent_ns = clock_monotonic_ns();
    if (send(connection->fd, pattern->bytes, pattern->size, MSG_NOSIGNAL) != (ssize_t)pattern->size) {
        die("sending a request");
    }
}

/* ---- answers ---- */

/* Whether a whole answer is there; *is_good: 200, and of a charge: an answer without a refusal. */
static bool is_whole(const struct load *load, struct connection *connection, bool *is_good) {
    connection->answer[connection->answer_size] = '\0';
    const char *end = memmem(connection->answer, connection->answer_size, "\r\n\r\n", 4);
    const char *length = end == NULL ? NULL : strcasestr(connection->answer, "content-length:");
    if (length == NULL) {
        return false;
    }
    size_t head = (size_t)(end + 4 - connection->answer);
    size_t body = strtoul(length + 15, NULL, 10);
    if (connection->answer_size < head + body) {
        return false;
    }
    *is_good = strncmp(connection->answer, "HTTP/1.1 200", 12) == 0;
    if (load->options.kind == LOAD_CHARGES && *is_good) {
        *is_good = body < 64; /* A refusal has a sentence. */
    }
    return true;
}

static void receive(struct load *load, struct connection *connection) {
    bool is_good = false;
    ssize_t size =
        recv(connection->fd, connection->answer + connection->answer_size, ANSWER_MAX - 1 - connection->answer_size, 0);
    if (size <= 0) {
        errno = size == 0 ? ECONNRESET : errno;
        die("receiving an answer");
    }
    connection->answer_size += (size_t)size;
    if (!is_whole(load, connection, &is_good)) {
        return;
    }
    uint64_t now_ns = clock_monotonic_ns();
    if (now_ns >= load->from_ns && load->sample_count < SAMPLES_MAX) {
        load->samples_ns[load->sample_count++] = (uint32_t)(now_ns - connection->sent_ns);
    }
    load->bad_count += is_good ? 0 : 1;
    if (now_ns < load->until_ns) {
        send_next(load, connection);
    }
}

/* ---- running ---- */

static int connect_to(const struct options *options) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    if (fd < 0 || connect(fd, (const struct sockaddr *)&options->address, sizeof options->address) != 0) {
        die("connecting");
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* Opens every customer; those of an earlier run are there already. */
static void open_customers(struct load *load) {
    Pb__OpenCustomer open = PB__OPEN_CUSTOMER__INIT;
    int fd = connect_to(&load->options);
    for (unsigned i = 0; i < load->options.customers; i++) {
        char head[REQUEST_MAX];
        char answer[ANSWER_MAX];
        char customer[16];
        uint64_t key[2];
        Pb__Request request;
        daybook_buffer_reset(&load->message);
        begin_request(load, &request, key, (char *)(uintptr_t)customer_name(i, customer));
        request.effective_on = (char *)(uintptr_t) "2024-01-01";
        request.command_case = PB__REQUEST__COMMAND_OPEN_CUSTOMER;
        request.open_customer = &open;
        if (wire_encode(&request.base, &load->message) != DAYBOOK_OK) {
            die("encoding");
        }
        size_t size = put_head(load, head, sizeof head, "/daybook.v1.Ledger/Post", load->message.size);
        memcpy(head + size, load->message.data, load->message.size);
        size += load->message.size;
        if (send(fd, head, size, MSG_NOSIGNAL) != (ssize_t)size || recv(fd, answer, sizeof answer, 0) <= 0) {
            die("opening a customer");
        }
    }
    (void)close(fd);
}

static void run(struct load *load) {
    struct connection *connections = calloc(load->options.connections, sizeof *connections);
    struct epoll_event events[EVENTS_MAX];
    if (connections == NULL) {
        die("memory");
    }
    make_pattern(load);
    load->epoll = epoll_create1(0);
    load->from_ns = clock_monotonic_ns() + UINT64_C(1000000000) * load->options.warm_up_seconds;
    load->until_ns = load->from_ns + UINT64_C(1000000000) * load->options.seconds;
    for (unsigned i = 0; i < load->options.connections; i++) {
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &connections[i]};
        connections[i].fd = connect_to(&load->options);
        if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, connections[i].fd, &wanted) != 0) {
            die("epoll");
        }
        send_next(load, &connections[i]);
    }
    while (clock_monotonic_ns() < load->until_ns) {
        int count = epoll_wait(load->epoll, events, EVENTS_MAX, 100);
        for (int i = 0; i < count; i++) {
            receive(load, events[i].data.ptr);
        }
    }
    for (unsigned i = 0; i < load->options.connections; i++) {
        (void)close(connections[i].fd);
    }
    (void)close(load->epoll);
    free(connections);
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static double at_ms(const struct load *load, double share) {
    size_t index = (size_t)((double)(load->sample_count - 1) * share);
    return (double)load->samples_ns[index] / 1e6;
}

static void report(struct load *load) {
    if (load->sample_count == 0) {
        (void)printf("no answer came\n");
        return;
    }
    qsort(load->samples_ns, load->sample_count, sizeof *load->samples_ns, compare);
    (void)printf("{\"kind\":\"%s\",\"connections\":%u,\"per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
                 "\"max_ms\":%.3f,\"answers\":%zu,\"bad\":%" PRIu64 "}\n",
                 load->options.kind == LOAD_CHARGES ? "charges" : "balances", load->options.connections,
                 (double)load->sample_count / load->options.seconds, at_ms(load, 0.5), at_ms(load, 0.99),
                 at_ms(load, 1), load->sample_count, load->bad_count);
}

static bool read_options(int argc, char **argv, struct options *options) {
    static const struct option known[] = {
        {"address", required_argument, NULL, 'a'},
        {"kind", required_argument, NULL, 'k'},
        {"connections", required_argument, NULL, 'c'},
        {"customers", required_argument, NULL, 'u'},
        {"seconds", required_argument, NULL, 's'},
        {"token", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    unsigned port = 7420;
    int letter;
    *options = (struct options){.connections = 64, .customers = 1000, .seconds = 5, .warm_up_seconds = 1};
    options->address.sin_family = AF_INET;
    options->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (letter) {
        case 'a':
            port = (unsigned)strtoul(strchr(optarg, ':') == NULL ? "0" : strchr(optarg, ':') + 1, NULL, 10);
            break;
        case 'k':
            options->kind = strcmp(optarg, "balances") == 0 ? LOAD_BALANCES : LOAD_CHARGES;
            break;
        case 'c':
            options->connections = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'u':
            options->customers = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            options->seconds = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 't':
            (void)snprintf(options->authorization, sizeof options->authorization, "Authorization: Bearer %s\r\n",
                           optarg);
            break;
        default:
            return false;
        }
    }
    options->address.sin_port = htons((uint16_t)port);
    return port > 0 && port < 65536 && options->connections > 0 && options->customers > 0 &&
           options->customers < 1000000 && options->seconds > 0;
}

int main(int argc, char **argv) {
    struct load load = {0};
    if (!read_options(argc, argv, &load.options)) {
        (void)fputs("usage: daybook-load [--address 127.0.0.1:PORT] [--kind charges|balances] [--connections N]\n"
                    "                    [--customers N] [--seconds N] [--token SECRET]\n",
                    stderr);
        return 2;
    }
    if (getrandom(&load.run_key, sizeof load.run_key, 0) != (ssize_t)sizeof load.run_key) {
        die("drawing a key");
    }
    load.random = random_seeded(load.run_key);
    load.samples_ns = malloc(SAMPLES_MAX * sizeof *load.samples_ns);
    if (load.samples_ns == NULL) {
        die("memory");
    }
    open_customers(&load);
    run(&load);
    report(&load);
    free(load.samples_ns);
    daybook_buffer_release(&load.message);
    return load.bad_count == 0 ? 0 : 1;
}
