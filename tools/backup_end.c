/* Where a backup ends, as a message. */
#include "tools/backup_end.h"

#include <string.h>

#include "tools/text.h"

Pb__BackupEnd *backup_end_tell(const struct backup_summary *end, struct arena *arena) {
    Pb__BackupEnd *told = arena_alloc(arena, sizeof *told);
    ProtobufCBinaryData *edge = arena_alloc(arena, MERKLE_LEVELS * sizeof *edge);
    if (told == NULL || edge == NULL) {
        return NULL;
    }
    pb__backup_end__init(told);
    told->ledger_id = (ProtobufCBinaryData){sizeof end->ledger_id, (uint8_t *)(uintptr_t)end->ledger_id};
    told->last_sequence = end->last_sequence;
    told->last_recorded_at_us = end->last_recorded_at_us;
    told->edge = edge;
    told->n_edge = merkle_edge_count(&end->edge);
    for (size_t i = 0; i < told->n_edge; i++) {
        edge[i] = (ProtobufCBinaryData){SHA256_SIZE, (uint8_t *)(uintptr_t)end->edge.roots[i].bytes};
    }
    if (end->last_sequence > 0) {
        told->leaf = (ProtobufCBinaryData){SHA256_SIZE, (uint8_t *)(uintptr_t)end->leaf.bytes};
    }
    return told;
}

enum daybook_status backup_end_read(const Pb__BackupEnd *told, struct backup_summary *end,
                                    struct daybook_error *error) {
    *end = (struct backup_summary){.last_sequence = told->last_sequence,
                                   .last_recorded_at_us = told->last_recorded_at_us,
                                   .edge = {.size = told->last_sequence}};
    bool is_whole = told->last_sequence < UINT64_MAX && told->ledger_id.len == sizeof end->ledger_id &&
                    told->leaf.len == (told->last_sequence > 0 ? SHA256_SIZE : 0) &&
                    told->n_edge == merkle_edge_count(&end->edge);
    for (size_t i = 0; is_whole && i < told->n_edge; i++) {
        is_whole = told->edge[i].len == SHA256_SIZE;
    }
    if (!is_whole) {
        return daybook_fail(error, DAYBOOK_INVALID, "%s", _("since: no backup ends like that"));
    }
    memcpy(end->ledger_id, told->ledger_id.data, sizeof end->ledger_id);
    for (size_t i = 0; i < told->n_edge; i++) {
        memcpy(end->edge.roots[i].bytes, told->edge[i].data, SHA256_SIZE);
    }
    if (told->leaf.len > 0) {
        memcpy(end->leaf.bytes, told->leaf.data, SHA256_SIZE);
    }
    return DAYBOOK_OK;
}
