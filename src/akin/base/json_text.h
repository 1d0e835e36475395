// JSON texts of files, read within limits: the one place that parses them.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// The value that `text` says. `where` is named in errors, such as "net.akin: metadata net.layers". Throws
/// Error(kBadData) where it is not JSON or nested deeper than 100 levels: values are destroyed by recursion.
nlohmann::json parse_json(std::string_view text, std::string_view where);

/// The fields of an object, each of the type that is asked for. Every member throws Error(kBadData) that says
/// `where`, the field, and what was expected.
class JsonFields {
 public:
  /// `object` must outlive the reader.
  JsonFields(const nlohmann::json& object, std::string where);

  const std::string& where() const { return where_; }
  bool has(const std::string& name) const { return object_.contains(name); }
  const nlohmann::json& field(const std::string& name) const;
  std::string text(const std::string& name) const;
  double number(const std::string& name) const;
  /// null stands for NaN.
  double number_or_null(const std::string& name) const;
  std::int64_t whole(const std::string& name, std::int64_t min, std::int64_t max) const;
  std::uint64_t seed(const std::string& name) const;
  bool flag(const std::string& name) const;
  std::vector<std::string> texts(const std::string& name) const;
  /// An object whose values are texts.
  std::map<std::string, std::string> text_map(const std::string& name) const;

 private:
  [[noreturn]] void wrong(const std::string& name, std::string_view expected) const;
  const nlohmann::json& object_;
  std::string where_;
};

/// The object's fields, which must all be texts. Throws Error(kBadData).
std::map<std::string, std::string> json_texts(const nlohmann::json& object, std::string_view where);

}  // namespace akin
