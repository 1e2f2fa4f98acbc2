# The scripts of the initramfs become part of the program, so that it stays one file: each file
# under initramfs/ is a raw string in a generated source.

set(scripts_dir ${PROJECT_SOURCE_DIR}/initramfs)
file(GLOB_RECURSE scripts CONFIGURE_DEPENDS RELATIVE ${scripts_dir} ${scripts_dir}/*)
list(SORT scripts)

set(embedded "#include \"server/boot/scripts.h\"\n\nnamespace slipway::server::boot {\n\n")
string(APPEND embedded "const std::vector<Script>& scripts() {\n    static const std::vector<Script> all = {\n")
foreach(script ${scripts})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${scripts_dir}/${script})
    file(READ ${scripts_dir}/${script} text)
    string(APPEND embedded "        {\"${script}\", R\"slipway(${text})slipway\"},\n")
endforeach()
string(APPEND embedded "    };\n    return all;\n}\n\n} // namespace slipway::server::boot\n")
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/scripts.cpp CONTENT "${embedded}" @ONLY)
target_sources(slipway_server PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/scripts.cpp)
