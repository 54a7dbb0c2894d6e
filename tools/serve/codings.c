/* Which content codings a caller takes. */
#include "tools/serve/codings.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { WEIGHT_MAX = 1000, WEIGHT_DIGITS = 3 };

static bool is_token(const char *text, size_t size, const char *token) {
    return strlen(token) == size && strncasecmp(text, token, size) == 0;
}

static const char *skip_blank(const char *text) {
    return text + strspn(text, " \t");
}

/* "0.5" and at most three digits behind the point; "1.000" is the most. Moves behind it. False: it is none. */
static bool read_weight(const char **text, unsigned *thousandths) {
    const char *at = *text;
    if (*at != '0' && *at != '1') {
        return false;
    }
    *thousandths = *at == '1' ? WEIGHT_MAX : 0;
    at++;
    if (*at == '.') {
        at++;
        unsigned place = WEIGHT_MAX / 10;
        for (int i = 0; i < WEIGHT_DIGITS && *at >= '0' && *at <= '9'; i++) {
            *thousandths += (unsigned)(*at++ - '0') * place;
            place /= 10;
        }
    }
    *text = at;
    return *thousandths <= WEIGHT_MAX;
}

/* Behind a coding: nothing, or ";q=" and its weight, up to the end of the element. False: neither. */
static bool read_parameters(const char *text, const char *end, unsigned *thousandths) {
    *thousandths = WEIGHT_MAX;
    text = skip_blank(text);
    if (text == end) {
        return true;
    }
    if (*text != ';') {
        return false;
    }
    text = skip_blank(text + 1);
    if (strncasecmp(text, "q=", 2) != 0) {
        return false;
    }
    text += 2;
    return read_weight(&text, thousandths) && skip_blank(text) == end;
}

void codings_add(struct codings *codings, const char *text) {
    while (*text != '\0') {
        const char *end = text + strcspn(text, ",");
        text = skip_blank(text);
        size_t size = strcspn(text, ",; \t");
        unsigned thousandths;
        if (read_parameters(text + size, end, &thousandths)) {
            struct coding_weight weight = {true, thousandths};
            if (is_token(text, size, "gzip") || is_token(text, size, "x-gzip")) {
                codings->gzip = weight;
            } else if (is_token(text, size, "identity")) {
                codings->identity = weight;
            } else if (is_token(text, size, "*")) {
                codings->any = weight;
            }
        }
        text = *end == ',' ? end + 1 : end;
    }
}

/* "*" is every coding that is not named. */
static struct coding_weight weigh(struct coding_weight named, struct coding_weight any) {
    return named.is_said ? named : any;
}

bool codings_take_gzip(const struct codings *codings) {
    struct coding_weight gzip = weigh(codings->gzip, codings->any);
    return gzip.is_said && gzip.thousandths > 0 &&
           (!codings->identity.is_said || gzip.thousandths >= codings->identity.thousandths);
}

bool codings_refuse_identity(const struct codings *codings) {
    struct coding_weight identity = weigh(codings->identity, codings->any);
    return identity.is_said && identity.thousandths == 0;
}

bool codings_is_gzip(const char *text) {
    return strcasecmp(text, "gzip") == 0 || strcasecmp(text, "x-gzip") == 0;
}

bool codings_is_identity(const char *text) {
    return *text == '\0' || strcasecmp(text, "identity") == 0;
}
