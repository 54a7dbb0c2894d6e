/*
 * Which content codings a caller takes (RFC 9110, 12.5.3), of the two that there are here: gzip and identity.
 *
 *   CD1  What the caller refuses by a weight of 0 is not used, but identity where gzip is no way out: an answer that
 *        its caller did not wish for in this form is better than none.
 *   CD2  Of two that it takes, the one with the greater weight; of equals gzip, since it was asked for by name. Where
 *        only "*" stands for gzip, it is taken likewise.
 */
#ifndef DAYBOOK_TOOLS_SERVE_CODINGS_H
#define DAYBOOK_TOOLS_SERVE_CODINGS_H

#include <stdbool.h>

/* Weights in thousandths; all zero says nothing. */
struct codings {
    struct coding_weight {
        bool is_said;
        unsigned thousandths;
    } gzip, identity, any;
};

/* One Accept-Encoding header; several of a request add up. An element that cannot be read is passed over. */
void codings_add(struct codings *codings, const char *text);

bool codings_take_gzip(const struct codings *codings);
/* Gzip also where it does not pay. Only asked where gzip is taken. */
bool codings_refuse_identity(const struct codings *codings);

/* Of a Content-Encoding, whatever its case. */
bool codings_is_gzip(const char *text);
bool codings_is_identity(const char *text); /* "" likewise. */

#endif
