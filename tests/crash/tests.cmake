# What does a killed program leave? Fewer kills where sanitizers make each of them slow.
if(DAYBOOK_SANITIZE OR DAYBOOK_COVERAGE)
  set(kills 25)
else()
  set(kills 200)
endif()
add_test(NAME crash/kill_submit COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/crash/kill_submit.sh
  $<TARGET_FILE:daybook> $<TARGET_FILE:daybook-workload> ${kills})
add_test(NAME crash/kill_import COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/crash/kill_import.sh
  $<TARGET_FILE:daybook> ${kills})
set_tests_properties(crash/kill_submit crash/kill_import PROPERTIES TIMEOUT 1200 LABELS crash)
