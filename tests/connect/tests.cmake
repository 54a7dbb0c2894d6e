# A client that nobody here wrote.
add_test(NAME connect/test_connect
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_connect.sh $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR})
set_tests_properties(connect/test_connect PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77)
