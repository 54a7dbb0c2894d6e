/* The scrub in the background: what it finds, what it writes down, and where it goes on. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "scrubber.h"
#include "tests/engine/store/events.h"
#include "tests/engine/store/place.h"

enum { FRAME_EVENTS = 400, FRAMES = 3, ARENA_BYTES = 1 << 20, TURNS_MAX = 100000000 };

struct scrubbing {
    struct journal *journal;
    struct scrubber *scrubber;
    struct arena arena;
    Pb__ScrubStatus *report;
};

static void make_frames(const char *directory) {
    struct journal *journal = make_journal(directory);
    for (uint64_t i = 0; i < FRAMES; i++) {
        assert_int_equal(append_count(journal, i * FRAME_EVENTS + 1, FRAME_EVENTS, NULL), DAYBOOK_OK);
    }
    journal_close(journal);
}

/* Flips a bit inside the frame that begins with `first_sequence`; again, and it is as it was. */
static void flip(const char *directory, uint64_t first_sequence) {
    char path[PLACE_SIZE + 32];
    struct stat facts;
    snprintf(path, sizeof path, "%.100s/journal/data.mdb", directory);
    int file = open(path, O_RDWR);
    assert_true(file >= 0 && fstat(file, &facts) == 0);
    uint8_t *bytes = malloc((size_t)facts.st_size);
    assert_non_null(bytes);
    assert_int_equal(pread(file, bytes, (size_t)facts.st_size, 0), facts.st_size);
    /* Its header: the magic number, and sixteen bytes on the first sequence (codec/frame.c). */
    size_t at = 0;
    while (at + 24 <= (size_t)facts.st_size &&
           (memcmp(bytes + at, "DBFR", 4) != 0 || load_le64(bytes + at + 16) != first_sequence)) {
        at++;
    }
    assert_true(at + 200 < (size_t)facts.st_size);
    at += 200;
    uint8_t changed = bytes[at] ^ 1;
    assert_int_equal(pwrite(file, &changed, 1, (off_t)at), 1);
    free(bytes);
    close(file);
}

static void begin(struct scrubbing *s, const char *directory, bool keeps_file) {
    struct scrubber_options options = {
        .directory = directory, .bytes_per_s = 1 << 30, .is_writer = keeps_file, .clock = clock_system()};
    s->journal = open_journal(directory, false); /* The writer's lock is not what is tried here. */
    arena_init(&s->arena, ARENA_BYTES);
    assert_int_equal(scrubber_open(s->journal, &options, &s->scrubber, NULL), DAYBOOK_OK);
}

static void end(struct scrubbing *s) {
    scrubber_close(s->scrubber);
    arena_release(&s->arena);
    journal_close(s->journal);
}

static const Pb__ScrubStatus *look(struct scrubbing *s) {
    arena_reset(&s->arena);
    assert_int_equal(scrubber_view(s->scrubber, &s->arena, &s->report, NULL), DAYBOOK_OK);
    return s->report;
}

/* Until one round more has ended than there were. */
static const Pb__ScrubStatus *wait_for_round(struct scrubbing *s, uint64_t rounds) {
    for (long turns = 0; look(s)->rounds <= rounds; turns++) {
        assert_true(turns < TURNS_MAX);
        sched_yield();
    }
    return s->report;
}

static void sound(void **state) {
    struct scrubbing s;
    make_frames(*state);
    begin(&s, *state, true);
    assert_int_equal(look(&s)->bytes_per_second, 1 << 30);
    const Pb__ScrubStatus *report = wait_for_round(&s, 0);
    assert_int_equal(report->position, FRAMES * FRAME_EVENTS);
    assert_int_equal(report->frames, FRAMES);
    assert_true(report->round_ended_at_us > 0);
    assert_int_equal(report->n_wounds, 0);
    assert_string_equal(report->trouble, "");
    assert_int_equal(scrubber_count_wounds(s.scrubber), 0);
    end(&s);
}

static void an_empty_journal_has_no_rounds(void **state) {
    struct scrubbing s;
    struct arena arena;
    Pb__ScrubStatus *report = NULL;
    journal_close(make_journal(*state));
    begin(&s, *state, true);
    end(&s);
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(scrubber_read(*state, &arena, &report, NULL), DAYBOOK_OK);
    assert_non_null(report);
    assert_int_equal(report->rounds, 0);
    arena_release(&arena);
}

/* SC2, SC3: what was found is written down, told by the next, and forgotten when it is readable again. */
static void damage_is_kept_until_it_heals(void **state) {
    struct scrubbing s;
    Pb__ScrubStatus *report = NULL;
    make_frames(*state);
    flip(*state, FRAME_EVENTS + 1);
    begin(&s, *state, true);
    (void)wait_for_round(&s, 0);
    assert_int_equal(scrubber_count_wounds(s.scrubber), 1);
    assert_int_equal(s.report->n_wounds, 1);
    assert_int_equal(s.report->wounds[0]->first_sequence, FRAME_EVENTS + 1);
    assert_int_equal(s.report->wounds[0]->last_sequence, 2 * FRAME_EVENTS);
    assert_non_null(strstr(s.report->wounds[0]->reason, "checksum"));
    int64_t found_at_us = s.report->wounds[0]->found_at_us;
    end(&s);

    arena_init(&s.arena, ARENA_BYTES);
    assert_int_equal(scrubber_read(*state, &s.arena, &report, NULL), DAYBOOK_OK);
    assert_int_equal(report->n_wounds, 1);
    assert_int_equal(report->rounds, 1);
    assert_int_equal(report->bytes_per_second, 0);
    arena_release(&s.arena);

    begin(&s, *state, true);
    assert_int_equal(scrubber_count_wounds(s.scrubber), 1);
    (void)wait_for_round(&s, 1);
    assert_int_equal(scrubber_count_wounds(s.scrubber), 1);
    assert_int_equal(s.report->wounds[0]->found_at_us, found_at_us);
    end(&s);

    flip(*state, FRAME_EVENTS + 1);
    begin(&s, *state, true);
    (void)wait_for_round(&s, 3); /* The first may have been behind it already. */
    assert_int_equal(s.report->n_wounds, 0);
    end(&s);
}

static void a_reader_writes_nothing(void **state) {
    struct scrubbing s;
    char path[PLACE_SIZE + 32];
    snprintf(path, sizeof path, "%.100s/scrub", (const char *)*state);
    make_frames(*state);
    begin(&s, *state, false);
    (void)wait_for_round(&s, 0);
    end(&s);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_file_that_cannot_be_read_is_none(void **state) {
    static const char *const rows[] = {"", "short", "eight bytes and something that is no report at all"};
    struct scrubbing s;
    char path[PLACE_SIZE + 32];
    snprintf(path, sizeof path, "%.100s/scrub", (const char *)*state);
    make_frames(*state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(rows[i], file) >= 0);
        assert_int_equal(fclose(file), 0);
        arena_init(&s.arena, ARENA_BYTES);
        assert_int_equal(scrubber_read(*state, &s.arena, &s.report, NULL), DAYBOOK_OK);
        assert_null(s.report);
        arena_release(&s.arena);
        begin(&s, *state, false);
        assert_int_equal(wait_for_round(&s, 0)->frames, FRAMES);
        end(&s);
    }
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACED(sound),
        PLACED(an_empty_journal_has_no_rounds),
        PLACED(damage_is_kept_until_it_heals),
        PLACED(a_reader_writes_nothing),
        PLACED(a_file_that_cannot_be_read_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
