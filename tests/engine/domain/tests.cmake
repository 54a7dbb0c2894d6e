foreach(name test_timeline test_state test_decide_customer test_decide_deposit test_decide_expiry test_decide_charge test_decide_settle
        test_decide_reverse test_decide_order)
  daybook_unit_test(engine/domain/${name} domain codec base schema)
endforeach()
