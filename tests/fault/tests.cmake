# What happens when the nth call fails? The system's calls are defined again for LMDB, too; memory's are wrapped in our
# own objects.
add_executable(fail_nth fault/fail_nth.c fault/fail.c fault/fail_system.c)
target_compile_options(fail_nth PRIVATE -Wno-missing-prototypes)
target_include_directories(fail_nth AFTER PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(fail_nth PRIVATE daybook_house daybook_schema daybook_inside PkgConfig::CMOCKA ${CMAKE_DL_LIBS})
target_link_options(fail_nth PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup)
set_target_properties(fail_nth PROPERTIES ENABLE_EXPORTS ON)
add_dependencies(fail_nth daybook_generated)
add_test(NAME fault/fail_nth COMMAND fail_nth)
set_tests_properties(fault/fail_nth PROPERTIES TIMEOUT 1200 LABELS fault)

# A bit flips in each byte of a ledger that tests/e2e/test_audit_flips.sh makes.
add_executable(flips fault/flips.c)
target_include_directories(flips AFTER PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(flips PRIVATE daybook_house daybook_schema daybook_inside)
add_dependencies(flips daybook_generated)

# For programs that are started by other tests: syncs fail when they are told to.
add_library(fail_sync MODULE fault/fail_sync.c)
target_compile_options(fail_sync PRIVATE -Wno-missing-prototypes)
target_compile_definitions(fail_sync PRIVATE _GNU_SOURCE)
target_include_directories(fail_sync PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(fail_sync PRIVATE ${CMAKE_DL_LIBS})
