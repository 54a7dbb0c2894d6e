/* The books against the customers' rows: they agree over random histories, and what is wrong is seen and named. */
#include "domain/control.h"

#include "random.h"
#include "rules.h"

enum { HISTORIES = 4, REQUESTS = 500 };

struct books {
    struct scene scene;
    struct control control;
    struct chance chance;
    size_t posted; /* Events. */
};

static void open_books(struct books *books, uint64_t seed) {
    books->control = (struct control){0};
    books->posted = 0;
    books->chance = (struct chance){seed};
    scene_open(&books->scene, NULL);
    scene_line(&books->scene, "2024-01-01 open ann");
    scene_line(&books->scene, "2024-01-01 open bob terms=10");
    scene_line(&books->scene, "2024-01-01 open cem terms=5 eom");
}

static void close_books(struct books *books) {
    control_release(&books->control);
    world_close(&books->scene.world);
}

/* Posts what was appended since, and counts what changed. */
static enum daybook_status add_up(struct books *books, struct daybook_error *error) {
    struct world *world = &books->scene.world;
    for (; books->posted < world->events.count; books->posted++) {
        const struct batch_event *event = &world->events.events[books->posted];
        WORLD_OK(world, control_post(&books->control, event->currency, &event->postings, &world->error));
    }
    world_checkpoint(world);
    WORLD_OK(world, control_take_books(&world->counted, &books->control, &world->error));
    return control_check(&world->counted, error);
}

static void request_at_random(struct books *books) {
    char line[RANDOM_LINE + 64];
    struct rendered rendered;
    random_line(&books->chance, books->scene.world.events.count, line);
    scene_request(&books->scene, line, &rendered);
    books->scene.world.now_us += chance_between(&books->chance, 0, 3) * 3600 * 1000000;
}

static void fill_books(struct books *books, uint64_t seed) {
    open_books(books, seed);
    for (int i = 0; i < REQUESTS; i++) {
        request_at_random(books);
    }
    WORLD_OK(&books->scene.world, add_up(books, &books->scene.world.error));
}

static const struct control_currency *sums_of(const struct control *control, const char *currency) {
    for (size_t i = 0; i < control->count; i++) {
        if (strcmp(control->items[i].currency, currency) == 0) {
            return &control->items[i];
        }
    }
    fail_msg("no %s", currency);
    return NULL;
}

static void books_and_rows_agree_after_every_request(void **state) {
    (void)state;
    static struct books books;
    uint64_t seed = chance_seed(1);
    for (uint64_t i = 0; i < HISTORIES; i++) {
        printf("seed %" PRIu64 "\n", seed + i);
        open_books(&books, seed + i);
        for (int j = 0; j < REQUESTS; j++) {
            request_at_random(&books);
            WORLD_OK(&books.scene.world, add_up(&books, &books.scene.world.error));
            if (chance_between(&books.chance, 0, 20) == 0) {
                /* From here on rows come back from their stored form, counted. */
                state_trim(books.scene.world.state, 0, SIZE_MAX);
            }
        }
        assert_true(sums_of(&books.scene.world.counted, "CNY")->books[POSTING_RECEIVABLE] > 0);
        close_books(&books);
    }
}

static void the_sums_are_those_of_the_requests(void **state) {
    (void)state;
    static struct books books;
    open_books(&books, 1);
    const char *const lines[] = {
        "2024-01-01 deposit A 90 expires=2024-03-01",
        "2024-01-01 deposit B 40 expires=2024-03-01 forfeit",
        "2024-01-01 deposit C 25",
        "2024-02-01 charge g 500 goods",
        "2024-02-02 pay p 300 to=g:200",
        "2024-02-03 write-off w 50 lost for=g",
        "2024-02-04 credit-note n 7 kind",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        scene_line(&books.scene, lines[i]);
    }
    WORLD_OK(&books.scene.world, add_up(&books, &books.scene.world.error));
    const struct control_currency *sums = sums_of(&books.scene.world.counted, "CNY");
    /* The charge comes late (it is June): what its own date entitles is released of both lots and consumed. */
    assert_int_equal(sums->books[POSTING_RECEIVABLE], 500 - 155 - 200 - 50);
    assert_int_equal(sums->documents.open_minor, 95);
    assert_int_equal(sums->accounts.open_minor, 95);
    assert_int_equal(sums->books[POSTING_UNAPPLIED], -(300 - 200 + 7));
    assert_int_equal(sums->documents.unapplied_minor, 107);
    assert_int_equal(sums->books[POSTING_DEPOSITS], 0);
    assert_int_equal(sums->books[POSTING_CASH], 90 + 40 + 25 + 300);
    assert_int_equal(sums->books[POSTING_BAD_DEBT], 50);
    close_books(&books);
}

static void rows_are_counted_without_being_packed(void **state) {
    (void)state;
    static struct books books;
    struct world *world = &books.scene.world;
    struct daybook_error error;
    struct customer *ann = NULL;
    open_books(&books, chance_seed(3));
    for (int i = 0; i < REQUESTS; i++) {
        request_at_random(&books);
    }
    for (size_t i = 0; i < world->events.count; i++) {
        const struct batch_event *event = &world->events.events[i];
        WORLD_OK(world, control_post(&books.control, event->currency, &event->postings, &world->error));
    }
    assert_int_equal(control_check(&books.control, &error), DAYBOOK_DAMAGED);
    WORLD_OK(world, state_count_rows(world->state, &books.control, &world->error));
    WORLD_OK(world, control_check(&books.control, &world->error));
    WORLD_OK(world, state_find_customer(world->state, "ann", &ann, &world->error));
    customer_account(ann, "CNY")->open_minor++;
    WORLD_OK(world, state_count_rows(world->state, &books.control, &world->error));
    assert_int_equal(control_check(&books.control, &error), DAYBOOK_DAMAGED);
    close_books(&books);
}

/* Adds to a figure of the row, if it is one's, and says what the check makes of it. */
static enum daybook_status add_up_with(struct books *books, struct row *row, int64_t *figure, int64_t delta_minor,
                                       struct daybook_error *error) {
    struct world *world = &books->scene.world;
    if (row != NULL) {
        WORLD_OK(world, state_touch(world->state, row, figure, sizeof *figure, &world->error));
    }
    *figure += delta_minor;
    return add_up(books, error);
}

static void check_seen(struct books *books, struct row *row, int64_t *figure, const char *names) {
    struct daybook_error error;
    assert_int_equal(add_up_with(books, row, figure, 1, &error), DAYBOOK_DAMAGED);
    assert_non_null(strstr(error.message, names));
    assert_non_null(strstr(error.message, "CNY"));
    assert_int_equal(add_up_with(books, row, figure, -1, &error), DAYBOOK_OK);
}

static void what_is_wrong_is_seen_and_named(void **state) {
    (void)state;
    static struct books books;
    struct world *world = &books.scene.world;
    struct customer *ann = NULL;
    fill_books(&books, chance_seed(7));
    WORLD_OK(world, state_find_customer(world->state, "ann", &ann, &world->error));
    struct account *account = customer_account(ann, "CNY");
    check_seen(&books, &ann->row, &account->open_minor, "Receivable (what the accounts owe)");
    check_seen(&books, &ann->row, &account->unapplied_minor, "Unapplied (what the accounts have)");
    check_seen(&books, &ann->row, &account->deposit_minor, "Deposits (what the accounts have)");
    check_seen(&books, &ann->row, &account->dormant_minor, "Dormant (what the accounts have)");
    int64_t *sums = books.control.items[0].books;
    check_seen(&books, NULL, &sums[POSTING_RECEIVABLE], "Receivable");
    check_seen(&books, NULL, &sums[POSTING_BREAKAGE], "Breakage");
    check_seen(&books, NULL, &sums[POSTING_CASH], "the trial balance");
    for (uint64_t number = 1; number <= world->events.count; number++) {
        struct document *document = NULL;
        WORLD_OK(world, state_document(world->state, number, &document, &world->error));
        bool is_charge = document != NULL && document->kind == PB__DOCUMENT_KIND__DOCUMENT_KIND_CHARGE &&
                         strcmp(document->currency, "CNY") == 0 && document->left.points.count > 0;
        if (is_charge) {
            struct vector *points = &document->left.points;
            check_seen(&books, &document->row,
                       &VECTOR_AT(struct timeline_point, points, points->count - 1)->level_minor,
                       "Receivable (what is open on the items)");
            break;
        }
    }
    close_books(&books);
}

static void the_stored_form_is_whole(void **state) {
    (void)state;
    static struct books books;
    struct daybook_buffer packed = {0};
    struct daybook_buffer again = {0};
    struct control control = {0};
    struct daybook_error error;
    fill_books(&books, chance_seed(9));
    assert_int_equal(control_pack(&books.scene.world.counted, &packed), DAYBOOK_OK);
    assert_int_equal(control_unpack(&control, daybook_buffer_view(&packed), &error), DAYBOOK_OK);
    assert_int_equal(control_pack(&control, &again), DAYBOOK_OK);
    assert_same_bytes(&packed, &again);
    assert_int_equal(control_check(&control, &error), DAYBOOK_OK);
    control_release(&control);
    assert_int_equal(control_unpack(&control, (struct daybook_bytes){packed.data, packed.size - 1}, &error),
                     DAYBOOK_DAMAGED);
    control_release(&control);
    daybook_buffer_release(&packed);
    daybook_buffer_release(&again);
    close_books(&books);
}

/* ---- a failing world ---- */

/* What asks for memory, each time where there is none yet. */
static enum daybook_status post_lines(struct books *books, struct control *control, struct daybook_error *error) {
    const struct batch_event *event = &books->scene.world.events.events[books->scene.world.events.count - 1];
    return control_post(control, event->currency, &event->postings, error);
}

static enum daybook_status take_books(struct books *books, struct control *control, struct daybook_error *error) {
    return control_take_books(control, &books->control, error);
}

static enum daybook_status count_rows(struct books *books, struct control *control, struct daybook_error *error) {
    return state_count_rows(books->scene.world.state, control, error);
}

static enum daybook_status count_document(struct books *books, struct control *control, struct daybook_error *error) {
    struct document *document = NULL;
    WORLD_OK(&books->scene.world, state_document(books->scene.world.state, 4, &document, &books->scene.world.error));
    return control_count(control, &document->row, error);
}

static enum daybook_status pack_and_unpack(struct books *books, struct control *control, struct daybook_error *error) {
    struct daybook_buffer packed = {0};
    enum daybook_status status = control_pack(&books->control, &packed);
    if (status == DAYBOOK_OK) {
        status = control_unpack(control, daybook_buffer_view(&packed), error);
    } else {
        assert_int_equal(packed.size, 0);
        (void)daybook_fail(error, status, "memory was refused");
    }
    daybook_buffer_release(&packed);
    return status;
}

static void memory_that_is_refused_is_said(void **state) {
    (void)state;
    static enum daybook_status (*const calls[])(struct books * books, struct control * control,
                                                struct daybook_error * error) = {
        post_lines, take_books, count_rows, count_document, pack_and_unpack,
    };
    static struct books books;
    open_books(&books, 1);
    scene_line(&books.scene, "2024-02-01 charge g 500 goods");
    WORLD_OK(&books.scene.world, add_up(&books, &books.scene.world.error));
    for (size_t i = 0; i < ROW_COUNT(calls); i++) {
        bool was_met = true;
        for (uint64_t nth = 1; was_met; nth++) {
            struct control control = {0};
            struct daybook_error error = {0};
            fail_arm(FAIL_PART, nth, false);
            enum daybook_status status = calls[i](&books, &control, &error);
            was_met = fail_disarm() > 0;
            assert_int_equal(status, was_met ? DAYBOOK_NO_MEMORY : DAYBOOK_OK);
            assert_int_equal(control.count, was_met ? 0 : 1);
            assert_int_equal(error.message[0] != '\0', was_met);
            assert_true(was_met || nth > 1);
            control_release(&control);
        }
    }
    close_books(&books);
}

/* What no event says has no lines, and is no line of nought. */
static void an_event_that_says_nothing_is_not_posted(void **state) {
    (void)state;
    struct control control = {0};
    struct daybook_error error = {0};
    Pb__Event event = PB__EVENT__INIT;
    assert_int_equal(control_post_event(&control, &event, &error), DAYBOOK_INVALID);
    assert_int_equal(control.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_and_rows_agree_after_every_request),
        cmocka_unit_test(the_sums_are_those_of_the_requests),
        cmocka_unit_test(rows_are_counted_without_being_packed),
        cmocka_unit_test(what_is_wrong_is_seen_and_named),
        cmocka_unit_test(the_stored_form_is_whole),
        cmocka_unit_test(memory_that_is_refused_is_said),
        cmocka_unit_test(an_event_that_says_nothing_is_not_posted),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
