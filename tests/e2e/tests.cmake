# The real program, as a user calls it.
foreach(name help commands books bridge submit import export errors real_data)
  add_test(NAME e2e/test_${name}
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_${name}.sh $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR})
  set_tests_properties(e2e/test_${name} PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77)
endforeach()

add_test(NAME e2e/test_plain_books
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_plain_books.sh $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:daybook-workload>)
set_tests_properties(e2e/test_plain_books PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77)
