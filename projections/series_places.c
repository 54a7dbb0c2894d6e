/*
 * Places of chunks and groups, in a memo. A place:
 *
 *     u48  address of the row's value; 0: there is no such row
 *     u48  its first sequence
 *     u16  bytes of the value; the highest bit: it is its level's first
 *     u8   bytes from the row's key to its value
 *
 * The ends of an account are two places, by the table u8 and the account u32; another row is one, by the table u8 and
 * the key that was sought.
 */
#include "projections/series_places.h"

enum { ENDS_KEY_SIZE = 1 + 4, PLACE_KEY_SIZE = 1 + CHUNK_KEY_SIZE, PLACE_SIZE = 15, IS_FIRST = 1 << 15 };

_Static_assert((int)CHUNK_SIZE_MAX < (int)IS_FIRST, "a chunk's size leaves the highest bit");

static void store_le48(uint8_t *to, uint64_t v) {
    store_le32(to, (uint32_t)v);
    store_le16(to + 4, (uint16_t)(v >> 32));
}

static uint64_t load_le48(const uint8_t *from) {
    return load_le32(from) | (uint64_t)load_le16(from + 4) << 32;
}

/* False: it is larger than what is drawn above. */
static bool put_place(uint8_t to[PLACE_SIZE], const struct series_place *place) {
    uint64_t value = (uintptr_t)place->row.value.data;
    uint64_t distance = value - (uintptr_t)place->row.key.data;
    size_t size = place->row.value.size;
    if (!place->row.is_valid) {
        store_le48(to, 0);
        return true;
    }
    store_le48(to, value);
    store_le48(to + 6, place->first_sequence);
    store_le16(to + 12, (uint16_t)(size | (place->is_first ? IS_FIRST : 0)));
    to[14] = (uint8_t)distance;
    return value >> 48 == 0 && place->first_sequence >> 48 == 0 && size < IS_FIRST && distance <= UINT8_MAX;
}

static struct series_place get_place(const uint8_t from[PLACE_SIZE]) {
    const uint8_t *value = (const uint8_t *)(uintptr_t)load_le48(from);
    unsigned size = load_le16(from + 12);
    if (value == NULL) {
        return (struct series_place){0};
    }
    return (struct series_place){
        {{value - from[14], CHUNK_KEY_SIZE}, {value, size & (IS_FIRST - 1)}, .is_valid = true},
        load_le48(from + 6),
        (size & IS_FIRST) != 0,
    };
}

/* ---- an account's ends ---- */

static struct daybook_bytes ends_key(const struct series_places *places, uint8_t key[ENDS_KEY_SIZE]) {
    key[0] = (uint8_t)places->table;
    store_le32(key + 1, places->account);
    return (struct daybook_bytes){key, ENDS_KEY_SIZE};
}

bool series_ends_recall(const struct series_places *places, struct series_ends *ends) {
    uint8_t key[ENDS_KEY_SIZE];
    uint8_t kept[2 * PLACE_SIZE];
    if (!memo_recall(places->memo, places->commit, ends_key(places, key), kept, sizeof kept)) {
        return false;
    }
    *ends = (struct series_ends){get_place(kept), get_place(kept + PLACE_SIZE)};
    return true;
}

void series_ends_keep(const struct series_places *places, const struct series_ends *ends) {
    uint8_t key[ENDS_KEY_SIZE];
    uint8_t kept[2 * PLACE_SIZE] = {0};
    if (put_place(kept, &ends->chunk) && put_place(kept + PLACE_SIZE, &ends->late)) {
        memo_keep(places->memo, places->commit, ends_key(places, key), (struct daybook_bytes){kept, sizeof kept});
    }
}

/* ---- other rows ---- */

static struct daybook_bytes place_key(const struct series_places *places, unsigned level, uint64_t sequence,
                                      uint8_t key[PLACE_KEY_SIZE]) {
    key[0] = (uint8_t)places->table;
    chunk_make_key(places->account, level, sequence, key + 1);
    return (struct daybook_bytes){key, PLACE_KEY_SIZE};
}

bool series_place_recall(const struct series_places *places, unsigned level, uint64_t sequence,
                         struct series_place *place) {
    uint8_t key[PLACE_KEY_SIZE];
    uint8_t kept[PLACE_SIZE];
    if (!memo_recall(places->memo, places->commit, place_key(places, level, sequence, key), kept, sizeof kept)) {
        return false;
    }
    *place = get_place(kept);
    return true;
}

void series_place_keep(const struct series_places *places, unsigned level, uint64_t sequence,
                       const struct series_place *place) {
    uint8_t key[PLACE_KEY_SIZE];
    uint8_t kept[PLACE_SIZE] = {0};
    if (put_place(kept, place)) {
        memo_keep(places->memo, places->commit, place_key(places, level, sequence, key),
                  (struct daybook_bytes){kept, sizeof kept});
    }
}
