// One digit of a hexadecimal number.
#pragma once

namespace reprocess {

// 0 to 15, in either case; -1 for what is none.
inline int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace reprocess
