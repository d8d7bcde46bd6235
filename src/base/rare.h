// A text or a list that nearly all of its owners leave empty: eight bytes then, not 24 or 32.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace reprocess {

// Behaves as the T that it holds; what is not there reads as an empty one.
template <class T>
class Rare {
 public:
  Rare() = default;
  template <class U>
    requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, Rare>)
  Rare(U&& value) {  // NOLINT(google-explicit-constructor): it stands for a T
    Set(T(std::forward<U>(value)));
  }
  Rare(std::initializer_list<typename T::value_type> values) { Set(T(values)); }
  Rare(const Rare& other) { Set(*other); }
  Rare(Rare&&) noexcept = default;
  Rare& operator=(const Rare& other) {
    if (this != &other) Set(*other);
    return *this;
  }
  Rare& operator=(Rare&&) noexcept = default;
  ~Rare() = default;

  const T& operator*() const {
    static const T kNone;
    return value_ ? *value_ : kNone;
  }
  operator const T&() const { return **this; }  // NOLINT(google-explicit-constructor)
  operator std::string_view() const             // NOLINT(google-explicit-constructor)
    requires std::same_as<T, std::string>
  {
    return **this;
  }

  using value_type = typename T::value_type;
  using const_iterator = typename T::const_iterator;
  const_iterator begin() const { return (**this).begin(); }
  const_iterator end() const { return (**this).end(); }
  std::size_t size() const { return (**this).size(); }
  bool empty() const { return !value_; }

  bool operator==(const Rare& other) const { return **this == *other; }
  auto operator<=>(const Rare& other) const { return **this <=> *other; }

 private:
  void Set(T value) { value_ = value.empty() ? nullptr : std::make_unique<T>(std::move(value)); }

  std::unique_ptr<T> value_;
};

}  // namespace reprocess
