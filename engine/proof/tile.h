/*
 * Tiles (c2sp.org/tlog-tiles): a tree as plain files that any web server or a
 * USB stick can serve.
 *
 *     checkpoint
 *     tile/<level>/<N>[.p/<width>]       256 hashes of tree level 8 * level; 32 bytes each
 *     tile/entries/<N>[.p/<width>]       256 entries, each a big-endian u16 length and its bytes
 *
 * N is written in groups of three digits, all but the last behind an x:
 * 1234067 is x001/x234/067. Only the last tile of a level is partial.
 */
#ifndef DAYBOOK_PROOF_TILE_H
#define DAYBOOK_PROOF_TILE_H

#include "base/values.h"

enum { TILE_WIDTH = 256, TILE_HEIGHT = 8, TILE_LEVELS = 8, TILE_PATH_MAX = 64, TILE_ENTRIES = -1 };

/* `level` is TILE_ENTRIES, or 0 to 7; `width` is 1 to 256. Returns `path`. */
const char *tile_path(int level, uint64_t index, unsigned width, char path[TILE_PATH_MAX]);

/* How many hashes a level has in a tree of `size`; of the entries, level 0. */
uint64_t tile_hash_count(int level, uint64_t size);

/* Of tile `index` in a tree of `size`: 0 to 256. */
unsigned tile_width(int level, uint64_t index, uint64_t size);

#endif
