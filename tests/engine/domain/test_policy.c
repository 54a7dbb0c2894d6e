/* Other ways of choosing than the ledger's own: which lots pay, and which items a payment pays (PO1, PO2). */
#include "domain/policy.h"

#include "rules.h"

struct choice_row {
    const char *name;
    struct decide_policy policy;
    const char *given;
    const char *when;
    const char *then;
};

/* By each key another one is first. */
#define LOTS                                                                                                           \
    "2024-05-03 deposit A 10 prio=1\n"                                                                                 \
    "2024-05-02 deposit B 10 prio=2 promo expires=2024-12-31\n"                                                        \
    "2024-05-01 deposit C 10 prio=3 scope=goods,meals expires=2024-09-01\n"                                            \
    "2024-05-04 deposit D 10 prio=4 scope=goods expires=2025-12-31\n"
#define CHARGE "2024-06-15 charge g 40 goods"
#define PAID   "2024-06-15 charge g 40; 2024-06-15 consume g "

static const struct choice_row lots[] = {
    {"no key: as the ledger does", {.lot_key_count = 0}, LOTS, CHARGE, PAID "A 10, B 10, C 10, D 10"},
    {"low priorities first", {{LOT_BY_PRIORITY}, 1, 0, false, NULL, NULL}, LOTS, CHARGE, PAID "A 10, B 10, C 10, D 10"},
    {"what ends soonest first, what never ends last",
     {{LOT_BY_EXPIRY}, 1, 0, false, NULL, NULL},
     LOTS,
     CHARGE,
     PAID "C 10, B 10, D 10, A 10"},
    {"promotional first, else by sequence",
     {{LOT_BY_PROMOTIONAL}, 1, 0, false, NULL, NULL},
     LOTS,
     CHARGE,
     PAID "B 10, A 10, C 10, D 10"},
    {"paid first, else by sequence",
     {{LOT_BY_PAID}, 1, 0, false, NULL, NULL},
     LOTS,
     CHARGE,
     PAID "A 10, C 10, D 10, B 10"},
    {"narrow scopes first, any category last",
     {{LOT_BY_SCOPE}, 1, 0, false, NULL, NULL},
     LOTS,
     CHARGE,
     PAID "D 10, C 10, A 10, B 10"},
    {"the oldest first", {{LOT_BY_RECEIVED}, 1, 0, false, NULL, NULL}, LOTS, CHARGE, PAID "C 10, B 10, A 10, D 10"},
    {"paid first, and of those what ends soonest",
     {{LOT_BY_PAID, LOT_BY_EXPIRY}, 2, 0, false, NULL, NULL},
     LOTS,
     CHARGE,
     PAID "C 10, D 10, A 10, B 10"},
    {"what is not enough is all used, the rest is owed",
     {{LOT_BY_RECEIVED}, 1, 0, false, NULL, NULL},
     LOTS,
     "2024-06-15 charge g 41 meals",
     "2024-06-15 charge g 41; 2024-06-15 consume g C 10, B 10, A 10"},
    {"a late charge: a lot of which part expired comes once, and what expired too late not at all",
     {{LOT_BY_RECEIVED}, 1, 0, false, NULL, NULL},
     "2024-05-02 deposit B 10\n2024-05-01 deposit A 10 expires=2024-06-10\n"
     "2024-06-12 reactivate A 4 registered expires=2025-01-01",
     "2024-06-01 charge g 12 goods",
     "2024-06-01 charge g 12; 2024-06-10 unexpire A 6 dormant for=g; 2024-06-01 consume g A 6, B 6"},
    {"a hold takes by the policy, too, and nothing that expired",
     {{LOT_BY_RECEIVED}, 1, 0, false, NULL, NULL},
     "2024-05-02 deposit B 10\n2024-05-01 deposit A 10\n2024-04-01 deposit E 10 expires=2024-06-10",
     "2024-06-01 place-hold h 15 goods",
     "2024-06-01 place-hold h 15 A 10, B 5"},
    {"nothing to choose from", {{LOT_BY_PAID}, 1, 0, false, NULL, NULL}, "", "charge g 5", "2024-06-15 charge g 5"},
};

/* Due in the order a, c, b, d; posted in the order b, c, a, d; d is the largest. */
#define ITEMS                                                                                                          \
    "2024-05-10 charge a 10 due=2024-05-20\n2024-05-01 charge b 10 due=2024-06-30\n"                                   \
    "2024-05-05 charge c 20 due=2024-06-10\n2024-05-11 charge d 30 due=2024-07-01\n"
#define PAY "2024-06-15 pay p 35"

static const struct choice_row items[] = {
    {"oldest due first: as the ledger does",
     {.item_order = ITEMS_OLDEST_DUE},
     ITEMS,
     PAY,
     "2024-06-15 pay p 35; 2024-06-15 allocate p a 10 oldest; 2024-06-15 allocate p c 20 oldest; "
     "2024-06-15 allocate p b 5 oldest"},
    {"oldest posted first",
     {.item_order = ITEMS_OLDEST_POSTED},
     ITEMS,
     PAY,
     "2024-06-15 pay p 35; 2024-06-15 allocate p b 10 oldest-posted; 2024-06-15 allocate p c 20 oldest-posted; "
     "2024-06-15 allocate p a 5 oldest-posted"},
    {"the largest first",
     {.item_order = ITEMS_LARGEST},
     ITEMS,
     PAY,
     "2024-06-15 pay p 35; 2024-06-15 allocate p d 30 largest; 2024-06-15 allocate p c 5 largest"},
    {"of equal ones the first due",
     {.item_order = ITEMS_LARGEST},
     "2024-05-01 charge b 10 due=2024-06-30\n"
     "2024-05-10 charge a 10 due=2024-05-20",
     "2024-06-15 pay p 15",
     "2024-06-15 pay p 15; 2024-06-15 allocate p a 10 largest; 2024-06-15 allocate p b 5 largest"},
    {"of those the first entered",
     {.item_order = ITEMS_LARGEST},
     "2024-05-01 charge b 10 due=2024-06-30\n"
     "2024-05-01 charge a 10 due=2024-06-30\n2024-05-01 charge c 10 due=2024-06-30",
     "2024-06-15 pay p 15",
     "2024-06-15 pay p 15; 2024-06-15 allocate p b 10 largest; 2024-06-15 allocate p a 5 largest"},
    {"of those the instalment that is due first",
     {.item_order = ITEMS_OLDEST_POSTED},
     "2024-05-01 charge b 20 instalments=10@2024-06-30,10@2024-07-30",
     "2024-06-15 pay p 15",
     "2024-06-15 pay p 15; 2024-06-15 allocate p b 10 oldest-posted part=1; 2024-06-15 allocate p b 5 oldest-posted "
     "part=2"},
    {"what is listed is taken as it is listed",
     {.item_order = ITEMS_LARGEST},
     ITEMS,
     "2024-06-15 pay p 15 to=a:5",
     "2024-06-15 pay p 15; 2024-06-15 allocate p a 5"},
    {"unless the policy overrides it",
     {.item_order = ITEMS_LARGEST, .overrides_explicit = true},
     ITEMS,
     "2024-06-15 pay p 15 to=a:5",
     "2024-06-15 pay p 15; 2024-06-15 allocate p d 15 largest"},
    {"nothing is owed", {.item_order = ITEMS_LARGEST}, "", "2024-06-15 pay p 15", "2024-06-15 pay p 15"},
};

/* PO1: whoever has a limit of 50, or none, has 20 in CNY and nothing elsewhere. */
static void limit_to_20(const void *context, const char *customer, const char *currency, struct credit_policy *credit) {
    (void)context;
    assert_string_equal(customer, "ann");
    credit->state = PB__LIMIT_STATE__LIMIT_STATE_AMOUNT;
    credit->limit_minor = strcmp(currency, "CNY") == 0 ? 20 : 0;
}

static const struct choice_row limits[] = {
    {"as much as the policy has it",
     {.adjust_credit = limit_to_20},
     "policy amount 50 block",
     "2024-06-15 charge g 20",
     "2024-06-15 charge g 20 (limit 20, open 0, unapplied 0, new 20, on 2024-06-15)"},
    {"not more, though the ledger would",
     {.adjust_credit = limit_to_20},
     "policy amount 50 block",
     "2024-06-15 charge g 21",
     "OVER_CREDIT_LIMIT g 21/20 2024-06-15"},
    {"nor where the ledger has no limit at all",
     {.adjust_credit = limit_to_20},
     "",
     "2024-06-15 charge g 21",
     "OVER_CREDIT_LIMIT g 21/20 2024-06-15"},
};

/* A ledger that is written never has a policy, so its requests are not told back from events here. */
static void run_choice_once(const struct choice_row *row, bool forgets) {
    static struct scene scene;
    struct rendered rendered;
    scene_open_under(&scene, NULL, &row->policy);
    scene.world.forgets = forgets;
    scene_given(&scene, row->given);
    scene.fails = true;
    scene_request(&scene, row->when, &rendered);
    assert_string_equal(rendered.text, row->then);
    world_check_replay(&scene.world);
    world_close(&scene.world);
}

static void run_choice(void **state) {
    run_choice_once(*state, false);
    run_choice_once(*state, true);
}

/* PO2, asked directly: the ledger does not come here for its own order. */
static void a_policy_that_says_nothing_leaves_the_items_as_they_are(void **state) {
    (void)state;
    static struct scene scene;
    struct world *world = &scene.world;
    const struct decide_policy policy = {.item_order = ITEMS_OLDEST_DUE};
    const struct item_ref *sorted = NULL;
    struct customer *ann = NULL;
    size_t count = 0;
    scene_open(&scene, NULL);
    scene_given(&scene, ITEMS);
    WORLD_OK(world, state_find_customer(world->state, "ann", &ann, &world->error));
    const struct vector *listed = &customer_account(ann, "CNY")->items;
    WORLD_OK(world, policy_items(&policy, world->state, customer_account(ann, "CNY"), &world->arena, &sorted, &count,
                                 &world->error));
    assert_int_equal(count, 4);
    assert_memory_equal(sorted, listed->items, count * sizeof *sorted);
    assert_int_equal(policy_allocation_rule(NULL), policy_allocation_rule(&policy));
    world_close(world);
}

int main(void) {
    static struct rows rows;
    ROWS_ADD_TABLE(&rows, lots, run_choice);
    ROWS_ADD_TABLE(&rows, items, run_choice);
    ROWS_ADD_TABLE(&rows, limits, run_choice);
    rows_add(&rows, "a policy that says nothing leaves the items as they are",
             a_policy_that_says_nothing_leaves_the_items_as_they_are, NULL);
    return rows_run("policy", &rows);
}
