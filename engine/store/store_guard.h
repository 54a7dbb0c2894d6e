/*
 * What is done when LMDB is led astray.
 *
 * LMDB believes its own pages. One that a disk has changed can lead it past the
 * end of the file, or out of the file altogether, where the kernel ends the
 * process; or to something that it asserts cannot be. A disk that fails to read
 * a page ends the process, too.
 *
 *   G1  Before that happens the store's owner hears of it (store_options.lost),
 *       so that the next process does not touch the same page.
 *   G2  One sentence on standard error says which file it was, and what to do.
 *   G3  Faults elsewhere are left as they are; those within LMDB
 *       are those of the store that it was called for.
 */
#ifndef DAYBOOK_STORE_STORE_GUARD_H
#define DAYBOOK_STORE_STORE_GUARD_H

/* For a program, once, before it opens a store: its faults in a store's file (SIGBUS, SIGSEGV) and LMDB's assertions
 * end it with this exit code. Without a guard G1 and G2 hold for assertions alone, and the signals are the program's.
 * The handlers that were there get every other fault. */
void store_guard_install(int exit_code);

#endif
