/* The end of a feed that waits for somebody else's answer. */
#include "tools/feed/parting.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tools/progress.h"
#include "tools/text.h"

enum { GRACE_MS = 1000 };

static int wait_for(struct pollfd *ends, nfds_t count, int limit_ms) {
    int ready;
    do {
        ready = poll(ends, count, limit_ms);
    } while (ready < 0 && errno == EINTR);
    return ready;
}

static void *watch(void *context) {
    struct feed_parting *parting = context;
    struct feed_summary summary;
    struct pollfd ends[] = {{.fd = parting->ended, .events = POLLIN},
                            {.fd = progress_interrupt_fd(), .events = POLLIN}};
    if (wait_for(ends, 2, -1) < 0 || ends[0].revents != 0 || wait_for(ends, 1, GRACE_MS) != 0) {
        return NULL;
    }
    (void)pthread_mutex_lock(&parting->lock);
    summary = parting->summary;
    (void)pthread_mutex_unlock(&parting->lock);
    parting->leave(parting->context, &summary);
    return NULL;
}

enum daybook_status feed_parting_begin(struct feed_parting *parting, feed_leave *leave, const void *context,
                                       struct daybook_error *error) {
    *parting = (struct feed_parting){.leave = leave, .context = context, .ended = eventfd(0, EFD_CLOEXEC)};
    int code = parting->ended < 0 ? errno : 0;
    if (code == 0) {
        (void)pthread_mutex_init(&parting->lock, NULL);
        code = pthread_create(&parting->thread, NULL, watch, parting);
    }
    if (code == 0) {
        return DAYBOOK_OK;
    }
    if (parting->ended >= 0) {
        (void)pthread_mutex_destroy(&parting->lock);
        (void)close(parting->ended);
    }
    return daybook_fail(error, DAYBOOK_LIMIT, _("starting the feed's thread: %s"), strerror(code));
}

void feed_parting_note(struct feed_parting *parting, const struct feed_summary *summary) {
    (void)pthread_mutex_lock(&parting->lock);
    parting->summary = *summary;
    (void)pthread_mutex_unlock(&parting->lock);
}

void feed_parting_end(struct feed_parting *parting) {
    (void)eventfd_write(parting->ended, 1);
    (void)pthread_join(parting->thread, NULL);
    (void)pthread_mutex_destroy(&parting->lock);
    (void)close(parting->ended);
}
