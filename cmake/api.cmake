# The library reprocess_api_documents: the files of src/api/documents/ in a program, as api/documents.h has
# them.
set(documents_folder ${PROJECT_SOURCE_DIR}/src/api/documents)
foreach(document openapi files config report)
  set(path ${documents_folder}/${document}.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} DOCUMENT_${document})
endforeach()
configure_file(${documents_folder}/documents.cc.in ${PROJECT_BINARY_DIR}/api_documents.cc @ONLY)
add_library(reprocess_api_documents STATIC ${PROJECT_BINARY_DIR}/api_documents.cc)
target_compile_options(reprocess_api_documents PRIVATE -Wno-overlength-strings)  # a document is one
target_include_directories(reprocess_api_documents PUBLIC ${PROJECT_SOURCE_DIR}/src)
