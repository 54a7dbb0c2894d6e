/* The rows of an answer by an amount: a heap of one page, its last row on top. */
#include "projections/query_rank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANK_BYTES = 8 };

/* The key begins with the amount, so that comparing keys compares ranks. */
struct ranked_row {
    void *row;
    size_t key_size;
    uint8_t key[PAGE_KEY_MAX];
};

/* A cursor is of the rows in one order: in another it would point anywhere. */
static enum daybook_status check_cursor(struct page *page, char order, struct daybook_error *error) {
    if (page->after_size > 0 && page->order != order) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "the page's cursor is of rows in another order; ask in that order, or begin without one");
    }
    page->order = order;
    return DAYBOOK_OK;
}

enum daybook_status rank_init(struct ranking *ranking, struct book *book, Pb__Order order, const char *amount_name,
                              const char *overdue_name, struct daybook_error *error) {
    const char *name = NULL;
    *ranking = (struct ranking){.order = order};
    switch (order) {
    case PB__ORDER__ORDER_UNSPECIFIED:
        return check_cursor(&book->page, 0, error);
    case PB__ORDER__ORDER_AMOUNT:
        name = amount_name;
        break;
    case PB__ORDER__ORDER_OVERDUE:
        name = overdue_name;
        break;
    case _PB__ORDER_IS_INT_SIZE:
        break;
    }
    if (name == NULL && order == PB__ORDER__ORDER_OVERDUE) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "nothing of these rows is overdue; order them by amount, or leave the order out");
    }
    if (name == NULL) {
        return daybook_fail(error, DAYBOOK_INVALID, "there is no order %d; leave it out", (int)order);
    }
    DAYBOOK_TRY(check_cursor(&book->page, order == PB__ORDER__ORDER_AMOUNT ? 'm' : 'o', error));
    return book_add_policy(book, "order", name);
}

static int compare_keys(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size) {
    return daybook_bytes_compare((struct daybook_bytes){a, a_size}, (struct daybook_bytes){b, b_size});
}

static int compare_rows(const void *a, const void *b) {
    const struct ranked_row *x = a;
    const struct ranked_row *y = b;
    return compare_keys(x->key, x->key_size, y->key, y->key_size);
}

/* Greater amounts first: the complement of the amount, shifted to be unsigned. */
static void make_key(struct ranking *ranking, int64_t amount, const uint8_t *key, size_t key_size) {
    store_be64(ranking->key, ~((uint64_t)amount ^ (UINT64_C(1) << 63)));
    memcpy(ranking->key + RANK_BYTES, key, key_size);
    ranking->key_size = RANK_BYTES + key_size;
}

static enum daybook_status check_currency(struct ranking *ranking, const struct account_row *account,
                                          struct daybook_error *error) {
    if (ranking->currency[0] == '\0') {
        memcpy(ranking->currency, account->currency, sizeof ranking->currency);
    }
    if (strcmp(ranking->currency, account->currency) != 0) {
        return daybook_fail(error, DAYBOOK_INVALID,
                            "amounts in %s and %s have no order; name one currency, or leave the order out",
                            ranking->currency, account->currency);
    }
    return DAYBOOK_OK;
}

enum daybook_status rank_offer(struct ranking *ranking, struct book *book, const struct account_row *account,
                               int64_t amount, const uint8_t *key, size_t key_size, bool *is_taken,
                               struct daybook_error *error) {
    struct page *page = &book->page;
    if (ranking->order == PB__ORDER__ORDER_UNSPECIFIED) {
        *is_taken = page_take(page, key, key_size);
        return DAYBOOK_OK;
    }
    DAYBOOK_TRY(check_currency(ranking, account, error));
    make_key(ranking, amount, key, key_size);
    *is_taken = false;
    if (compare_keys(ranking->key, ranking->key_size, page->after, page->after_size) <= 0) {
        return DAYBOOK_OK;
    }
    const struct ranked_row *top = ranking->heap;
    bool is_full = ranking->count == page->limit;
    page->has_more = page->has_more || is_full;
    *is_taken = !is_full || compare_keys(ranking->key, ranking->key_size, top->key, top->key_size) < 0;
    return DAYBOOK_OK;
}

static void sift_up(struct ranked_row *heap, size_t place) {
    while (place > 0 && compare_rows(&heap[(place - 1) / 2], &heap[place]) < 0) {
        size_t parent = (place - 1) / 2;
        struct ranked_row moved = heap[parent];
        heap[parent] = heap[place];
        heap[place] = moved;
        place = parent;
    }
}

static void sift_down(struct ranked_row *heap, size_t count) {
    size_t place = 0;
    for (;;) {
        size_t child = 2 * place + 1;
        if (child + 1 < count && compare_rows(&heap[child], &heap[child + 1]) < 0) {
            child++;
        }
        if (child >= count || compare_rows(&heap[place], &heap[child]) >= 0) {
            return;
        }
        struct ranked_row moved = heap[child];
        heap[child] = heap[place];
        heap[place] = moved;
        place = child;
    }
}

static enum daybook_status make_room(struct ranking *ranking, struct book *book) {
    if (ranking->count < ranking->capacity) {
        return DAYBOOK_OK;
    }
    size_t capacity = ranking->capacity == 0 ? 16 : ranking->capacity * 2;
    struct ranked_row *heap = arena_alloc(book->arena, capacity * sizeof *heap);
    if (heap == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (ranking->count > 0) {
        memcpy(heap, ranking->heap, ranking->count * sizeof *heap);
    }
    ranking->heap = heap;
    ranking->capacity = capacity;
    return DAYBOOK_OK;
}

enum daybook_status rank_put(struct ranking *ranking, struct book *book, void *row) {
    if (row == NULL) {
        return DAYBOOK_NO_MEMORY;
    }
    if (ranking->order == PB__ORDER__ORDER_UNSPECIFIED) {
        return pointers_add(&ranking->rows, book->arena, row);
    }
    bool is_full = ranking->count == book->page.limit;
    if (!is_full) {
        DAYBOOK_TRY(make_room(ranking, book));
    }
    struct ranked_row *place = &ranking->heap[is_full ? 0 : ranking->count];
    place->row = row;
    place->key_size = ranking->key_size;
    memcpy(place->key, ranking->key, ranking->key_size);
    if (is_full) {
        sift_down(ranking->heap, ranking->count);
    } else {
        sift_up(ranking->heap, ranking->count++);
    }
    return DAYBOOK_OK;
}

enum daybook_status rank_finish(struct ranking *ranking, struct book *book) {
    if (ranking->count == 0) {
        return DAYBOOK_OK;
    }
    qsort(ranking->heap, ranking->count, sizeof *ranking->heap, compare_rows);
    for (size_t i = 0; i < ranking->count; i++) {
        DAYBOOK_TRY(pointers_add(&ranking->rows, book->arena, ranking->heap[i].row));
    }
    const struct ranked_row *last = &ranking->heap[ranking->count - 1];
    memcpy(book->page.last, last->key, last->key_size);
    book->page.last_size = last->key_size;
    return DAYBOOK_OK;
}
