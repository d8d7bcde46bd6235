// Some of a file's lines, by their numbers: one bit each, so that half of a hundred million lines, drawn
// at random, take 12.5 MB, where stretches of bytes would take gigabytes.
//
//   numbers    from 1; line n is bit (n - 1) % 8, from the lowest, of byte (n - 1) / 8
//   ownership  copies of a LineSet share its bits, which never change
//   threads    LineBits: one at a time. LineSet: any
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reprocess {

class LineBits {
 public:
  LineBits() = default;
  explicit LineBits(std::string bytes) : bytes_(std::move(bytes)) {}

  void Add(std::uint64_t number);
  bool Has(std::uint64_t number) const {
    const std::uint64_t at = (number - 1) / 8;
    return at < bytes_.size() && (static_cast<unsigned char>(bytes_[at]) >> ((number - 1) % 8)) % 2;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// What an item of a list says of its lines: all of them, or a set that is known by the SHA-256 of its
// bytes, in hexadecimal, and is in the job's database.
class LineSet {
 public:
  LineSet() = default;
  explicit LineSet(LineBits bits);
  static LineSet Named(std::string sha256);

  bool all() const { return known_ == nullptr; }
  bool loaded() const { return all() || known_->bits.has_value(); }
  std::string_view sha256() const { return all() ? std::string_view() : known_->sha256; }
  // Of one that is loaded.
  bool Has(std::uint64_t number) const { return all() || known_->bits->Has(number); }
  const std::string& bytes() const { return known_->bits->bytes(); }  // not of all

  bool operator==(const LineSet& other) const { return sha256() == other.sha256(); }

 private:
  struct Known {
    std::string sha256;
    std::optional<LineBits> bits;
  };
  std::shared_ptr<const Known> known_;
};

}  // namespace reprocess
