/*
 * The block of events in work, for the fold of the trial view: what moved between
 * which two accounts of the books on which date, added up until the block is whole.
 *
 *   TB1  What a block adds up to depends on its events alone.
 *
 * Table: one row, while a block is begun. Key: a byte 0. Value, fixed numbers little-endian: u32 checksum (the low half
 * of hash64 of what follows), then for each movement u8 size and bytes of the currency, u8 account that rises, u8
 * account that falls, zigzag effective date, zigzag amount.
 */
#ifndef DAYBOOK_PROJECTIONS_TRIAL_BLOCK_H
#define DAYBOOK_PROJECTIONS_TRIAL_BLOCK_H

#include "base/bytes.h"
#include "domain/postings.h"
#include "projections/account.h"
#include "store/store.h"

/* Some events' money between two accounts. */
struct trial_movement {
    char currency[ACCOUNT_CURRENCY_SIZE];
    uint8_t rising;  /* enum posting_account */
    uint8_t falling; /* Likewise. */
    int32_t effective_on;
    int64_t amount_minor;
};

struct trial_block {
    unsigned table;
    bool is_read;                    /* What the row said is here. */
    struct daybook_buffer movements; /* struct trial_movement, in the order of first sight. */
};

void trial_block_release(struct trial_block *block);
void trial_block_forget(struct trial_block *block);

/* Adds to the movement of the same accounts and date; where the sum does not fit, to another one. */
DAYBOOK_MUST_USE enum daybook_status trial_block_add(struct trial_block *block, struct store_txn *txn,
                                                     const struct trial_movement *added, struct daybook_error *error);

/* Those of the block, at most as many as its events; valid until something is added. */
DAYBOOK_MUST_USE enum daybook_status trial_block_view(struct trial_block *block, struct store_txn *txn,
                                                      const struct trial_movement **movements, size_t *count,
                                                      struct daybook_error *error);
/* The block is whole: the next one begins. */
void trial_block_end(struct trial_block *block);

DAYBOOK_MUST_USE enum daybook_status trial_block_flush(struct trial_block *block, struct store_txn *txn,
                                                       struct daybook_error *error);

#endif
