# The library reprocess_page: the files of src/page/ in a program, as api/page_files.h has them.
# Run as a script (-P), with FOLDER, PATHS and OUTPUT, it writes the source of that library.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(page_folder ${PROJECT_SOURCE_DIR}/src/page)
  file(GLOB_RECURSE page_paths CONFIGURE_DEPENDS RELATIVE ${page_folder} ${page_folder}/*)
  list(FILTER page_paths EXCLUDE REGEX "\\.json$")  # for those who test and vendor modules
  list(SORT page_paths)
  list(TRANSFORM page_paths PREPEND ${page_folder}/ OUTPUT_VARIABLE page_inputs)
  set(page_source ${PROJECT_BINARY_DIR}/page_files.cc)
  add_custom_command(OUTPUT ${page_source}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${page_folder} "-DPATHS=${page_paths}" -DOUTPUT=${page_source}
      -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${page_inputs} ${CMAKE_CURRENT_LIST_FILE}
    COMMENT "Putting the page's files into ${page_source}" VERBATIM)
  add_library(reprocess_page STATIC ${page_source})
  target_compile_options(reprocess_page PRIVATE -Wno-overlength-strings)  # a file of the page is one
  target_include_directories(reprocess_page PUBLIC ${PROJECT_SOURCE_DIR}/src)
  return()
endif()

set(type_of_html "text/html; charset=utf-8")
set(type_of_js "text/javascript; charset=utf-8")
set(type_of_css "text/css; charset=utf-8")
set(type_of_svg "image/svg+xml")
set(type_of_LICENSE "text/plain; charset=utf-8")
set(ENV{SOURCE_DATE_EPOCH} 0)  # the same bytes whenever it is built

# The bytes of a file as a string_view literal.
function(literal_of path result)
  file(READ ${path} hex HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${hex}")
  set(${result} "\"${bytes}\"sv" PARENT_SCOPE)
endfunction()

set(rows "")
foreach(path IN LISTS PATHS)
  string(REGEX REPLACE ".*\\." "" ending ${path})
  if(NOT DEFINED type_of_${ending})
    message(FATAL_ERROR "src/page/${path}: page.cmake does not know the type of .${ending}")
  endif()
  file(ARCHIVE_CREATE OUTPUT ${OUTPUT}.gz PATHS ${FOLDER}/${path} FORMAT raw COMPRESSION GZip)
  file(SHA256 ${FOLDER}/${path} hash)
  string(SUBSTRING ${hash} 0 20 hash)
  literal_of(${FOLDER}/${path} plain)
  literal_of(${OUTPUT}.gz gzip)
  string(APPEND rows
    "    {\"${path}\", \"${type_of_${ending}}\", \"\\\"${hash}\\\"\",\n     ${plain},\n     ${gzip}},\n")
endforeach()
file(REMOVE ${OUTPUT}.gz)
file(WRITE ${OUTPUT} "// Made by cmake/page.cmake from src/page/.
#include \"api/page_files.h\"

#include <array>

namespace reprocess {
namespace {

using std::operator\"\"sv;

constexpr auto kFiles = std::to_array<PageFile>({
${rows}});

}  // namespace

std::span<const PageFile> PageFiles() {
  return kFiles;
}

}  // namespace reprocess
")
