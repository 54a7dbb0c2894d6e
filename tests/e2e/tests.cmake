# The real program, as a user calls it.
foreach(name help complete messages translation quick same_answer commands desk books bridge replay state_damage statement submit import import_files export errors kpi receivables)
  add_test(NAME e2e/test_${name}
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_${name}.sh $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR})
  set_tests_properties(e2e/test_${name} PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77)
endforeach()

# Each day and each account is asked for by a program of its own: of both one in so many where that is slow.
set(of_each 1)
if(DAYBOOK_SANITIZE OR DAYBOOK_COVERAGE)
  set(of_each 5)
endif()
add_test(NAME e2e/test_real_data COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_real_data.sh
  $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} ${of_each})
set_tests_properties(e2e/test_real_data PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77)

# These need the sample business, too.
foreach(name plain_books backup doctor export_tables rebuild)
  add_test(NAME e2e/test_${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_${name}.sh
    $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:daybook-workload>)
  set_tests_properties(e2e/test_${name} PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77)
endforeach()

# These call the verifier, too.
foreach(name audit personal)
  add_test(NAME e2e/test_${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_${name}.sh
    $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:daybook-verify>)
  set_tests_properties(e2e/test_${name} PROPERTIES TIMEOUT 1200)
endforeach()
foreach(name audit_verify audit_bundle remote_jobs)
  add_test(NAME e2e/test_${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_${name}.sh
    $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:daybook-verify> $<TARGET_FILE:daybook-workload>)
  set_tests_properties(e2e/test_${name} PROPERTIES TIMEOUT 1200)
endforeach()

# Flips bits by a program of its own.
add_test(NAME e2e/test_audit_flips COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_audit_flips.sh
  $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:daybook-verify> $<TARGET_FILE:daybook-workload>
  $<TARGET_FILE:flips>)
set_tests_properties(e2e/test_audit_flips PROPERTIES TIMEOUT 1200)

# These start a server.
foreach(name serve serve_loops serve_tls remote remote_commands access import_dry)
  add_test(NAME e2e/test_${name}
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_${name}.sh $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR})
  set_tests_properties(e2e/test_${name} PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77)
endforeach()

add_test(NAME e2e/test_serve_faults COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_serve_faults.sh
  $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:fail_sync>)
set_tests_properties(e2e/test_serve_faults PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77)

# The sample business under a server.
add_test(NAME e2e/test_scrub COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_scrub.sh
  $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:daybook-workload>)
set_tests_properties(e2e/test_scrub PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77)

# These feed other people's servers, which they start themselves.
foreach(name feed_postgres feed_nats feed_stop)
  add_test(NAME e2e/test_${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_${name}.sh
    $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:daybook-workload>)
  set_tests_properties(e2e/test_${name} PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 77)
endforeach()
add_executable(kafka_cluster ${CMAKE_CURRENT_LIST_DIR}/kafka_cluster.c)
target_link_libraries(kafka_cluster PRIVATE daybook_house PkgConfig::RDKAFKA)
add_test(NAME e2e/test_feed_kafka COMMAND ${CMAKE_CURRENT_LIST_DIR}/test_feed_kafka.sh
  $<TARGET_FILE:daybook> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:daybook-workload> $<TARGET_FILE:kafka_cluster>)
set_tests_properties(e2e/test_feed_kafka PROPERTIES TIMEOUT 1200)
