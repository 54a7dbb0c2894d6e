/*
 * Which stores this process has open. The one piece of global state: LMDB's
 * locks belong to the process, so closing a second environment of the same
 * file would silently drop the locks of the first.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "store/store_internal.h"

static pthread_mutex_t registry_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct store *registry;

enum daybook_status store_register(struct store *store, struct daybook_error *error) {
    struct stat facts;
    if (stat(store->directory, &facts) != 0) {
        return daybook_fail(error, files_status(errno), "opening the store %s: %s", store->directory, strerror(errno));
    }
    store->device = facts.st_dev;
    store->inode = facts.st_ino;
    store->process = getpid();

    bool is_open = false;
    pthread_mutex_lock(&registry_mutex);
    for (const struct store *other = registry; other != NULL; other = other->next_open) {
        /* What a forked child inherited belongs to its parent. */
        is_open = is_open ||
                  (other->device == store->device && other->inode == store->inode && other->process == store->process);
    }
    if (!is_open) {
        store->next_open = registry;
        registry = store;
        store->is_registered = true;
    }
    pthread_mutex_unlock(&registry_mutex);
    if (is_open) {
        return daybook_fail(error, DAYBOOK_BUSY, "opening the store %s: this process has it open already; share that",
                            store->directory);
    }
    return DAYBOOK_OK;
}

void store_unregister(struct store *store) {
    if (!store->is_registered) {
        return;
    }
    pthread_mutex_lock(&registry_mutex);
    struct store **link = &registry;
    while (*link != store) {
        link = &(*link)->next_open;
    }
    *link = store->next_open;
    pthread_mutex_unlock(&registry_mutex);
    store->is_registered = false;
}

const struct store *store_find_by_inode(uint64_t data_inode) {
    const struct store *found = NULL;
    if (pthread_mutex_trylock(&registry_mutex) != 0) {
        return NULL;
    }
    for (const struct store *store = registry; store != NULL && found == NULL; store = store->next_open) {
        found = store->data_inode == data_inode ? store : NULL;
    }
    pthread_mutex_unlock(&registry_mutex);
    return found;
}
