foreach(name test_control test_timeline test_state test_decide_customer test_decide_deposit test_decide_expiry test_decide_charge test_decide_settle
        test_decide_reverse test_decide_statement test_access test_decide_order test_redecide test_refusal
        test_fold test_fold_fails test_policy
        test_state_foresee test_decide_form test_postings test_state_names)
  daybook_unit_test(engine/domain/${name} domain codec base schema)
  daybook_fail_parts(${name})
endforeach()
# Counts what it asks the system for.
daybook_unit_test(engine/domain/test_allocation domain codec base schema)
target_link_options(test_allocation PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
