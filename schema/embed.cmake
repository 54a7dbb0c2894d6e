# Writes the bytes of BINARY as a C array: what the program knows of its own schema.
file(READ ${BINARY} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" lines "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${lines}")
file(WRITE ${SOURCE} "/* The schema, described by protoc. */\n#include <stddef.h>\n\nextern const unsigned char schema_description[];\n"
  "extern const size_t schema_description_size;\nconst unsigned char schema_description[] = {\n${bytes}};\n"
  "const size_t schema_description_size = sizeof schema_description;\n")
