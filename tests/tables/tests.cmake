# Readers of tables that nobody here wrote.
add_executable(table_edges tables/edges.c)
target_link_libraries(table_edges PRIVATE Threads::Threads)
foreach(layer toolkit codec base schema)
  target_link_libraries(table_edges PRIVATE daybook_${layer})
  target_sources(table_edges PRIVATE $<TARGET_OBJECTS:daybook_${layer}>)
endforeach()
add_test(NAME tables/test_tables
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_tables.sh $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR}
    $<TARGET_FILE:daybook-workload> $<TARGET_FILE:table_edges>)
set_tests_properties(tables/test_tables PROPERTIES TIMEOUT 900 SKIP_RETURN_CODE 77)
