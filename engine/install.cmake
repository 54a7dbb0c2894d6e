# libdaybook, static and shared, out of the layers' objects; and what `cmake --install` lays down.
set(daybook_layers schema base codec domain store projection proof engine projections)

# What whoever links or includes a form of the library needs. Only the messages' runtime shows through daybook.h.
function(daybook_library target)
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
  target_include_directories(${target} SYSTEM INTERFACE $<BUILD_INTERFACE:${DAYBOOK_GENERATED_DIR}>)
  target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/engine>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/daybook> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PUBLIC PkgConfig::PROTOBUF_C PRIVATE PkgConfig::LMDB PkgConfig::ZSTD
    PkgConfig::XXHASH PkgConfig::CRYPTO PkgConfig::NETTLE PkgConfig::UV Threads::Threads)
  if(DAYBOOK_SANITIZE)
    target_link_options(${target} PUBLIC $<BUILD_INTERFACE:-fsanitize=${DAYBOOK_SANITIZE}>)
  endif()
  if(DAYBOOK_COVERAGE)
    target_link_options(${target} PRIVATE --coverage)
  endif()
  add_dependencies(${target} daybook_generated)
endfunction()

set(daybook_objects "")
foreach(layer ${daybook_layers})
  list(APPEND daybook_objects $<TARGET_OBJECTS:daybook_${layer}>)
endforeach()

# For our own programs and tests, which may use what is inside: not installed.
add_library(daybook_inside STATIC ${daybook_objects})
daybook_library(daybook_inside)

# An archive has no version script. So it holds one object, in which all names but the public ones are local:
# a program may have a function hash64 of its own.
set(whole_object ${CMAKE_BINARY_DIR}/daybook-whole.o)
set(public_object ${CMAKE_BINARY_DIR}/daybook-public.o)
add_custom_command(OUTPUT ${public_object} BYPRODUCTS ${whole_object}
  COMMAND ${CMAKE_LINKER} -r -o ${whole_object} ${daybook_objects}
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=daybook_* --keep-global-symbol=pb__*
    ${whole_object} ${public_object}
  DEPENDS ${daybook_objects} COMMAND_EXPAND_LISTS VERBATIM)
set_source_files_properties(${public_object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
add_library(daybook_static STATIC ${public_object})
daybook_library(daybook_static)

add_library(daybook_shared SHARED ${daybook_objects})
daybook_library(daybook_shared)

set_target_properties(daybook_static daybook_shared PROPERTIES OUTPUT_NAME daybook)
set_target_properties(daybook_static PROPERTIES EXPORT_NAME static)
set_target_properties(daybook_shared PROPERTIES EXPORT_NAME daybook VERSION ${PROJECT_VERSION} SOVERSION 0
  LINK_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/daybook.map)
target_link_options(daybook_shared PRIVATE -Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/daybook.map)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/daybook)
install(TARGETS daybook_static daybook_shared EXPORT daybook
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT daybook NAMESPACE daybook:: FILE daybook-targets.cmake DESTINATION ${package_dir})

include(CMakePackageConfigHelpers)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/daybook-config.cmake.in
  ${CMAKE_BINARY_DIR}/daybook-config.cmake INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/daybook-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/daybook-config.cmake ${CMAKE_BINARY_DIR}/daybook-config-version.cmake
  DESTINATION ${package_dir})

# The prefix of `cmake --install --prefix` is known only then, so daybook.pc is written then.
install(CODE "set(PROJECT_VERSION ${PROJECT_VERSION})
  set(CMAKE_INSTALL_LIBDIR ${CMAKE_INSTALL_LIBDIR})
  set(CMAKE_INSTALL_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
  set(CMAKE_INSTALL_DATADIR ${CMAKE_INSTALL_DATADIR})
  get_filename_component(CMAKE_INSTALL_PREFIX \"\${CMAKE_INSTALL_PREFIX}\" ABSOLUTE)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/daybook.pc.in ${CMAKE_BINARY_DIR}/daybook.pc @ONLY)")
install(CODE "set(CMAKE_INSTALL_BINDIR ${CMAKE_INSTALL_BINDIR})
  get_filename_component(CMAKE_INSTALL_PREFIX \"\${CMAKE_INSTALL_PREFIX}\" ABSOLUTE)
  configure_file(${CMAKE_SOURCE_DIR}/tools/daybook.service.in ${CMAKE_BINARY_DIR}/daybook.service @ONLY)")
install(FILES ${CMAKE_BINARY_DIR}/daybook.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_BINARY_DIR}/daybook.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES engine/daybook.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/daybook)
install(FILES engine/base/error.h engine/base/values.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/daybook/base)
foreach(proto ${DAYBOOK_PROTOS})
  install(FILES ${DAYBOOK_GENERATED_DIR}/daybook/v1/${proto}.pb-c.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/daybook/v1)
  install(FILES schema/daybook/v1/${proto}.proto
    DESTINATION ${CMAKE_INSTALL_DATADIR}/daybook/proto/daybook/v1)
endforeach()
# "daybook help man" writes the page out of the program's own tables; a test compares.
install(FILES tools/daybook.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES tools/daybook.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME daybook)
install(TARGETS daybook daybook-verify RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# What `daybook` becomes for the commands that it has not (tools/quick_main.c).
install(TARGETS daybook-whole RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/daybook)

# All that an installation lays down, and none of the tests.
add_custom_target(installable DEPENDS daybook_static daybook_shared daybook daybook-whole daybook-verify)
