# The house rules that a machine can check, one test each.
foreach(rule includes walls layout sizes words numbers scripts)
  add_test(NAME tidy/${rule} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tidy/check.sh ${rule} ${CMAKE_SOURCE_DIR})
  set_tests_properties(tidy/${rule} PROPERTIES TIMEOUT 60 LABELS tidy)
endforeach()
# Catalogues have every sentence that there is now, and none that is gone.
add_test(NAME tidy/catalogues COMMAND ${CMAKE_SOURCE_DIR}/tools/messages --check)
set_tests_properties(tidy/catalogues PROPERTIES TIMEOUT 60 LABELS tidy)
add_test(NAME tidy/check_itself COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tidy/test_check.sh)
