// Documents of words on their way into a data set.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/builder.h"
#include "akin/data/text/corpus.h"
#include "akin/data/text/tokenizer.h"

namespace akin {

/// Collects texts, each a sentence of a document; then the documents become users and the words their items.
class TextDocuments {
 public:
  explicit TextDocuments(Tokenizer tokenizer) : tokenizer_(std::move(tokenizer)) {}

  /// Adds a text to the document, which may be new; a text without words counts too.
  void add(std::string_view document, std::string_view text);
  TextCorpus& corpus() { return corpus_; }
  std::size_t documents() const { return documents_.size(); }

  /// Adds an event of value 1 per token to `builder`: users are documents, items words, times 0, 1, 2 ...
  /// keep a document's order. Documents without words are left out and counted in a note.
  /// The texts are gone afterwards.
  void build(DatasetBuilder& builder, ImportReport& report, const Context& context);

 private:
  Tokenizer tokenizer_;
  TextCorpus corpus_;
  IdMap documents_;
  std::vector<idx_t> document_of_;  // by sentence
};

}  // namespace akin
