file(READ ${SOURCE} text)
string(REPLACE "package daybook.v1;\n"
  "package daybook.v1;\nimport \"protobuf-c/protobuf-c.proto\";\noption (pb_c_file).c_package = \"pb\";\n" text "${text}")
file(WRITE ${COPY} "${text}")
