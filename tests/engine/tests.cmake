foreach(name test_books test_submit test_writer)
  daybook_unit_test(engine/${name} engine projection store domain codec base schema)
endforeach()
