#include "akin/text/text_words.h"

#include <libstemmer.h>

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/data/id_map.h"
#include "akin/data/readers/amazon_text.h"

namespace akin {
namespace {

/// Words of English that say little of what a text is about; not and no are none of them.
constexpr std::array<std::string_view, 102> kEnglish = {
    "a",    "about", "after",   "again", "all",   "also",  "am",   "an",   "and",   "any",    "are",
    "as",   "at",    "be",      "been",  "being", "both",  "but",  "by",   "can",   "could",  "did",
    "do",   "does",  "doing",   "down",  "each",  "for",   "from", "had",  "has",   "have",   "having",
    "he",   "her",   "here",    "hers",  "him",   "his",   "how",  "i",    "if",    "in",     "into",
    "is",   "it",    "it's",    "its",   "just",  "me",    "my",   "of",   "off",   "on",     "once",
    "or",   "other", "our",     "ours",  "out",   "over",  "own",  "same", "she",   "should", "so",
    "some", "such",  "than",    "that",  "the",   "their", "them", "then", "there", "these",  "they",
    "this", "those", "through", "to",    "under", "until", "up",   "us",   "was",   "we",     "were",
    "what", "when",  "where",   "which", "while", "who",   "whom", "why",  "will",  "with",   "would",
    "you",  "your",  "yours"};

std::vector<std::string> stemmers() {
  std::vector<std::string> names;
  for (const char** name = sb_stemmer_list(); *name != nullptr; ++name) names.emplace_back(*name);
  return names;
}

bool begins_tag(std::string_view text, std::size_t at) {
  if (text[at] != '<' || at + 1 == text.size()) return false;
  const char next = text[at + 1];
  return next == '/' || next == '!' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
}

struct CloseStemmer {
  void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
};

}  // namespace

void WordOptions::add_params(std::vector<Param>& params) {
  params.push_back(
      {"tokens",
       &tokens,
       "what is a word: words = as Unicode has them, without punctuation; space = all between white space",
       0,
       0,
       {"words", "space"}});
  params.push_back({"lowercase", &lowercase, "upper and lower case are the same"});
  params.push_back({"markup", &markup, "remove HTML tags and decode character references such as &amp;"});
  params.push_back(
      {"stop_words", &stop_words, "leave out frequent words of a language", 0, 0, {"none", "english"}});
  params.push_back({"stem", &stem, "reduce words to their stems: a language of Snowball, such as english"});
}

void WordOptions::save(TensorWriter& writer, const std::string& prefix) const {
  writer.meta(prefix + ".tokens", tokens);
  writer.meta(prefix + ".lowercase", lowercase ? "1" : "0");
  writer.meta(prefix + ".markup", markup ? "1" : "0");
  writer.meta(prefix + ".stop_words", stop_words);
  writer.meta(prefix + ".stem", stem);
}

WordOptions WordOptions::load(const TensorReader& reader, const std::string& prefix) {
  WordOptions options;
  options.tokens = reader.meta(prefix + ".tokens");
  options.lowercase = reader.meta_int(prefix + ".lowercase", 0, 1) == 1;
  options.markup = reader.meta_int(prefix + ".markup", 0, 1) == 1;
  options.stop_words = reader.meta(prefix + ".stop_words");
  options.stem = reader.meta(prefix + ".stem");
  try {
    static_cast<void>(TextWords(options));
  } catch (const Error& error) {
    reader.inconsistent(error.what());
  }
  return options;
}

bool has_html(std::string_view text) { return text.find_first_of("<&") != std::string_view::npos; }

std::string plain_text(std::string_view text) {
  std::string without_tags;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = begins_tag(text, at) ? text.find('>', at) : std::string_view::npos;
    if (end == std::string_view::npos) {
      const std::size_t next = std::min(text.find('<', at + 1), text.size());
      without_tags += text.substr(at, next - at);
      at = next;
    } else {
      without_tags += ' ';
      at = end + 1;
    }
  }
  std::string plain;
  append_decoded_html(plain, without_tags);
  return plain;
}

struct TextWords::State {
  Tokenizer tokenizer;
  TokenKind kind;
  std::optional<Tokenizer> surface_tokenizer = {};  // made when it is needed
  bool lowercase, markup;
  bool has_stop_words = false;
  IdMap stop_words = {};
  std::unique_ptr<sb_stemmer, CloseStemmer> stemmer = {};
  IdMap words = {};  // seen before, with their stems
  std::vector<std::string> stems = {};
  std::string plain = {};
  std::vector<std::string_view> kept = {};

  std::string_view cleaned(std::string_view text) {
    if (!markup || !has_html(text)) return text;
    plain = plain_text(text);
    return plain;
  }
  bool is_kept(std::string_view word) const { return !has_stop_words || !stop_words.find(word); }

  /// For so many more stems: those of one text are pointed to until the next.
  void make_room(std::size_t more) {
    constexpr std::size_t kMostKept = 1 << 20;
    if (words.size() >= kMostKept) {
      words = {};
      stems.clear();
    }
    if (stems.size() + more > stems.capacity()) stems.reserve(2 * (stems.size() + more));
  }

  std::string_view stem_of(std::string_view word) {
    const idx_t row = words.add(word);
    if (row == stems.size()) {
      const auto* symbols = reinterpret_cast<const sb_symbol*>(word.data());
      const sb_symbol* stem = sb_stemmer_stem(stemmer.get(), symbols, static_cast<int>(word.size()));
      if (stem == nullptr) throw std::bad_alloc();
      stems.emplace_back(reinterpret_cast<const char*>(stem),
                         static_cast<std::size_t>(sb_stemmer_length(stemmer.get())));
    }
    return stems[row];
  }
};

TextWords::TextWords(const WordOptions& options) {
  const TokenKind kind = parse_token_kind(options.tokens);
  state_ = std::make_unique<State>(State{.tokenizer = Tokenizer(kind, options.lowercase),
                                         .kind = kind,
                                         .lowercase = options.lowercase,
                                         .markup = options.markup});
  if (options.stop_words == "english") {
    state_->has_stop_words = true;
    for (const std::string_view word : kEnglish) state_->stop_words.add(word);
  } else if (options.stop_words != "none") {
    fail(ErrorCode::kUsage, "stop_words: '{}': expected none or english", options.stop_words);
  }
  if (options.stem == "none") return;
  const std::vector<std::string> known = stemmers();
  if (std::ranges::find(known, options.stem) == known.end()) {
    fail(ErrorCode::kUsage, "stem: '{}'{}: expected none or {}", options.stem,
         did_you_mean(options.stem, known), fmt::join(known, ", "));
  }
  state_->stemmer.reset(sb_stemmer_new(options.stem.c_str(), "UTF_8"));
  if (!state_->stemmer) throw std::bad_alloc();
}

TextWords::~TextWords() = default;
TextWords::TextWords(TextWords&&) noexcept = default;

std::span<const std::string_view> TextWords::operator()(std::string_view text) {
  const std::span<const std::string_view> tokens = state_->tokenizer(state_->cleaned(text));
  if (!state_->has_stop_words && !state_->stemmer) return tokens;
  if (state_->stemmer) state_->make_room(tokens.size());
  state_->kept.clear();
  for (const std::string_view token : tokens) {
    if (state_->is_kept(token)) state_->kept.push_back(state_->stemmer ? state_->stem_of(token) : token);
  }
  return state_->kept;
}

std::span<const std::string_view> TextWords::surfaces(std::string_view text) {
  State& state = *state_;
  if (!state.surface_tokenizer) state.surface_tokenizer.emplace(state.kind, false);
  const std::span<const std::string_view> words = state.tokenizer(state.cleaned(text));
  std::vector<bool> kept;
  for (const std::string_view word : words) kept.push_back(state.is_kept(word));
  const std::span<const std::string_view> tokens = (*state.surface_tokenizer)(state.cleaned(text));
  state.kept.clear();
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    if (kept[t]) state.kept.push_back(tokens[t]);
  }
  return state.kept;
}

}  // namespace akin
