// A table's columns, stated once, as in model/checkpoint.cc: VisitColumns(row, visit) calls
// visit(name, field, role) for each, in order. From that come a SELECT's list and the row again of
// what was selected, the values of a row, an INSERT of many rows (put_rows.h) and what an upsert
// replaces.
//
//   text       is escaped (text.h) on its way in, and unescaped on its way out
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/prefix_hash.h"
#include "model/stores.h"
#include "store/connection.h"
#include "store/schema.h"
#include "store/text.h"

namespace reprocess {

enum class Role : std::uint8_t {
  kKey,       // which row it is
  kOnce,      // as the row was made with
  kReplaced,  // by a row with the same key
  kProgress,  // … and back to what a fresh row has when all is to be read anew
  kSpecial,   // the statement says what becomes of it
};

// Fields that are kept otherwise than their type says.
template <class T>
struct OrNull {  // NULL where it is empty
  T& text;
};
template <class C>
struct SumOf {  // all skips or all errors; read back under the first reason of its side
  C& counters;
  Side side;
};
template <class C>
struct ReasonsOf {  // by reason, and so they are read back: behind the SumOf of its side
  C& counters;
  Side side;
};
template <class N, class L>
struct OffsetOf {  // NULL where the item is a whole file
  N& offset;
  L& length;
};

template <class T, class R>
concept MaybeConst = std::same_as<std::remove_const_t<T>, R>;

// A field as its column holds it.
struct ToCell {
  using Value = Arg::Value;
  static Value TextOrNull(std::string text) {
    return text.empty() ? Value(nullptr) : Value(std::move(text));
  }

  static Value Of(const std::string& text) { return Escape(text); }
  static Value Of(OrNull<const std::string> text) { return TextOrNull(Escape(text.text)); }
  static Value Of(FileState state) { return std::string(NameOf(state)); }
  static Value Of(Reason reason) { return std::string(NameOf(reason)); }
  static Value Of(const PlaceHash& hash) { return TextOrNull(TextOf(hash)); }
  static Value Of(const std::vector<ByteRange>& ranges) { return TextOrNull(JoinRanges(ranges)); }
  static Value Of(ReasonsOf<const Counters> of) { return ReasonsText(of.counters, of.side); }
  static Value Of(SumOf<const Counters> of) {
    return Of(of.side == Side::kSkips ? of.counters.skipped() : of.counters.errors());
  }
  static Value Of(OffsetOf<const std::uint64_t, const std::optional<std::uint64_t>> of) {
    return of.offset == 0 && !of.length ? Value(nullptr) : Of(of.offset);
  }
  template <class T>
  static Value Of(const std::optional<T>& field) {
    return field ? Of(*field) : Value(nullptr);
  }
  template <std::integral T>
  static Value Of(T number) {
    return static_cast<std::int64_t>(number);
  }
};

// A cell of a row as the field that its column holds; what is no name of a state: planned.
struct FromCell {
  const Row& row;
  std::size_t at;

  void Into(std::string& text) const { text = Unescape(row.Text(at)); }
  void Into(OrNull<std::string> text) const { Into(text.text); }
  void Into(FileState& state) const { state = FileStateOf(row.Text(at)); }
  void Into(Mode& mode) const { mode = ModeOf(row.Text(at)); }
  void Into(Reason& reason) const {
    reason = ReasonOf(row.Text(at)).value_or(Reason::kInvalidJson);
  }
  void Into(Milliseconds& age) const { age = Milliseconds(row.Number(at)); }
  void Into(PlaceHash& hash) const { hash = PlaceHashOf(row.Text(at)); }
  void Into(std::vector<ByteRange>& ranges) const { ranges = SplitRanges(row.Text(at)); }
  void Into(std::vector<std::int64_t>& offsets) const { offsets = SplitOffsets(row.Text(at)); }
  void Into(SumOf<Counters> of) const { of.counters[FirstOf(of.side)] = row.Count(at); }
  void Into(ReasonsOf<Counters> of) const {
    of.counters[FirstOf(of.side)] = 0;
    AddReasons(row.Text(at), of.counters);
  }
  void Into(OffsetOf<std::uint64_t, std::optional<std::uint64_t>> of) const { Into(of.offset); }
  template <class T>
  void Into(std::optional<T>& field) const {
    if (!row.IsNull(at)) Into(field.emplace());
  }
  template <std::integral T>
  void Into(T& number) const {
    number = static_cast<T>(row.Number(at));
  }

  static FileState FileStateOf(std::string_view name);
  static Mode ModeOf(std::string_view name);
  static Reason FirstOf(Side side) {
    return side == Side::kSkips ? Reason::kBlank : Reason::kInvalidJson;
  }
};

template <class T>
inline constexpr bool kIsNumber =
    std::is_integral_v<T> || std::same_as<T, std::optional<std::uint64_t>> ||
    std::same_as<T, std::optional<int>>;
template <class C>
inline constexpr bool kIsNumber<SumOf<C>> = true;
template <class N, class L>
inline constexpr bool kIsNumber<OffsetOf<N, L>> = true;

struct Column {
  std::string_view name;
  Role role = Role::kReplaced;
  bool number = false;  // else a text
};

template <class R>
const std::vector<Column>& ColumnsOf() {
  static const std::vector<Column> kColumns = [] {
    std::vector<Column> columns;
    const R row{};
    VisitColumns(row, [&]<class T>(std::string_view name, const T&, Role role) {
      columns.push_back({name, role, kIsNumber<T>});
    });
    return columns;
  }();
  return kColumns;
}

// In the order of ColumnsOf.
template <class R>
std::vector<Arg::Value> ValuesOf(const R& row) {
  std::vector<Arg::Value> values;
  VisitColumns(
      row, [&](std::string_view, const auto& field, Role) { values.push_back(ToCell::Of(field)); });
  return values;
}

// The values of those with this role, each by its column's name.
template <class R>
std::vector<Arg> ArgsOf(const R& row, Role only) {
  std::vector<Arg> args;
  VisitColumns(row, [&](std::string_view name, const auto& field, Role role) {
    if (role == only) args.emplace_back(name, ToCell::Of(field));
  });
  return args;
}

// What a SELECT of these columns answered, from cell `at` on.
template <class R>
R ReadRow(const Row& cells, std::size_t at = 0) {
  R row{};
  VisitColumns(row,
               [&](std::string_view, auto&& field, Role) { FromCell{cells, at++}.Into(field); });
  return row;
}

// "a, b, c", each with `before` in front of its name.
std::string NamesOf(const std::vector<Column>& columns, std::string_view before = {});
// The same for a SELECT from our table `table`, with NULL for a column that it lacks: an earlier
// build made it, and only who writes may add what is missing.
std::string SelectListOf(const std::vector<Column>& columns, const Schema& schema,
                         std::string_view table);
// "a = :a, b = :b", of those with this role.
std::string AssignedOf(const std::vector<Column>& columns, Role only);
// "a = excluded.a, b = excluded.b", of those that a row with the same key replaces.
std::string ReplacedOf(const std::vector<Column>& columns);

}  // namespace reprocess
