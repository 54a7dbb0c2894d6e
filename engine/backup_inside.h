/* What writing and reading a backup share: the places in the file, and the tree that grows with the events. */
#ifndef DAYBOOK_BACKUP_INSIDE_H
#define DAYBOOK_BACKUP_INSIDE_H

#include "backup.h"
#include "codec/frame.h"
#include "daybook/v1/backup.pb-c.h"

#define BACKUP_MAGIC "DAYBKUP\n"
enum {
    BACKUP_MAGIC_SIZE = 8,
    BACKUP_VERSION = 1,
    BACKUP_HEAD_SIZE = 16,
    BACKUP_FOOT_SIZE = 4 + SHA256_SIZE,
    BACKUP_MESSAGE_MAX = 1 << 20, /* Of the header and of the trailer. */
    BACKUP_FRAME_MAX = LIMIT_FRAME_BYTES + (1 << 16),
};

/* A stretch of events while the tree grows over them. */
struct backup_tree {
    struct sha256 *sha256;
    struct merkle_edge edge;
    struct merkle_hash leaf;
};

DAYBOOK_MUST_USE enum daybook_status backup_tree_add(struct backup_tree *tree, struct event_span event,
                                                     struct daybook_error *error);

/* An edge and its hashes as a message holds them; `hashes` has room for all levels. */
void backup_edge_to_message(const struct merkle_edge *edge, ProtobufCBinaryData hashes[MERKLE_LEVELS]);
/* DAMAGED: not the hashes that `size` has. */
DAYBOOK_MUST_USE enum daybook_status backup_edge_from_message(uint64_t size, const ProtobufCBinaryData *hashes,
                                                              size_t count, struct merkle_edge *edge,
                                                              struct daybook_error *error);

/* Some files, one after the other, as one journal. Called for each frame's events; may be NULL. */
typedef enum daybook_status backup_visit(void *context, uint64_t first_sequence, const struct event_span *events,
                                         uint32_t count, struct daybook_error *error);
DAYBOOK_MUST_USE enum daybook_status backup_read_all(const char *const *paths, size_t count,
                                                     const struct backup_watch *watch, backup_visit *visit,
                                                     void *context, struct daybook_buffer *config,
                                                     struct backup_summary *summary, struct daybook_error *error);

/* True, and the error says so, when the watch wants to stop. */
bool backup_is_stopped(const struct backup_watch *watch, struct daybook_error *error);
void backup_done(const struct backup_watch *watch, uint64_t sequence);

#endif
