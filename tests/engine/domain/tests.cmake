foreach(name test_decide_deposit test_decide_expiry)
  daybook_unit_test(engine/domain/${name} domain codec base schema)
endforeach()
