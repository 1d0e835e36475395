#include "akin/data/text/text_documents.h"

#include <fmt/core.h>

#include <algorithm>

namespace akin {
namespace {

/// "3 of 100 documents have no words and are left out: 5, 17, 80".
std::string empty_note(const IdMap& documents, const std::vector<std::int64_t>& lengths) {
  constexpr std::uint64_t kShown = 5;
  std::string names;
  std::uint64_t empty = 0;
  for (idx_t d = 0; d < documents.size(); ++d) {
    if (lengths[d] > 0) continue;
    if (++empty <= kShown) names += fmt::format("{}{}", empty > 1 ? ", " : "", documents.id(d));
  }
  if (empty == 0) return "";
  return fmt::format("{} of {} documents have no words and are left out: {}{}", empty, documents.size(),
                     names, empty > kShown ? ", ..." : "");
}

}  // namespace

void TextDocuments::add(std::string_view document, std::string_view text) {
  document_of_.push_back(documents_.add(document));
  corpus_.add_sentence(tokenizer_(text));
}

void TextDocuments::build(DatasetBuilder& builder, ImportReport& report, const Context& context) {
  constexpr std::size_t kSentencesToStop = 1 << 12;
  std::vector<std::int64_t> lengths(documents_.size());
  builder.reserve(corpus_.tokens.size());
  for (std::size_t s = 0; s < corpus_.sentences(); ++s) {
    if (s % kSentencesToStop == 0) {
      context.check_stop();
      context.report({"building", s, corpus_.sentences(), "texts"});
    }
    const std::string_view document = documents_.id(document_of_[s]);
    for (const idx_t token : corpus_.sentence(s))
      builder.add_event(document, corpus_.words.id(token), 1, lengths[document_of_[s]]++ * kSecond);
  }
  std::string note = empty_note(documents_, lengths);
  if (!note.empty()) report.notes.push_back(std::move(note));
  corpus_ = {};
}

}  // namespace akin
