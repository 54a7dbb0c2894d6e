/* 128 bits for sums and products of amounts on the way to an answer, which is checked against 64 at the end. */
#ifndef DAYBOOK_BASE_WIDE_H
#define DAYBOOK_BASE_WIDE_H

/* Sums of int64 in any order, and an amount times a count of days or a percentage, never overflow it. */
__extension__ typedef __int128 wide;

#endif
