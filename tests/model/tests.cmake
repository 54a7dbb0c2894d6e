# Does the engine agree with a tiny independent reference over random histories?
add_executable(test_model
  model/ask.c model/check.c model/check_books.c model/check_kpi.c model/check_views.c model/effects.c model/facts.c model/generate.c model/generate_money.c
  model/history.c model/judge.c model/judge_pay.c model/judge_plain.c model/judge_refusal.c model/judge_use.c
  model/run.c model/tally.c model/tally_account.c model/tally_books.c model/tally_rules.c model/test_model.c)
if(DAYBOOK_COVERAGE)
  target_sources(test_model PRIVATE count_child.c)
  target_compile_options(test_model PRIVATE -Wno-missing-prototypes)
endif()
if(DAYBOOK_SANITIZE)
  target_compile_definitions(test_model PRIVATE MODEL_COUNT=150 MODEL_SEED=20240301)
endif()
target_link_libraries(test_model PRIVATE daybook_house daybook_schema daybook_inside Threads::Threads)
add_test(NAME model/test_model COMMAND test_model)
set_tests_properties(model/test_model PROPERTIES TIMEOUT 1200 LABELS model)
