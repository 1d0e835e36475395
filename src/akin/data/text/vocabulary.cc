#include "akin/data/text/vocabulary.h"

#include <algorithm>
#include <charconv>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/data/text/escaped_field.h"

namespace akin {

std::vector<CountedWord> count_words(const TextCorpus& corpus) {
  const std::vector<std::uint64_t> counts = corpus.counts();
  std::vector<CountedWord> result;
  for (idx_t w = 0; w < counts.size(); ++w) {
    if (counts[w] > 0) result.push_back({std::string(corpus.words.id(w)), counts[w]});
  }
  std::ranges::sort(result, [](const CountedWord& a, const CountedWord& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  });
  return result;
}

void write_vocabulary(const std::vector<CountedWord>& words, const std::string& path) {
  AtomicFile file(path);
  if (!words.empty()) file.write(text_mark(words[0].word));
  for (const CountedWord& entry : words)
    file.write(fmt::format("{}\t{}\n", escaped_field(entry.word), entry.count));
  file.commit();
}

std::vector<CountedWord> read_vocabulary(const std::string& path) {
  LineReader lines(path);
  std::vector<CountedWord> result;
  IdMap seen;
  while (const auto line = lines.next()) {
    if (line->empty()) continue;
    const std::size_t tab = std::min(line->rfind('\t'), line->size());
    CountedWord entry{unescaped_field(line->substr(0, tab))};
    if (entry.word.empty())
      fail(ErrorCode::kBadData, "{}: there is no word before the tab", lines.position());
    if (tab < line->size()) {
      const std::string_view count = line->substr(tab + 1);
      const char* const end = count.data() + count.size();
      const auto [stop, error] = std::from_chars(count.data(), end, entry.count);
      if (error != std::errc() || stop != end || count.empty()) {
        fail(ErrorCode::kBadData, "{}: '{}' is not a count; a word, a tab and its count are expected",
             lines.position(), count);
      }
    }
    if (seen.add(entry.word) < result.size())
      fail(ErrorCode::kBadData, "{}: '{}' is in the vocabulary already", lines.position(), entry.word);
    result.push_back(std::move(entry));
  }
  if (result.empty()) fail(ErrorCode::kBadData, "{}: there are no words", path);
  return result;
}

RemovedWords keep_vocabulary(TextCorpus& corpus, const std::vector<CountedWord>& vocabulary) {
  std::vector<char> kept(corpus.words.size());
  for (const CountedWord& entry : vocabulary) {
    if (const auto word = corpus.words.find(entry.word)) kept[*word] = 1;
  }
  std::vector<char> removed(corpus.words.size());
  const std::size_t before = corpus.tokens.size();
  rewrite_sentences(corpus, [&](std::span<const idx_t> sentence, idx_t* out) {
    std::uint64_t n = 0;
    for (const idx_t token : sentence) {
      kept[token] != 0 ? void(out[n++] = token) : void(removed[token] = 1);
    }
    return n;
  });
  return {before - corpus.tokens.size(), static_cast<std::uint64_t>(std::ranges::count(removed, 1))};
}

}  // namespace akin
