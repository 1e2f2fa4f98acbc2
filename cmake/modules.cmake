# How a module of slipway is built: one static library, and one test program beside it.
# Third-party libraries are named as the linker knows them, not by path: the client links statically.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(GTest)

add_library(slipway_flags INTERFACE)
target_include_directories(slipway_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(slipway_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Werror
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
# fmt is compiled once, in src/base/fmt.cpp.
target_compile_definitions(slipway_flags INTERFACE
    SLIPWAY_VERSION="${PROJECT_VERSION}" _FILE_OFFSET_BITS=64)
if(SLIPWAY_SANITIZE OR SLIPWAY_FUZZ)
    target_compile_options(slipway_flags INTERFACE -UNDEBUG)
    target_compile_definitions(slipway_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(SLIPWAY_SANITIZE)
    target_compile_options(slipway_flags INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
    target_link_options(slipway_flags INTERFACE -fsanitize=address,undefined)
endif()
if(SLIPWAY_FUZZ)
    target_compile_options(slipway_flags INTERFACE
        -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
        -O1 -g1)
    target_link_options(slipway_flags INTERFACE -fsanitize=address,undefined)
endif()

# slipway_module(NAME USES modules... LIBRARIES third-party targets...)
# Sources are the .cpp files of the folder and its subfolders; *_test.cpp go to the test program.
function(slipway_module name)
    cmake_parse_arguments(module "" "" "USES;LIBRARIES" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    set(tests ${sources})
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

    add_library(slipway_${name} STATIC ${sources})
    set(uses ${module_USES})
    list(TRANSFORM uses PREPEND slipway_)
    target_link_libraries(slipway_${name} PUBLIC slipway_flags ${uses} ${module_LIBRARIES})

    if(tests AND GTest_FOUND AND NOT SLIPWAY_FUZZ)
        add_executable(${name}_test ${tests})
        target_link_libraries(${name}_test PRIVATE slipway_${name} GTest::gmock GTest::gtest_main)
        add_test(NAME unit.${name} COMMAND ${name}_test)
        set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 600
            ENVIRONMENT "SLIPWAY_SOURCE=${PROJECT_SOURCE_DIR}")
    endif()
endfunction()

# slipway_program(NAME MAIN.cpp USES modules...): stripped, its debug information beside it.
function(slipway_program name main)
    cmake_parse_arguments(program "" "" "USES" ${ARGN})
    set(uses ${program_USES})
    list(TRANSFORM uses PREPEND slipway_)
    add_executable(${name} ${main})
    target_link_libraries(${name} PRIVATE ${uses})
    if(NOT SLIPWAY_SANITIZE)
        add_custom_command(TARGET ${name} POST_BUILD
            COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:${name}> $<TARGET_FILE:${name}>.debug
            COMMAND ${CMAKE_OBJCOPY} --strip-all --add-gnu-debuglink=$<TARGET_FILE:${name}>.debug $<TARGET_FILE:${name}>
            VERBATIM)
    endif()
endfunction()
