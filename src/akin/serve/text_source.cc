#include "akin/serve/text_source.h"

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/data/dataset.h"
#include "akin/data/readers/text_decode.h"
#include "akin/data/text/phrases.h"
#include "akin/data/text/tokenizer.h"

namespace akin {
namespace {

constexpr std::uint64_t kLinesToStop = 1 << 12;

/// Collects texts.
class TextCollector {
 public:
  explicit TextCollector(const TextSplit& split)
      : split_(split), tokenize_(parse_token_kind(split.tokens), split.lowercase) {}

  void add(std::string_view id, std::string_view text) {
    texts_.ids.add(id);
    texts_.corpus.add_sentence(tokenize_(decode_(text)));
  }
  Texts finish(const Context& context) {
    if (!split_.phrase_file.empty()) join_phrases(texts_.corpus, read_phrases(split_.phrase_file));
    if (const std::string note = decode_.note(); !note.empty()) context.remark(note);
    return std::move(texts_);
  }

 private:
  const TextSplit& split_;
  Tokenizer tokenize_;
  TextDecoder decode_;
  Texts texts_;
};

}  // namespace

Texts read_documents(const std::string& path) {
  Dataset data = load_dataset(path);
  Texts texts;
  for (const Event& event : data.events) texts.corpus.tokens.push_back(event.item);
  const std::vector<std::uint64_t> offsets = user_offsets(data.events, data.n_users());
  texts.corpus.ends.assign(offsets.begin() + 1, offsets.end());
  texts.corpus.words = std::move(data.items);
  texts.ids = std::move(data.users);
  return texts;
}

Texts read_text_lines(const std::string& path, const TextSplit& split, const Context& context) {
  TextCollector texts(split);
  LineReader lines(path);
  while (const auto line = lines.next()) {
    texts.add(fmt::format("{}", lines.line_number()), *line);
    if (lines.line_number() % kLinesToStop == 0) context.check_stop();
  }
  Texts result = texts.finish(context);
  if (result.corpus.sentences() == 0) fail(ErrorCode::kBadData, "{}: there are no lines", path);
  return result;
}

Texts single_text(std::string_view text, const TextSplit& split, const Context& context) {
  TextCollector texts(split);
  texts.add("text", text);
  return texts.finish(context);
}

}  // namespace akin
