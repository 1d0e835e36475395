// Numbers of delimited text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace akin {

/// Why a text is not a value, as the reason it is counted under; nullptr if it is one.
struct ParsedValue {
  float value = 0;
  const char* problem = nullptr;
};

/// Reads a decimal number such as 4, 3.5, -1e3, with blanks around it allowed; correctly rounded. Problems:
/// "no value", "value is not a number", "value is NaN or infinite", "value out of range".
ParsedValue parse_value(std::string_view text);

/// Reads the values of a column: numbers with a decimal point or comma, thousands set apart by the other one, by
/// blanks or by apostrophes (1,300.50, 1.300,50, 1 300,5), and truth values: true, yes, T, Y are 1, their
/// opposites 0. Keeps no state of the cells; safe from many threads.
class ValueParser {
 public:
  enum class Form { kPlain, kGrouped, kTruth };
  explicit ValueParser(char decimal = '.') : decimal_(decimal) {}
  ParsedValue operator()(std::string_view text) const {
    if (decimal_ == '.') {
      const ParsedValue parsed = parse_value(text);
      if (parsed.problem == nullptr) return parsed;
    }
    Form form = Form::kPlain;
    return parse_other(text, form);
  }
  /// The same for what parse_value() does not read; sets `form` to what it turned out to be.
  ParsedValue parse_other(std::string_view text, Form& form) const;
  char decimal() const { return decimal_; }

 private:
  char decimal_;
};

/// Whether the numbers of a column have a decimal point or a decimal comma, judged by all of them.
class DecimalGuess {
 public:
  void add(std::string_view cell);
  /// '.' or ','. Where all commas could set thousands apart (1,300) they do, but in a file of semicolons, whose
  /// commas are decimal. Points that all could (1.300) do so in a file of semicolons.
  char decimal(bool semicolons) const;
  /// True while there are commas or points and more cells can still say what they are.
  bool open() const { return (either_ > 0 || open_points()) && decimal_commas_ + thousands_commas_ == 0; }
  /// How a comma or point that could be either was read; "" if there is no doubt.
  std::string doubt(bool semicolons) const;

 private:
  void add_points(std::string_view cell);
  bool open_points() const { return either_ == 0 && either_points_ > 0 && decimal_points_ == 0; }
  std::uint64_t decimal_commas_ = 0, thousands_commas_ = 0, either_ = 0;
  std::uint64_t decimal_points_ = 0, either_points_ = 0;  // of cells without commas
  std::string first_either_, first_point_;
};

}  // namespace akin
