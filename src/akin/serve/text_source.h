// Texts to embed and word vectors to do it with, from files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "akin/base/context.h"
#include "akin/data/text/corpus.h"
#include "akin/serve/text_embedder.h"

namespace akin {

/// Texts with their ids.
struct Texts {
  IdMap ids;
  TextCorpus corpus;
};

/// How texts are split into words, as by `akin import text`.
struct TextSplit {
  std::string tokens = "words";  ///< words or space
  bool lowercase = false;
  std::string phrase_file = {};  ///< join the phrases of this file first
};

/// The documents of a data set of words, as they stand there; ids are those of its users.
Texts read_documents(const std::string& path);
/// A text a line, "-" = standard input; ids are line numbers. Remarks: what was not read as UTF-8. Throws
/// Error(kBadData) if there are no lines, Error(kUsage), Error(kIo), Error(kCancelled).
Texts read_text_lines(const std::string& path, const TextSplit& split, const Context& context);
/// One text; its id is "text".
Texts single_text(std::string_view text, const TextSplit& split, const Context& context);

}  // namespace akin
