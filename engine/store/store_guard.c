/* The last moments of a process that met a page which LMDB did not write. Only what a signal handler may do. */
#include "store/store_guard.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store_internal.h"

enum { GUARDED_COUNT = 2 };

static const int guarded[GUARDED_COUNT] = {SIGBUS, SIGSEGV};
static struct sigaction before[GUARDED_COUNT];
static int guard_exit_code;
_Thread_local const struct store *store_watched;

static void say(const char *text) {
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void give_up(const struct store *store, const char *reason) {
    if (store->lost != NULL) {
        store->lost(store->directory, reason);
    }
    say("daybook: ");
    say(store->directory);
    say("/data.mdb: ");
    say(reason);
    say(store->lost != NULL ? "; it is marked as damaged, and made again from the journal when it is opened next\n"
                            : "; \"daybook doctor\" says more, and what a backup must bring back\n");
}

void store_guard_assertion(MDB_env *env, const char *message) {
    (void)message; /* LMDB prints it itself; it is for whoever reads LMDB's source. */
    give_up(mdb_env_get_userctx(env), "LMDB stopped at a page that is not what was written");
    if (guard_exit_code != 0) {
        _exit(guard_exit_code);
    }
}

/* ---- which store an address is of ---- */

/* /proc/self/maps, or what of it fits. Static: a handler has little stack. */
static size_t read_maps(char *text, size_t capacity) {
    size_t size = 0;
    ssize_t more = 0;
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    while ((more = read(file, text + size, capacity - 1 - size)) > 0) {
        size += (size_t)more;
    }
    close(file);
    text[size] = '\0';
    return size;
}

/* The inode of the file that is mapped at the address: "from-to permissions offset device inode path", a line each. */
static uint64_t mapped_inode(const char *maps, uint64_t address) {
    enum { BEFORE_INODE = 3 };
    for (const char *line = maps; line != NULL && *line != '\0';) {
        char *at = NULL;
        uint64_t from = strtoull(line, &at, 16);
        uint64_t to = *at == '-' ? strtoull(at + 1, &at, 16) : 0;
        if (from <= address && address < to) {
            for (size_t i = 0; i < BEFORE_INODE && at != NULL; i++) {
                at = strchr(at + 1, ' ');
            }
            return at == NULL ? 0 : strtoull(at, NULL, 10);
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return 0;
}

static void on_fault(int signal, siginfo_t *info, void *context) {
    static char maps[1 << 18];
    (void)context;
    uint64_t inode = read_maps(maps, sizeof maps) > 0 ? mapped_inode(maps, (uintptr_t)info->si_addr) : 0;
    const struct store *store = inode == 0 ? NULL : store_find_by_inode(inode);
    store = store == NULL ? store_watched : store;
    if (store != NULL) {
        give_up(store, "a page cannot be read: the disk failed, or damage led out of the file");
        _exit(guard_exit_code);
    }
    /* Not ours: the instruction is run again, and whoever was there before sees it fail. */
    for (size_t i = 0; i < GUARDED_COUNT; i++) {
        if (guarded[i] == signal) {
            sigaction(signal, &before[i], NULL);
        }
    }
}

void store_guard_install(int exit_code) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    guard_exit_code = exit_code;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < GUARDED_COUNT; i++) {
        sigaction(guarded[i], &action, &before[i]);
    }
}
