/*
 * Whether the pages of a store's file are what LMDB writes: looked at from
 * outside, by reading alone.
 *
 * LMDB trusts its own pages. One that a disk has changed can send it anywhere,
 * and the process with it, so whoever suspects a file looks here first. What
 * passes can be opened and walked without harm; what the rows in it say is for
 * their own checksums to tell.
 *
 *   PC1  Every page number, offset and size is compared with its bounds before it is used.
 *   PC2  Every page in use is reached once, and none of them is also free: a writer would give a free
 *        page away, and the rows on it.
 *   PC3  Keys ascend, within a page and between pages.
 *
 * The format is that of LMDB 0.9 on 64-bit little-endian machines. No store of
 * the file may be open in this process; another process may write to it: what
 * changes underneath is read again.
 */
#ifndef DAYBOOK_STORE_PAGE_CHECK_H
#define DAYBOOK_STORE_PAGE_CHECK_H

#include <stdint.h>

#include "base/error.h"

struct page_report {
    uint64_t used_pages;
    uint64_t free_pages;
    uint64_t table_count;
    uint64_t row_count;   /* Of all tables. */
    uint64_t transaction; /* The last committed one. */
};

/* `path` is the data file. DAMAGED names the page and what is wrong with it; NOT_FOUND; IO. */
DAYBOOK_MUST_USE enum daybook_status page_check(const char *path, struct page_report *report,
                                                struct daybook_error *error);

#endif
