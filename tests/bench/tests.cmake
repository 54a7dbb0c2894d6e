# The workload that every benchmark rests on.
foreach(name test_spread test_workload test_workload_accepted)
  add_executable(${name} bench/${name}.c)
  target_compile_options(${name} PRIVATE -Wno-missing-prototypes)
  target_link_libraries(${name} PRIVATE bench_workload daybook_inside PkgConfig::CMOCKA Threads::Threads)
  add_test(NAME bench/${name} COMMAND ${name})
  set_tests_properties(bench/${name} PROPERTIES TIMEOUT 300)
endforeach()
