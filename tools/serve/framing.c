/* Where a request begins and ends. */
#include "tools/serve/framing.h"

#include <string.h>
#include <strings.h>

enum { END_OF_LINE_SIZE = 2 };

/* See the header: what is known of one release is not asked of others. */
static bool keeps_headers_in_place(void) {
    return strcmp(MHD_get_version(), "0.9.75") == 0;
}

void framing_begin(struct framing *framing, const char *verb, const char *version) {
    *framing = (struct framing){
        .start = verb,
        .version = version,
        .next = version + strlen(version) + END_OF_LINE_SIZE,
        .is_plain = true,
        .is_whole = true,
    };
}

static bool is_plain_name(const char *name, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (name[i] <= ' ' || name[i] > '~') {
            return false;
        }
    }
    return size > 0;
}

static bool is_name(const char *name, size_t size, const char *wanted) {
    return strlen(wanted) == size && strncasecmp(wanted, name, size) == 0;
}

void framing_add(struct framing *framing, const char *name, size_t name_size, const char *value, size_t value_size) {
    framing->is_plain &= is_plain_name(name, name_size) && memchr(value, '\r', value_size) == NULL;
    framing->is_whole &= name == framing->next;
    framing->next = value + value_size + END_OF_LINE_SIZE;
    if (is_name(name, name_size, MHD_HTTP_HEADER_CONTENT_LENGTH)) {
        framing->length_count++;
    } else if (is_name(name, name_size, MHD_HTTP_HEADER_TRANSFER_ENCODING)) {
        framing->coding_count++;
        framing->coding = value;
    } else if (is_name(name, name_size, MHD_HTTP_HEADER_HOST)) {
        framing->host_count++;
    }
}

static bool is_all(const struct framing *framing, struct MHD_Connection *connection) {
    if (!keeps_headers_in_place()) {
        return true;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return framing->is_whole &&
           (info == NULL || framing->next + END_OF_LINE_SIZE == framing->start + info->header_size);
}

const char *framing_end(const struct framing *framing, struct MHD_Connection *connection) {
    bool is_latest = strcmp(framing->version, MHD_HTTP_VERSION_1_1) == 0;
    if (!framing->is_plain || !is_all(framing, connection)) {
        return "a header is not as HTTP/1.1 has it: a name, a colon and a value on one line, which ends with CR and LF";
    }
    if (framing->length_count + framing->coding_count > 1) {
        return "where the body ends is said more than once: one Content-Length or Transfer-Encoding is allowed";
    }
    if (framing->coding != NULL && (!is_latest || strcasecmp(framing->coding, "chunked") != 0)) {
        return "where the body ends is said in a way that is unknown here: Transfer-Encoding is chunked, in HTTP/1.1";
    }
    if (framing->host_count > 1 || (is_latest && framing->host_count == 0)) {
        return "the request needs one Host header, and no more";
    }
    return NULL;
}
