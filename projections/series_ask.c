/* Totals of a series at (A, K). */
#include "projections/chunk.h"

#include <string.h>

#include "projections/series_places.h"

#define IS_LAST UINT64_MAX /* In place of where a chunk ends. */

struct question {
    struct store_txn *txn;
    struct series_shape shape;
    struct series_places places; /* Remembered of the account, */
    struct series_ends ends;     /* where anything is. */
    unsigned first_level;        /* Of the log that is being read: 0, or CHUNK_LATE. */
    uint32_t account;
    int32_t as_of;
    uint64_t known_at;
    struct table_cursor *cursor; /* NULL until it is needed. */
    bool is_away;                /* What was entered last was found without the cursor. */
    struct chunk_sums sums;
    series_visit *visit; /* NULL: entries are added up. */
    void *context;
};

/* A row and its header. */
struct place {
    struct table_row row;
    struct chunk_header header;
    struct daybook_bytes body; /* Slots and entries, not checked yet. */
    unsigned level;
    bool is_found;
};

/* A chunk's bytes lie in lines of memory that are all cold at once: fetched one by one they cost as much as reading
 * them. */
static void fetch_ahead(struct daybook_bytes row) {
    for (size_t i = 0; i < row.size; i += 64) {
        __builtin_prefetch(row.data + i);
    }
}

/* Takes the row that the cursor came to. */
static enum daybook_status enter_place(struct question *question, unsigned level, struct place *place,
                                       struct daybook_error *error) {
    place->level = level;
    place->is_found =
        place->row.is_valid && chunk_key_matches(place->row.key, question->account, question->first_level + level);
    return place->is_found ? chunk_read_header(place->row.value, question->shape.column_count,
                                               question->first_level + level, &place->header, &place->body, error)
                           : DAYBOOK_OK;
}

/* The last row of `level` that begins at or before `sequence`. */
static enum daybook_status seek(struct question *question, unsigned level, uint64_t sequence, struct place *place,
                                struct daybook_error *error) {
    uint8_t key[CHUNK_KEY_SIZE];
    chunk_make_key(question->account, question->first_level + level, sequence, key);
    if (question->cursor == NULL) {
        DAYBOOK_TRY(cursor_open(question->txn, question->shape.table, &question->cursor, error));
    }
    question->is_away = false;
    DAYBOOK_TRY(cursor_seek_back(question->cursor, (struct daybook_bytes){key, sizeof key}, &place->row, error));
    if (level == 0 && place->row.is_valid) {
        fetch_ahead(place->row.value);
    }
    return enter_place(question, level, place, error);
}

/* All rows of a small account are neighbours: whoever sought its late log, where there is none, is at its last chunk.
 */
static bool is_at_last(const struct question *question, const struct place *place) {
    return !question->is_away && place->row.is_valid && chunk_key_matches(place->row.key, question->account, 0);
}

static struct series_place found_at(const struct place *place) {
    return place->is_found
               ? (struct series_place){place->row, chunk_key_sequence(place->row.key), place->header.ordinal == 0}
               : (struct series_place){0};
}

/* The last chunks of both logs: they are recalled, or sought and remembered. */
static enum daybook_status find_ends(struct question *question, struct daybook_error *error) {
    struct place place;
    if (series_ends_recall(&question->places, &question->ends)) {
        return DAYBOOK_OK;
    }
    question->first_level = CHUNK_LATE;
    DAYBOOK_TRY(seek(question, 0, UINT64_MAX, &place, error));
    question->ends.late = found_at(&place);
    question->first_level = 0;
    DAYBOOK_TRY(is_at_last(question, &place) ? enter_place(question, 0, &place, error)
                                             : seek(question, 0, UINT64_MAX, &place, error));
    question->ends.chunk = found_at(&place);
    series_ends_keep(&question->places, &question->ends);
    return DAYBOOK_OK;
}

/* Enters a chunk or a group that was found without the cursor. */
static enum daybook_status enter_found(struct question *question, unsigned level, const struct series_place *found,
                                       struct place *place, struct daybook_error *error) {
    question->is_away = true;
    place->row = found->row;
    if (level == 0) {
        fetch_ahead(place->row.value);
    }
    return enter_place(question, level, place, error);
}

static bool recall(const struct question *question, unsigned level, uint64_t sequence, struct series_place *found) {
    return question->places.memo != NULL &&
           series_place_recall(&question->places, question->first_level + level, sequence, found);
}

static void keep(const struct question *question, unsigned level, uint64_t sequence, const struct place *place) {
    if (question->places.memo != NULL && place->is_found) {
        struct series_place found = found_at(place);
        series_place_keep(&question->places, question->first_level + level, sequence, &found);
    }
}

/* As seek, where `sequence` is not the question's own, so that others seek it too: recalled, or sought and remembered.
 */
static enum daybook_status seek_again(struct question *question, unsigned level, uint64_t sequence, struct place *place,
                                      struct daybook_error *error) {
    struct series_place found;
    if (recall(question, level, sequence, &found)) {
        return enter_found(question, level, &found, place, error);
    }
    DAYBOOK_TRY(seek(question, level, sequence, place, error));
    keep(question, level, sequence, place);
    return DAYBOOK_OK;
}

/* The row of `level` that ends where `place` begins. Rows of one level are neighbours, so that is mostly one step;
 * `cursor_level` is that of the row where the cursor stands. */
static enum daybook_status step_back(struct question *question, const struct place *place, unsigned level,
                                     unsigned cursor_level, struct place *before, struct daybook_error *error) {
    uint64_t sequence = chunk_key_sequence(place->row.key) - 1;
    struct series_place found;
    if (recall(question, level, sequence, &found)) {
        DAYBOOK_TRY(enter_found(question, level, &found, before, error));
    } else if (level == cursor_level && !question->is_away) {
        DAYBOOK_TRY(cursor_previous(question->cursor, &before->row, error));
        DAYBOOK_TRY(enter_place(question, level, before, error));
        keep(question, level, sequence, before);
    } else {
        DAYBOOK_TRY(seek(question, level, sequence, before, error));
        keep(question, level, sequence, before);
    }
    return !before->is_found || before->header.ordinal >= place->header.ordinal
               ? chunk_damaged(question->account, error)
               : DAYBOOK_OK;
}

/* Visits those of the entries still to be read that are visible. */
static enum daybook_status visit_visible(const struct question *question, struct chunk_reader *reader,
                                         struct daybook_error *error) {
    while (reader->next < reader->end) {
        memset(reader->columns, 0, sizeof reader->columns);
        if (!chunk_read_entry(reader)) {
            return chunk_damaged(question->account, error);
        }
        if (reader->sequence > question->known_at) {
            break;
        }
        if (reader->effective_on <= question->as_of) {
            DAYBOOK_TRY(question->visit(question->context, reader->columns, error));
        }
    }
    return DAYBOOK_OK;
}

/* Adds (or visits) the visible entries of one chunk; of the late log's those behind `mark`, where that is not NULL. */
static enum daybook_status add_entries(struct question *question, const struct place *place,
                                       const struct chunk_mark *mark, struct daybook_error *error) {
    struct series_slots slots;
    struct chunk_reader reader;
    if (place->header.min_effective > question->as_of) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(
        chunk_open_entries(place->row.value, question->shape.column_count, place->body, &slots, &reader, error));
    if (mark != NULL) {
        if (mark->size_before > reader.end - reader.next) {
            return chunk_damaged(question->account, error);
        }
        reader.next += mark->size_before;
        reader.sequence = mark->sequence;
        reader.effective_on = mark->effective_on;
    }
    if (question->visit != NULL) {
        return visit_visible(question, &reader, error);
    }
    return chunk_add_visible(&reader, question->as_of, question->known_at, &question->sums)
               ? DAYBOOK_OK
               : chunk_damaged(question->account, error);
}

/* Adds all entries before `to` that are not before `from` (NULL: from the first on). */
static void add_range(struct question *question, const struct chunk_header *from, const struct chunk_header *to) {
    question->sums.count += to->count_before - (from == NULL ? 0 : from->count_before);
    for (unsigned i = 0; i < question->shape.column_count; i++) {
        question->sums.columns[i] += (wide)to->before[i] - (from == NULL ? 0 : from->before[i]);
    }
}

/* The highest level of a row that ends where the chunk of this ordinal begins. */
static unsigned level_before(uint32_t ordinal) {
    unsigned level = 0;
    while (level + 1 < CHUNK_LEVELS && ordinal % ((uint64_t)1 << (CHUNK_FANOUT_BITS * (level + 1))) == 0) {
        level++;
    }
    return level;
}

/* Which side of A the dates of a row are on. What is to be visited is not passed over by its totals. */
enum side { SIDE_VISIBLE, SIDE_HIDDEN, SIDE_BOTH };

static bool is_visible(const struct question *question, int32_t max_effective) {
    return max_effective <= question->as_of && question->visit == NULL;
}

static enum side side_of(const struct question *question, const struct chunk_header *header) {
    return is_visible(question, header->max_effective) ? SIDE_VISIBLE
           : header->min_effective > question->as_of   ? SIDE_HIDDEN
                                                       : SIDE_BOTH;
}

/* A row and its level: where a descent can go instead. */
struct turning {
    uint64_t first_sequence; /* 0: there is none. */
    unsigned level;
};

/* The late log's first mark past A is behind the marks of such a row. */
static bool is_before_mark(const struct question *question, int32_t max_effective_before) {
    return max_effective_before <= question->as_of;
}

/* From a group of the late log to its last row that is not hidden, but not past the one that has the first mark past A.
 * Where that is visible, so may be all before it: then to the row behind it, `hidden`, which has the totals of what
 * comes before. */
static enum daybook_status enter_group(struct question *question, struct place *place, struct turning *hidden,
                                       struct daybook_error *error) {
    struct chunk_child children[CHUNK_FANOUT];
    DAYBOOK_TRY(chunk_read_children(place->row.value, place->body, &place->header, children, error));
    int last = CHUNK_FANOUT - 1;
    while (last > 0 && children[last].min_effective > question->as_of &&
           !is_before_mark(question, children[last].max_effective_before)) {
        last--;
    }
    bool has_mark = is_before_mark(question, children[last].max_effective_before);
    if (last + 1 < CHUNK_FANOUT) {
        *hidden = (struct turning){children[last + 1].first_sequence, place->level - 1};
    }
    struct turning next = {children[last].first_sequence, place->level - 1};
    if (!has_mark && is_visible(question, children[last].max_effective) && hidden->first_sequence != 0) {
        next = *hidden;
    }
    DAYBOOK_TRY(seek_again(question, next.level, next.first_sequence, place, error));
    return place->is_found && chunk_key_sequence(place->row.key) == next.first_sequence
               ? DAYBOOK_OK
               : chunk_damaged(question->account, error);
}

/* A row of the late log before `place`, with nothing that is visible between them: the largest one behind the first
 * mark past A whose dates are on one side of A, or a chunk. One that is visible ends where `place` begins. */
static enum daybook_status find_before(struct question *question, const struct place *place, struct place *before,
                                       struct daybook_error *error) {
    struct turning hidden = {0};
    DAYBOOK_TRY(step_back(question, place, level_before(place->header.ordinal), place->level, before, error));
    while (before->level > 0 && (side_of(question, &before->header) == SIDE_BOTH ||
                                 is_before_mark(question, before->header.max_effective_before))) {
        DAYBOOK_TRY(enter_group(question, before, &hidden, error));
    }
    return DAYBOOK_OK;
}

/* The first mark past A in a chunk of the late log, as far as K knows. */
static struct chunk_mark find_mark(const struct question *question, const struct place *place) {
    struct daybook_bytes marks = place->header.marks;
    for (size_t at = 0; at < marks.size; at += CHUNK_MARK_SIZE) {
        struct chunk_mark mark = chunk_get_mark(marks.data + at);
        if (mark.effective_on > question->as_of) {
            return mark.sequence <= question->known_at ? mark : (struct chunk_mark){0};
        }
    }
    return (struct chunk_mark){0};
}

/* Reads the late log back from the last chunk of it that is known, *place, to the one that has the first mark past A,
 * which *place is then, and adds what is visible behind that. *mark: its sequence, where there is one. */
static enum daybook_status walk_late(struct question *question, struct place *place, uint64_t *mark,
                                     struct daybook_error *error) {
    struct place before = *place;
    bool is_first = true;
    while (!is_before_mark(question, before.header.max_effective_before)) {
        if (is_first || side_of(question, &before.header) == SIDE_BOTH) {
            DAYBOOK_TRY(add_entries(question, &before, NULL, error));
        } else if (side_of(question, &before.header) == SIDE_VISIBLE) {
            add_range(question, &before.header, &place->header);
        }
        *place = before;
        is_first = false;
        DAYBOOK_TRY(find_before(question, place, &before, error));
    }
    *place = before;
    struct chunk_mark found = find_mark(question, place);
    *mark = found.sequence;
    return found.sequence != 0 ? add_entries(question, place, &found, error) : DAYBOOK_OK;
}

/* The end of the chunk that K falls into, by the marks of the late log's chunk that it falls into; `otherwise` where
 * none of those is behind K. */
static uint64_t end_by_marks(const struct question *question, struct daybook_bytes marks, uint64_t otherwise) {
    for (size_t at = 0; at < marks.size; at += CHUNK_MARK_SIZE) {
        struct chunk_mark mark = chunk_get_mark(marks.data + at);
        if (mark.sequence > question->known_at) {
            return mark.sequence;
        }
    }
    return otherwise;
}

/* The chunk of the late log that K falls into, where the last one is remembered. *end: where K's own chunk ends; 0 = it
 * is not known. */
static enum daybook_status recall_late(struct question *question, struct place *place, uint64_t *end,
                                       struct daybook_error *error) {
    const struct series_place *last = &question->ends.late;
    *end = IS_LAST;
    if (!last->row.is_valid) {
        return DAYBOOK_OK;
    }
    if (last->first_sequence <= question->known_at) {
        DAYBOOK_TRY(enter_found(question, 0, last, place, error));
        *end = end_by_marks(question, place->header.marks, IS_LAST);
        return DAYBOOK_OK;
    }
    if (last->is_first) { /* K is before every mark, and the first of them is the log's first entry. */
        *end = last->first_sequence;
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(seek(question, 0, question->known_at, place, error));
    *end = place->is_found ? end_by_marks(question, place->header.marks, 0) : 0;
    return DAYBOOK_OK;
}

/* Adds (or visits) what is visible behind the chunk that A falls into, by the late log. *mark: the first sequence
 * behind that chunk; 0 = it is K's. *end: where that ends; 0 = it is not known. `place` is where the cursor stands. */
static enum daybook_status read_late(struct question *question, uint64_t *mark, uint64_t *end, struct place *place,
                                     struct daybook_error *error) {
    *mark = 0;
    *end = 0;
    *place = (struct place){0};
    question->first_level = CHUNK_LATE;
    if (question->places.memo != NULL) {
        DAYBOOK_TRY(recall_late(question, place, end, error));
    } else {
        DAYBOOK_TRY(seek(question, 0, question->known_at, place, error));
    }
    if (place->is_found) {
        DAYBOOK_TRY(walk_late(question, place, mark, error));
        *end = *mark != 0 ? *mark : *end;
    }
    question->first_level = 0;
    return DAYBOOK_OK;
}

/* The chunk of `sequence`. It is tried where the cursor stands, and before (is_at_last). */
static enum daybook_status find_chunk(struct question *question, uint64_t sequence, struct place *place,
                                      struct daybook_error *error) {
    if (place->is_found && place->header.ordinal == 0 && !question->is_away) {
        DAYBOOK_TRY(cursor_previous(question->cursor, &place->row, error));
    }
    if (is_at_last(question, place) && chunk_key_sequence(place->row.key) <= sequence) {
        return enter_place(question, 0, place, error);
    }
    return seek(question, 0, sequence, place, error);
}

/* As find_chunk, by where the chunk ends. The last one is not entered where it begins behind K. */
static enum daybook_status recall_chunk(struct question *question, uint64_t end, struct place *place,
                                        struct daybook_error *error) {
    const struct series_place *last = &question->ends.chunk;
    if (end != IS_LAST) {
        return seek_again(question, 0, end - 1, place, error);
    }
    place->is_found = false;
    return last->row.is_valid && last->first_sequence <= question->known_at
               ? enter_found(question, 0, last, place, error)
               : DAYBOOK_OK;
}

/* Adds what is visible in a chunk and before it. */
static enum daybook_status add_chunk(struct question *question, const struct place *place,
                                     struct daybook_error *error) {
    DAYBOOK_TRY(add_entries(question, place, NULL, error));
    if (place->header.count_before > 0) {
        add_range(question, NULL, &place->header);
    }
    return DAYBOOK_OK;
}

/* Adds everything that is visible. For the present K's chunk is all that is read: it is looked at first where there is
 * nothing that K hides. */
static enum daybook_status add_all(struct question *question, struct daybook_error *error) {
    struct place place = {0};
    uint64_t mark;
    uint64_t end;
    bool remembers = question->places.memo != NULL;
    if (remembers) {
        DAYBOOK_TRY(find_ends(question, error));
    }
    if (question->known_at == UINT64_MAX) {
        DAYBOOK_TRY(remembers ? recall_chunk(question, IS_LAST, &place, error)
                              : seek(question, 0, question->known_at, &place, error));
        if (!place.is_found || place.header.max_effective_before <= question->as_of) {
            return place.is_found ? add_chunk(question, &place, error) : DAYBOOK_OK;
        }
    }
    DAYBOOK_TRY(read_late(question, &mark, &end, &place, error));
    if (end != 0 && remembers) {
        DAYBOOK_TRY(recall_chunk(question, end, &place, error));
    } else {
        DAYBOOK_TRY(find_chunk(question, mark == 0 ? question->known_at : mark - 1, &place, error));
    }
    if (!place.is_found) {
        return mark == 0 ? DAYBOOK_OK : chunk_damaged(question->account, error);
    }
    return place.header.max_effective_before <= question->as_of ? add_chunk(question, &place, error)
                                                                : chunk_damaged(question->account, error);
}

static enum daybook_status narrow(const struct question *question, struct series_totals *totals,
                                  struct daybook_error *error) {
    totals->count = question->sums.count;
    for (unsigned i = 0; i < question->shape.column_count; i++) {
        wide sum = question->sums.columns[i];
        if (sum > INT64_MAX || sum < INT64_MIN) {
            return daybook_fail(error, DAYBOOK_LIMIT,
                                "while adding up account %u at an earlier date: a total does not fit 64 bits",
                                question->account);
        }
        totals->columns[i] = (int64_t)sum;
    }
    return DAYBOOK_OK;
}

enum daybook_status series_ask_again(struct store_txn *txn, struct series_shape shape, struct memo *memo,
                                     uint32_t account, int32_t as_of, uint64_t known_at, struct series_totals *totals,
                                     struct daybook_error *error) {
    struct question question = {.txn = txn, .shape = shape, .account = account, .as_of = as_of, .known_at = known_at};
    *totals = (struct series_totals){0};
    question.places = (struct series_places){memo, memo != NULL ? store_commit_seen(txn) : 0, shape.table, account};
    enum daybook_status status = add_all(&question, error);
    if (status == DAYBOOK_OK) {
        status = narrow(&question, totals, error);
    }
    cursor_close(question.cursor);
    return status;
}

enum daybook_status series_ask(struct store_txn *txn, struct series_shape shape, uint32_t account, int32_t as_of,
                               uint64_t known_at, struct series_totals *totals, struct daybook_error *error) {
    return series_ask_again(txn, shape, NULL, account, as_of, known_at, totals, error);
}

enum daybook_status series_visit_late(struct store_txn *txn, struct series_shape shape, uint32_t account, int32_t as_of,
                                      uint64_t known_at, series_visit *visit, void *context, uint64_t *bound,
                                      struct daybook_error *error) {
    struct question question = {.txn = txn,
                                .shape = shape,
                                .account = account,
                                .as_of = as_of,
                                .known_at = known_at,
                                .visit = visit,
                                .context = context};
    struct place place;
    uint64_t mark;
    uint64_t end;
    enum daybook_status status = read_late(&question, &mark, &end, &place, error);
    *bound = mark != 0 ? mark : known_at == UINT64_MAX ? UINT64_MAX : known_at + 1;
    cursor_close(question.cursor);
    return status;
}

/* ---- what a question does not see ---- */

struct hidden {
    struct question question;
    series_visit *visit;
    void *context;
};

static enum daybook_status visit_chunk(struct hidden *hidden, const struct place *place, struct daybook_error *error) {
    const struct question *question = &hidden->question;
    struct series_slots slots;
    struct chunk_reader reader;
    if (question->known_at == UINT64_MAX && place->header.max_effective <= question->as_of) {
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(
        chunk_open_entries(place->row.value, question->shape.column_count, place->body, &slots, &reader, error));
    while (reader.next < reader.end) {
        memset(reader.columns, 0, sizeof reader.columns);
        if (!chunk_read_entry(&reader)) {
            return chunk_damaged(question->account, error);
        }
        if (reader.sequence > question->known_at || reader.effective_on > question->as_of) {
            enum daybook_status status = hidden->visit(hidden->context, reader.columns, error);
            if (status != DAYBOOK_OK) {
                return status;
            }
        }
    }
    return DAYBOOK_OK;
}

/* The chunks that begin after K: all of their entries are hidden. */
static enum daybook_status visit_later(struct hidden *hidden, struct daybook_error *error) {
    struct question *question = &hidden->question;
    struct place place = {0};
    uint8_t key[CHUNK_KEY_SIZE];
    if (question->known_at == UINT64_MAX) {
        return DAYBOOK_OK;
    }
    chunk_make_key(question->account, 0, question->known_at + 1, key);
    DAYBOOK_TRY(cursor_seek(question->cursor, (struct daybook_bytes){key, sizeof key}, &place.row, error));
    DAYBOOK_TRY(enter_place(question, 0, &place, error));
    while (place.is_found) {
        DAYBOOK_TRY(visit_chunk(hidden, &place, error));
        DAYBOOK_TRY(cursor_next(question->cursor, &place.row, error));
        DAYBOOK_TRY(enter_place(question, 0, &place, error));
    }
    return DAYBOOK_OK;
}

/* The entries with later dates before `place`; rows of any level without such a date are passed over whole. */
static enum daybook_status visit_before(struct hidden *hidden, struct place place, struct daybook_error *error) {
    struct question *question = &hidden->question;
    while (place.header.ordinal > 0 && place.header.max_effective_before > question->as_of) {
        struct place before;
        unsigned cursor_level = place.level;
        for (unsigned level = level_before(place.header.ordinal);; level--) {
            DAYBOOK_TRY(step_back(question, &place, level, cursor_level, &before, error));
            if (level == 0 || before.header.max_effective <= question->as_of) {
                break;
            }
            cursor_level = CHUNK_LEVELS;
        }
        if (before.header.max_effective > question->as_of) {
            DAYBOOK_TRY(visit_chunk(hidden, &before, error));
        }
        place = before;
    }
    return DAYBOOK_OK;
}

enum daybook_status series_visit_hidden(struct store_txn *txn, struct series_shape shape, uint32_t account,
                                        int32_t as_of, uint64_t known_at, series_visit *visit, void *context,
                                        struct daybook_error *error) {
    struct hidden hidden = {
        .question = {.txn = txn, .shape = shape, .account = account, .as_of = as_of, .known_at = known_at},
        .visit = visit,
        .context = context};
    struct question *question = &hidden.question;
    struct place place = {0};
    enum daybook_status status = cursor_open(txn, shape.table, &question->cursor, error);
    if (status != DAYBOOK_OK) {
        return status;
    }
    status = visit_later(&hidden, error);
    if (status == DAYBOOK_OK) {
        status = seek(question, 0, known_at, &place, error);
    }
    if (status == DAYBOOK_OK && place.is_found) {
        status = visit_chunk(&hidden, &place, error);
        if (status == DAYBOOK_OK) {
            status = visit_before(&hidden, place, error);
        }
    }
    cursor_close(question->cursor);
    return status;
}
