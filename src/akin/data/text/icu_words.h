// ICU's word boundaries and letter case. The one place that knows ICU.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// Words by ICU's rules for no certain language. Not safe from several threads at once.
class IcuWords {
 public:
  IcuWords();
  ~IcuWords();
  IcuWords(const IcuWords&) = delete;
  IcuWords& operator=(const IcuWords&) = delete;

  /// The words of `text` (UTF-8; bytes that are not become U+FFFD): what stands between word boundaries (UAX
  /// 29) and holds a letter, digit or ideograph. Throws Error(kIo) if ICU's data cannot be loaded.
  std::vector<std::string> words(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace akin
