/* An audit's hashing: frames, the tree from its leaves, and the root at each signed checkpoint. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit_files.h"
#include "audit_inside.h"
#include "store/journal.h"

/* ---- checkpoints ---- */

static enum daybook_status load_one(struct audit_run *run, const struct note_key *key, uint64_t size,
                                    struct daybook_buffer *bytes, struct daybook_error *error) {
    struct tree_head *head = &run->heads[run->head_count];
    DAYBOOK_TRY(audit_checkpoint_read(ledger_directory(run->ledger), size, bytes, error));
    enum daybook_status status = tree_head_open(daybook_buffer_view(bytes), key, NULL, NULL, head, error);
    if (status != DAYBOOK_OK) {
        audit_add(run, "checkpoints/%020" PRIu64 ": %s", size, error->message);
        return DAYBOOK_OK;
    }
    if (head->tree.size != size) {
        audit_add(run, "checkpoints/%020" PRIu64 ": it is of %" PRIu64 " events", size, head->tree.size);
    } else if (size > run->report->head) {
        audit_add(run,
                  "checkpoints/%020" PRIu64 ": that many events were signed, and the journal ends with %" PRIu64
                  ": events are gone",
                  size, run->report->head);
    } else {
        run->head_count++;
    }
    return DAYBOOK_OK;
}

/* It is no event, so the tree says nothing of it. */
static enum daybook_status check_config(struct audit_run *run, const struct note_key *key,
                                        struct daybook_error *error) {
    struct daybook_bytes config = journal_config(ledger_journal(run->ledger));
    enum daybook_status status = audit_config_check(ledger_directory(run->ledger), config, key, error);
    if (status == DAYBOOK_DAMAGED || status == DAYBOOK_NOT_FOUND) {
        audit_add(run, "checkpoints/config: %s", error->message);
        return DAYBOOK_OK;
    }
    return status;
}

enum daybook_status audit_load_checkpoints(struct audit_run *run, struct daybook_error *error) {
    struct audit_sizes sizes;
    struct note_key key;
    struct daybook_buffer bytes = {0};
    DAYBOOK_TRY(audit_checkpoints_list(ledger_directory(run->ledger), &sizes, error));
    enum daybook_status status = DAYBOOK_OK;
    if (sizes.count > 0) {
        run->heads = calloc(sizes.count, sizeof *run->heads);
        run->holds = calloc(sizes.count, sizeof *run->holds);
        status = run->heads == NULL || run->holds == NULL
                     ? daybook_fail(error, DAYBOOK_NO_MEMORY, "reading checkpoints: memory was refused")
                     : audit_key_load(ledger_directory(run->ledger), &key, error);
        if (status == DAYBOOK_NOT_FOUND || status == DAYBOOK_INVALID) {
            audit_add(run, "keys/log.pub: %s", error->message);
            status = DAYBOOK_OK;
            sizes.count = 0;
        }
    }
    if (status == DAYBOOK_OK && sizes.count > 0) {
        status = check_config(run, &key, error);
    }
    for (size_t i = 0; i < sizes.count && status == DAYBOOK_OK; i++) {
        status = load_one(run, &key, sizes.items[i], &bytes, error);
    }
    daybook_buffer_release(&bytes);
    audit_sizes_release(&sizes);
    return status;
}

/* ---- the tree ---- */

struct tree {
    struct audit_run *run;
    struct journal_reader *reader; /* Where the feed has nothing to give. */
    struct feed_follower follower;
    struct sha256 *sha256;
    struct merkle_edge edge;
    size_t next_head;
    size_t last_held; /* The place behind the last checkpoint that holds; 0 = none does. */
};

/* The tree has come to the size of the next checkpoint. */
static void check_heads(struct tree *tree) {
    struct audit_run *run = tree->run;
    while (tree->next_head < run->head_count && run->heads[tree->next_head].tree.size == tree->edge.size) {
        const struct tree_head *head = &run->heads[tree->next_head++];
        struct merkle_hash root;
        merkle_edge_root(&tree->edge, tree->sha256, &root);
        bool holds = merkle_hash_equal(&root, &head->tree.root);
        run->report->checkpoints += holds;
        tree->last_held = holds ? tree->next_head : tree->last_held;
        run->holds[tree->next_head - 1] = holds;
    }
}

/* Where one holds, so do the events before it, whatever an older one says. Behind the last that holds, one place that
 * was changed makes all fail: the first of them bounds it, and the others say no more. */
static void tell_heads(const struct tree *tree) {
    struct audit_run *run = tree->run;
    for (size_t i = 0; i < tree->last_held; i++) {
        if (!run->holds[i]) {
            audit_add(run,
                      "checkpoints/%020" PRIu64 ": the journal's first %" PRIu64
                      " events do not have its root, and do have that of the checkpoint of %" PRIu64
                      ": the key has signed two histories; keep both",
                      run->heads[i].tree.size, run->heads[i].tree.size, run->heads[tree->last_held - 1].tree.size);
        }
    }
    if (tree->last_held == tree->next_head) {
        return;
    }
    const struct tree_head *first = &run->heads[tree->last_held];
    uint64_t before = tree->last_held > 0 ? run->heads[tree->last_held - 1].tree.size : 0;
    audit_add(run,
              "checkpoints/%020" PRIu64 ": the journal's first %" PRIu64
              " events do not have its root; something was changed among events %" PRIu64 " to %" PRIu64,
              first->tree.size, first->tree.size, before + 1, first->tree.size);
    if (tree->next_head - tree->last_held > 1) {
        audit_add(run,
                  "checkpoints/: %zu newer ones, to that of %" PRIu64
                  " events, do not hold, either; they speak of the same events and of later ones",
                  tree->next_head - tree->last_held - 1, run->heads[tree->next_head - 1].tree.size);
    }
}

/* So many leaves next that no checkpoint is passed. */
static size_t count_next(const struct tree *tree, size_t count) {
    const struct audit_run *run = tree->run;
    uint64_t end = tree->next_head < run->head_count ? run->heads[tree->next_head].tree.size : run->report->head;
    uint64_t left = end - tree->edge.size;
    count = count < MERKLE_LEAVES_MAX ? count : MERKLE_LEAVES_MAX;
    return left < count ? (size_t)left : count;
}

static enum daybook_status add_leaves(struct tree *tree, struct merkle_hash leaves[MERKLE_LEAVES_MAX], size_t count,
                                      struct daybook_error *error) {
    DAYBOOK_TRY(merkle_edge_add_leaves(&tree->edge, tree->sha256, leaves, count, NULL, NULL, error));
    check_heads(tree);
    return DAYBOOK_OK;
}

/* Of `count` events or fewer, as many as it says then: a subtree that is hashed already, or leaves. */
static enum daybook_status add_next(struct tree *tree, const struct fold_event *events, size_t *count,
                                    struct daybook_error *error) {
    struct merkle_hash leaves[MERKLE_LEAVES_MAX];
    size_t before = (size_t)(tree->edge.size % PROJECTION_SUBTREE_EVENTS);
    size_t left = PROJECTION_SUBTREE_EVENTS - before;
    *count = *count < left ? *count : left;
    if (*count == PROJECTION_SUBTREE_EVENTS && events[*count - 1].subtree != NULL) {
        memcpy(leaves[0].bytes, events[*count - 1].subtree, sizeof leaves[0].bytes);
        DAYBOOK_TRY(merkle_edge_add_subtree(&tree->edge, tree->sha256, PROJECTION_SUBTREE_LEVEL, &leaves[0], NULL, NULL,
                                            error));
        check_heads(tree);
        return DAYBOOK_OK;
    }
    for (size_t i = 0; i < *count; i++) {
        if (events[i].leaf != NULL) {
            memcpy(leaves[i].bytes, events[i].leaf, sizeof leaves[i].bytes);
        } else {
            merkle_leaf(tree->sha256, events[i].bytes, &leaves[i]);
        }
    }
    return add_leaves(tree, leaves, *count, error);
}

static enum daybook_status add_run(struct tree *tree, const struct feed_run *run, struct daybook_error *error) {
    for (size_t i = 0, count; i < run->count && (count = count_next(tree, run->count - i)) > 0; i += count) {
        DAYBOOK_TRY(add_next(tree, run->events + i, &count, error));
    }
    return DAYBOOK_OK;
}

/* The rest of a frame as it is stored. */
static enum daybook_status add_frame(struct tree *tree, struct daybook_error *error) {
    struct journal_slice slice;
    struct merkle_hash leaves[MERKLE_LEAVES_MAX];
    DAYBOOK_TRY(journal_read(tree->reader, tree->edge.size + 1, &slice, error));
    if (slice.count == 0) {
        return daybook_fail(error, DAYBOOK_DAMAGED, "the journal ends before event %" PRIu64, tree->edge.size + 1);
    }
    for (size_t i = 0, count; i < slice.count && (count = count_next(tree, slice.count - i)) > 0; i += count) {
        struct daybook_bytes entries[MERKLE_LEAVES_MAX];
        for (size_t j = 0; j < count; j++) {
            entries[j] = (struct daybook_bytes){slice.events[i + j].data, slice.events[i + j].size};
        }
        merkle_leaves(tree->sha256, entries, count, leaves);
        DAYBOOK_TRY(add_leaves(tree, leaves, count, error));
    }
    return DAYBOOK_OK;
}

/* Unpacked once for all parts of the audit. The tree is of bytes, so what cannot be decoded is hashed all the same. */
static enum daybook_status add_some(struct tree *tree, struct daybook_error *error) {
    struct feed *feed = tree->run->feed;
    struct feed_run run = {0};
    enum daybook_status status =
        feed == NULL ? DAYBOOK_OK : feed_take(feed, &tree->follower, tree->edge.size + 1, &run, NULL);
    if (status != DAYBOOK_OK || run.count == 0) {
        return add_frame(tree, error);
    }
    status = add_run(tree, &run, error);
    feed_give_back(feed, &run);
    return status;
}

static enum daybook_status hash_events(struct tree *tree, struct daybook_error *error) {
    enum daybook_status status = DAYBOOK_OK;
    check_heads(tree); /* Of an empty log. */
    while (status == DAYBOOK_OK && tree->edge.size < tree->run->report->head && !atomic_load(&tree->run->is_stopped)) {
        status = add_some(tree, error);
    }
    if (status == DAYBOOK_OK) {
        merkle_edge_root(&tree->edge, tree->sha256, &tree->run->report->root);
    } else if (status == DAYBOOK_DAMAGED) {
        tree->run->unreadable_from = tree->edge.size + 1;
    }
    return status;
}

enum daybook_status audit_hash(struct audit_run *run, struct daybook_error *error) {
    struct tree tree = {.run = run, .sha256 = sha256_open()};
    enum daybook_status status = tree.sha256 == NULL
                                     ? daybook_fail(error, DAYBOOK_NO_MEMORY, "hashing events: memory was refused")
                                     : journal_reader_open(ledger_journal(run->ledger), &tree.reader, error);
    if (status == DAYBOOK_OK) {
        if (run->feed != NULL) {
            feed_join(run->feed, &tree.follower, 1);
        }
        status = hash_events(&tree, error);
        tell_heads(&tree);
        if (run->feed != NULL) {
            feed_leave(run->feed, &tree.follower);
        }
    }
    journal_reader_close(tree.reader);
    sha256_close(tree.sha256);
    return audit_find(run, status, error);
}
