# What was built can be embedded: from this tree, and from an installed copy.
# An archive of instrumented objects needs the instruments' runtime.
set(instruments "")
if(DAYBOOK_SANITIZE)
  set(instruments "-fsanitize=${DAYBOOK_SANITIZE}")
elseif(DAYBOOK_COVERAGE)
  set(instruments "--coverage")
endif()
add_executable(test_embedding engine/test_embedding.c)
target_link_libraries(test_embedding PRIVATE daybook_shared)
foreach(how tree pkg-config pkg-config-static cmake)
  add_test(NAME install/${how} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/test_install.sh ${how}
    ${CMAKE_BINARY_DIR} ${CMAKE_CURRENT_SOURCE_DIR} $<TARGET_FILE:test_embedding> ${CMAKE_C_COMPILER}
    "${instruments}")
  set_tests_properties(install/${how} PROPERTIES TIMEOUT 300 LABELS install)
endforeach()
find_program(DAYBOOK_CXX NAMES c++ g++ clang++)
if(DAYBOOK_CXX)
  add_test(NAME install/staged-c++ COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/test_install.sh staged-c++
    ${CMAKE_BINARY_DIR} ${CMAKE_CURRENT_SOURCE_DIR} none ${DAYBOOK_CXX} "${instruments}")
  set_tests_properties(install/staged-c++ PROPERTIES TIMEOUT 300 LABELS install)
endif()
add_test(NAME install/symbols COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/test_symbols.sh
  $<TARGET_FILE:daybook_shared> $<TARGET_FILE:daybook_static> ${CMAKE_BINARY_DIR})
add_test(NAME install/service COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/test_service.sh ${CMAKE_BINARY_DIR})
set_tests_properties(install/service PROPERTIES TIMEOUT 300 LABELS install SKIP_RETURN_CODE 77)
