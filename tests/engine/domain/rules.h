/*
 * Rules as tables: given / when / then, each row a named test.
 *
 *     given   lines of script.h, one a line; all must be accepted, except those
 *             that end in " => REFUSAL". Beside requests:
 *               ledger import_clock refuse_unassessed seals currency=JPY timezone=UTC  (the first line only)
 *               nobody                      (customer "ann" is not opened beforehand)
 *               now 2024-07-01              (noon of that day in UTC; or an instant)
 *     when    one such line
 *     then    the events, "; " between them; or the refusal; or "repeated 3-4". A
 *             refusal may be given by its code alone.
 *
 * Without a "now" it is noon of 2024-06-15 in Shanghai. Amounts are in minor units.
 *
 * Every row is run twice: with all of the state in memory, and with all of it
 * dropped after each request. Before its last request is decided, everything that
 * deciding asks for is refused once (failing.h). Afterwards a replay must give the
 * same state.
 */
#ifndef DAYBOOK_TESTS_DOMAIN_RULES_H
#define DAYBOOK_TESTS_DOMAIN_RULES_H

#include "failing.h"
#include "render.h"
#include "script.h"
#include "world.h"

struct rule {
    const char *name;
    const char *given;
    const char *when;
    const char *then;
};

struct scene {
    struct world world;
    unsigned line_count;
    bool fails; /* The next request meets every failure before it is decided. */
};

/* `policy`: what lots and items are chosen by; NULL: as the ledger does. */
static inline void scene_open_under(struct scene *scene, const struct line *line, const struct decide_policy *policy) {
    struct decide_settings settings = {.currency = "CNY", .policy = policy};
    const char *timezone = "Asia/Shanghai";
    if (line != NULL) {
        settings.currency = option_or(line, "currency", "CNY");
        settings.allow_import_clock = flag(line, "import_clock");
        settings.refuse_unassessed = flag(line, "refuse_unassessed");
        settings.seals_personal = flag(line, "seals");
        timezone = option_or(line, "timezone", timezone);
    }
    world_open(&scene->world, timezone, settings);
    scene->world.now_us = script_instant("2024-06-15T04:00:00Z");
    scene->line_count = 0;
    scene->fails = false;
}

static inline void scene_open(struct scene *scene, const struct line *line) {
    scene_open_under(scene, line, NULL);
}

static inline void scene_set_now(struct world *world, const char *text) {
    char noon[64];
    snprintf(noon, sizeof noon, "%sT12:00:00Z", text);
    world->now_us = script_instant(strlen(text) == 10 ? noon : text);
}

/* Decides the line and says what became of it. */
static inline void scene_request(struct scene *scene, const char *text, struct rendered *rendered) {
    struct world *world = &scene->world;
    char *key = arena_format(&world->arena, "line-%u", ++scene->line_count);
    const Pb__Request *request = script_request(&world->arena, text, key);
    struct decide_result result;
    rendered->size = 0;
    rendered->text[0] = '\0';
    if (scene->fails) {
        fail_deciding(world, request);
    }
    world_decide(world, request, &result);
    if (result.refusal != NULL) {
        render_refusal(rendered, result.refusal);
        return;
    }
    if (result.is_repeated) {
        render(rendered, "repeated %" PRIu64 "-%" PRIu64, result.first_sequence, result.last_sequence);
        return;
    }
    assert_int_equal(result.last_sequence, world->events.count);
    for (uint64_t sequence = result.first_sequence; sequence <= result.last_sequence; sequence++) {
        const Pb__Event *event = NULL;
        WORLD_OK(world, state_read_event(world->state, sequence, &world->arena, &event, &world->error));
        assert_int_equal(event->sequence, sequence);
        assert_int_equal(event->request_digest != 0, sequence == result.first_sequence);
        assert_int_equal(event->recorded_at_us, result.recorded_at_us + (int64_t)(sequence - result.first_sequence));
        render_event(rendered, event, world->settings.currency);
    }
    if (result.warning != NULL) {
        render(rendered, "; warning");
    }
}

/* The whole text, or the code of a refusal alone. */
static inline bool scene_is(const struct rendered *rendered, const char *expected) {
    size_t code = strcspn(rendered->text, " ");
    bool is_code =
        strchr(expected, ' ') == NULL && strlen(expected) == code && expected[0] >= 'A' && expected[0] <= 'Z';
    return strcmp(rendered->text, expected) == 0 || (is_code && strncmp(rendered->text, expected, code) == 0);
}

static inline void scene_line(struct scene *scene, const char *text) {
    static const char arrow[] = " => ";
    const char *expected = strstr(text, arrow);
    struct rendered rendered;
    size_t size = expected != NULL ? (size_t)(expected - text) : strlen(text);
    char *request = arena_copy_text(&scene->world.arena, text, size);
    scene_request(scene, request, &rendered);
    if (expected != NULL && !scene_is(&rendered, expected + strlen(arrow))) {
        fail_msg("given \"%s\": got \"%s\"", text, rendered.text);
    }
    if (expected == NULL && rendered.text[0] >= 'A' && rendered.text[0] <= 'Z') {
        fail_msg("given \"%s\": refused: %s", text, rendered.text);
    }
}

static inline void scene_step(struct scene *scene, const char *text) {
    struct line line = line_split(&scene->world.arena, text);
    const char *verb = line.words[0];
    if (strcmp(verb, "ledger") == 0 || strcmp(verb, "nobody") == 0) {
        return; /* Read before the first step. */
    }
    if (strcmp(verb, "now") == 0) {
        scene_set_now(&scene->world, word_at(&line, 1));
    } else {
        scene_line(scene, text);
    }
}

static inline void scene_given(struct scene *scene, const char *given) {
    char *copy = arena_copy_text(&scene->world.arena, given, strlen(given));
    char *rest = NULL;
    bool is_somebody = strstr(given, "nobody") == NULL && strstr(given, "open ann") == NULL;
    if (is_somebody) {
        scene_line(scene, "2024-01-01 open ann");
    }
    for (char *text = strtok_r(copy, "\n", &rest); text != NULL; text = strtok_r(NULL, "\n", &rest)) {
        scene_step(scene, text);
    }
}

static inline void run_rule_once(const struct rule *rule, const struct decide_policy *policy, bool forgets) {
    struct arena row_arena;
    struct scene scene;
    struct rendered rendered;
    arena_init(&row_arena, 1 << 20);
    size_t first = strcspn(rule->given, "\n");
    bool is_ledger = strncmp(rule->given, "ledger", 6) == 0;
    struct line ledger = {0};
    if (is_ledger) {
        ledger = line_split(&row_arena, arena_copy_text(&row_arena, rule->given, first));
    }
    scene_open_under(&scene, is_ledger ? &ledger : NULL, policy);
    scene.world.forgets = forgets;
    scene_given(&scene, rule->given);
    scene.fails = true;
    scene_request(&scene, rule->when, &rendered);
    fail_telling(&scene.world);
    if (!scene_is(&rendered, rule->then)) {
        fail_msg("%s: got \"%s\"", rule->when, rendered.text);
    }
    world_check_replay(&scene.world);
    world_check_redecide(&scene.world);
    world_close(&scene.world);
    arena_release(&row_arena);
}

static inline void run_rule(void **state) {
    const struct rule *rule = *state;
    run_rule_once(rule, NULL, false);
    run_rule_once(rule, NULL, true);
}

#endif
