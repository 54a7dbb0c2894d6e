# The server among clients with bad manners.
add_executable(hostile hostile/hostile.c)
target_link_libraries(hostile PRIVATE daybook_house)
add_test(NAME hostile/test_hostile
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_hostile.sh $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:hostile>)
add_test(NAME hostile/test_hostile_tokens
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_hostile.sh $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:hostile> tokens)
set_tests_properties(hostile/test_hostile hostile/test_hostile_tokens PROPERTIES TIMEOUT 3600 SKIP_RETURN_CODE 77)
