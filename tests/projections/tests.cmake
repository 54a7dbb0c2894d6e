# The queries stand beside the folds in one layer, so that every test of it links the engine, too.
foreach(name asked_often chunk_entry series balance aging bridge kpi credit_grade exposure query rank trial trial_days lots links links_rows tree statement statement_text statement_issue takes far_behind)
  daybook_unit_test(projections/test_${name} projections engine proof projection domain store codec base schema)
endforeach()
# A story that has every kind of event; its world can refuse memory.
daybook_unit_test(projections/test_effects projections engine proof projection domain store codec base schema)
daybook_fail_parts(test_effects)
target_compile_definitions(test_statement_text PRIVATE GOLDEN_DIRECTORY="${CMAKE_CURRENT_SOURCE_DIR}/golden")
# Laws 1 and 2, over random histories and every kind of question; and what always adds up.
foreach(name laws identities)
  daybook_unit_test(projections/test_${name} toolkit projections engine proof projection domain store codec base schema)
endforeach()
