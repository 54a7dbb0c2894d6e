# The workload that every benchmark rests on.
foreach(name test_spread test_workload test_workload_accepted)
  add_executable(${name} bench/${name}.c)
  target_compile_options(${name} PRIVATE -Wno-missing-prototypes)
  target_link_libraries(${name} PRIVATE bench_workload daybook_inside PkgConfig::CMOCKA Threads::Threads)
  add_test(NAME bench/${name} COMMAND ${name})
  set_tests_properties(bench/${name} PROPERTIES TIMEOUT 300)
endforeach()

# What measures: its judgement, and all of it once at tiny sizes.
foreach(name test_compare test_figures)
  add_executable(${name} bench/${name}.c)
  target_compile_options(${name} PRIVATE -Wno-missing-prototypes)
  target_link_libraries(${name} PRIVATE bench_figures PkgConfig::CMOCKA)
  add_test(NAME bench/${name} COMMAND ${name})
endforeach()
set(recover recover) # Kills a program after 8 to 28 batches, whatever the size: minutes where it is slow.
if(DAYBOOK_SANITIZE OR DAYBOOK_COVERAGE)
  set(recover)
endif()
add_test(NAME bench/test_run COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_run.sh
  $<TARGET_FILE:daybook-bench> $<TARGET_FILE:daybook-compare> $<TARGET_FILE:daybook-workload> ${recover})
set_tests_properties(bench/test_run PROPERTIES TIMEOUT 600)
if(TARGET daybook-peers)
  add_test(NAME bench/test_peers COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_peers.sh
    $<TARGET_FILE:daybook-peers> $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR})
  set_tests_properties(bench/test_peers PROPERTIES TIMEOUT 600)
else()
  message(STATUS "SQLite is absent (tools/install-deps --bench brings it): the benchmark of the peers is left out")
endif()
