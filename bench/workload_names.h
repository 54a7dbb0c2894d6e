/* The words of the sample business: names, categories, methods. Data only. */
#ifndef BENCH_WORKLOAD_NAMES_H
#define BENCH_WORKLOAD_NAMES_H

static const char *const workload_places[] = {"Willow", "Harbour", "Maple",  "Stone",  "River",   "Hill",
                                              "Garden", "Lantern", "Copper", "Silver", "Orchard", "North",
                                              "South",  "Spring",  "Cedar",  "Bridge"};
static const char *const workload_trades[] = {"Bakery", "Books", "Clinic", "Cycles",  "Dental", "Flowers",
                                              "Foods",  "Grill", "Hotel",  "Joinery", "Press",  "Tea House"};
static const char *const workload_tags[] = {"retail", "wholesale", "chain", "online"};
static const char *const workload_categories[] = {"goods", "goods", "goods", "service", "service", "meals", "fee"};
static const char *const workload_methods[] = {"transfer", "transfer", "card", "cash"};
static const char *const workload_actors[] = {"shop-1", "shop-2", "web", "office"};

#define WORKLOAD_COUNT(words) (sizeof(words) / sizeof(words)[0])

#endif
