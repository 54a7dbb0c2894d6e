# Fuzz targets. Built by clang with DAYBOOK_FUZZ they are libFuzzer programs; otherwise replay.c runs them over their
# corpus. tools/fuzz is what people call.
option(DAYBOOK_FUZZ "Fuzz targets are libFuzzer programs (needs clang)" OFF)

# daybook_fuzz_target(name source...): what it links besides the toolkit.
function(daybook_fuzz_target name)
  set(sources ${CMAKE_CURRENT_LIST_DIR}/${name}.c ${CMAKE_CURRENT_LIST_DIR}/file.c ${ARGN})
  if(NOT DAYBOOK_FUZZ)
    list(APPEND sources ${CMAKE_CURRENT_LIST_DIR}/replay.c)
  endif()
  add_executable(fuzz_${name} ${sources})
  target_compile_options(fuzz_${name} PRIVATE -Wno-missing-prototypes)
  target_include_directories(fuzz_${name} AFTER PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  add_dependencies(fuzz_${name} daybook_generated)
  target_link_libraries(fuzz_${name} PRIVATE daybook_house daybook_schema daybook_inside PkgConfig::CMOCKA
    PkgConfig::JANSSON PkgConfig::SMARTCOLS PkgConfig::RDKAFKA PkgConfig::ARCHIVE Threads::Threads)
  target_sources(fuzz_${name} PRIVATE $<TARGET_OBJECTS:daybook_toolkit>)
  if(DAYBOOK_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_test(NAME fuzz/${name} COMMAND fuzz_${name} ${CMAKE_CURRENT_LIST_DIR}/corpus/${name})
    set_tests_properties(fuzz/${name} PROPERTIES TIMEOUT 1200)
  endif()
endfunction()

foreach(name event frame columns request query json csv mapping note proof backup pages keys)
  daybook_fuzz_target(${name})
endforeach()

# What an outsider checks.
foreach(name tile bundle)
  daybook_fuzz_target(${name} ${CMAKE_CURRENT_LIST_DIR}/small_log.c $<TARGET_OBJECTS:daybook_verifier>)
endforeach()
