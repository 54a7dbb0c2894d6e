/* The priority of a thread among others. */
#ifndef DAYBOOK_BASE_THREAD_H
#define DAYBOOK_BASE_THREAD_H

/* Of a thread that serves one whose work others wait for. */
enum { THREAD_SERVES = 5 };

/* Where more threads want to run than there are processors, the calling one stands back by `nice`, 1 to 19, behind
 * those of usual priority. A wish: nothing is said where the system refuses it. */
void thread_stand_back(int nice);

#endif
