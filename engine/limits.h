/* Every limit in one place. */

/* The engine's folder is searched before the system's, so that <limits.h> finds this file, too:
 * whoever wanted INT_MAX gets it. Before the guard, because "limits.h" may be found twice. */
#pragma GCC system_header /* #include_next is an extension that -Wpedantic names. */
#include_next <limits.h>

#ifndef DAYBOOK_LIMITS_H
#define DAYBOOK_LIMITS_H

#define LIMIT_ID_BYTES       64        /* Customer, document, actor, category, reason, method. */
#define LIMIT_KEY_BYTES      64        /* A request's key. */
#define LIMIT_NAME_BYTES     256       /* A customer's name. */
#define LIMIT_CONTACT_BYTES  256       /* A customer's contact person, email, phone: each. */
#define LIMIT_ADDRESS_BYTES  512       /* A customer's address. */
#define LIMIT_SEALED_BYTES   2064      /* Name and contact, sealed: 16 and a multiple of 64. */
#define LIMIT_MEMO_BYTES     1024      /* Free text on an event. */
#define LIMIT_TAGS           32        /* Of a customer. */
#define LIMIT_SCOPE          32        /* Categories of a lot. */
#define LIMIT_INSTALMENTS    400       /* Of a charge. */
#define LIMIT_ALLOCATIONS    1000      /* Listed in one request. */
#define LIMIT_EVENT_BYTES    65535     /* An encoded event (the tile format has a u16 length). */
#define LIMIT_REQUEST_BYTES  65535     /* An encoded request. */
#define LIMIT_REQUEST_EVENTS 20000     /* That one request may become. */
#define LIMIT_GROUP_REQUESTS 10000     /* In one atomic group. */
#define LIMIT_BATCH_REQUESTS 65536     /* In one call. */
#define LIMIT_TERMS_DAYS     3650      /* Payment terms. */
#define LIMIT_THRESHOLDS     256       /* Of an approval policy. */
#define LIMIT_PROPOSALS      1024      /* Open at once. */
#define LIMIT_PROPOSAL_DAYS  366       /* Until a proposal expires. */
#define LIMIT_FRAME_EVENTS   4096      /* In one frame of the journal. */
#define LIMIT_FRAME_BYTES    (1 << 26) /* Unpacked. */
#define LIMIT_WIRE_DEPTH     8         /* Messages inside messages, the outermost counted. */

_Static_assert(LIMIT_ID_BYTES <= 255, "ids are stored behind one length byte");
_Static_assert(LIMIT_MEMO_BYTES + LIMIT_ID_BYTES * 8 < LIMIT_EVENT_BYTES, "a plain event must fit");
_Static_assert(LIMIT_NAME_BYTES + 3 * LIMIT_CONTACT_BYTES + LIMIT_ADDRESS_BYTES + 5 * 3 + 3 + 64 <
                   LIMIT_SEALED_BYTES - 16,
               "what is personal must fit, with its lengths and what fills it up");
_Static_assert(LIMIT_FRAME_BYTES / LIMIT_FRAME_EVENTS >= 16384, "a frame of ordinary events must fit");

#endif
