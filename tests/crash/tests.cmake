# What does a killed program leave? Fewer kills where sanitizers make each of them slow.
if(DAYBOOK_SANITIZE OR DAYBOOK_COVERAGE)
  set(kills 25)
else()
  set(kills 80)
endif()
add_test(NAME crash/kill_submit COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/crash/kill_submit.sh
  $<TARGET_FILE:daybook> $<TARGET_FILE:daybook-workload> ${kills})
add_test(NAME crash/kill_import COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/crash/kill_import.sh
  $<TARGET_FILE:daybook> ${kills})
set_tests_properties(crash/kill_submit crash/kill_import PROPERTIES TIMEOUT 1200 LABELS crash)

# What does a power cut leave? The program defines the C library's writing functions again, for LMDB, too.
add_executable(power_cut crash/power_cut.c crash/disk.c crash/recorder.c $<TARGET_OBJECTS:bench_workload>)
target_compile_options(power_cut PRIVATE -Wno-missing-prototypes)
target_include_directories(power_cut AFTER PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(power_cut PRIVATE bench_workload daybook_inside PkgConfig::CMOCKA ${CMAKE_DL_LIBS})
set_target_properties(power_cut PROPERTIES ENABLE_EXPORTS ON)
add_test(NAME crash/power_cut COMMAND power_cut 300)
set_tests_properties(crash/power_cut PROPERTIES TIMEOUT 1200 LABELS crash)
