// Format text: documents become users, their words items.
#include <charconv>
#include <set>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/data/dataset.h"
#include "akin/data/readers/delimited.h"
#include "akin/data/readers/options.h"
#include "akin/data/readers/record_reader.h"
#include "akin/data/readers/text_decode.h"
#include "akin/data/text/phrases.h"
#include "akin/data/text/text_documents.h"
#include "akin/data/text/vocabulary.h"

namespace akin {
namespace {

/// What a document is: of text files a line or a file, of a data set a review, or all reviews of an item
/// or a user.
enum class Unit { kLine, kFile, kReview, kItem, kUser };

struct TextImport {
  const ImportRequest& request;
  ImportReport& report;
  const Context& context;
  TextDecoder decode;
  TextDocuments documents;
  DatasetBuilder& builder;
};

Unit parse_unit(const ImportRequest& request, const std::string& file, bool is_dataset) {
  const std::string text = option(request, "documents");
  if (is_dataset) {
    if (text.empty() || text == "review") return Unit::kReview;
    if (text == "item") return Unit::kItem;
    if (text == "user") return Unit::kUser;
    fail(ErrorCode::kUsage,
         "option documents: '{}': {} is a data set; expected review, item or user (all reviews of one "
         "are a document)",
         text, file);
  }
  if (text.empty() || text == "line") return Unit::kLine;
  if (text == "file") return Unit::kFile;
  const bool of_dataset = text == "review" || text == "item" || text == "user";
  fail(ErrorCode::kUsage, "option documents: '{}': expected line or file{}", text,
       of_dataset ? fmt::format("; {} is not a data set written by `akin import`", file) : "");
}

/// Whether the file is a data set; other files of akin are refused.
bool is_dataset_file(const std::string& path) {
  const std::string kind = file_kind(path);
  if (kind.empty() || kind == "dataset") return !kind.empty();
  fail(ErrorCode::kBadData,
       "{}: a file of kind '{}' holds no texts; name text files, or a data set with reviews", path, kind);
}

void read_lines(TextImport& import, const std::string& path, Unit unit) {
  constexpr std::uint64_t kLinesToTick = 1 << 13;
  const std::string prefix = import.request.files.size() > 1 ? path + ":" : "";
  LineReader lines(path);
  std::string document = path;
  while (const auto line = lines.next()) {
    if (unit == Unit::kLine) document = fmt::format("{}{}", prefix, lines.line_number());
    import.documents.add(document, import.decode(*line));
    if (lines.line_number() % kLinesToTick != 0) continue;
    import.context.check_stop();
    report_reading(lines, import.context);
  }
  import.report.lines += lines.line_number();
  import.report.bytes += lines.bytes_read();
}

void read_reviews(TextImport& import, const std::string& path, Unit unit) {
  constexpr std::size_t kReviewsToTick = 1 << 12;
  const Dataset data = load_dataset(path);
  const ReviewTable& reviews = data.reviews;
  if (reviews.size() == 0) fail(ErrorCode::kBadData, "{}: the data set has no reviews, only events", path);
  const std::string prefix = import.request.files.size() > 1 ? path + ":" : "";
  std::uint64_t held_out = 0;
  for (std::size_t r = 0; r < reviews.size(); ++r) {
    if (r % kReviewsToTick == 0) {
      import.context.check_stop();
      import.context.report({"reading", r, reviews.size(), "reviews"});
    }
    const Event& event = data.events[reviews.event[r]];
    import.report.bytes += reviews.summary[r].size() + reviews.text[r].size();
    ++import.report.lines;
    if (event.subset != Subset::kTrain) {
      ++held_out;
      continue;
    }
    const std::string_view user = data.users.id(event.user), item = data.items.id(event.item);
    const std::string number = unit == Unit::kReview ? fmt::format("{}{}", prefix, r + 1) : "";
    const std::string_view document = unit == Unit::kReview ? number : unit == Unit::kItem ? item : user;
    import.documents.add(document, import.decode(reviews.summary[r]));
    import.documents.add(document, import.decode(reviews.text[r]));
    if (unit != Unit::kReview) continue;
    import.builder.set_user_attribute(document, "user", user);
    import.builder.set_user_attribute(document, "item", item);
  }
  if (held_out > 0) {
    import.report.notes.push_back(fmt::format("{} reviews of the given test set are left out", held_out));
  }
}

std::uint64_t whole_number(const ImportRequest& request, std::string_view name, std::string_view fallback) {
  const std::string text = option(request, name, fallback);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value > 0x7FFFFFFF)
    fail(ErrorCode::kUsage, "option {}: '{}' is not a whole number of at least 0", name, text);
  return value;
}

/// Joins phrases as the options say: found here, or read from a file.
void apply_phrases(TextImport& import) {
  const ImportRequest& request = import.request;
  const std::string known = option(request, "phrase_file"), out = option(request, "write_phrases");
  PhraseOptions options;
  options.passes = static_cast<int>(whole_number(request, "phrases", "0"));
  options.threshold =
      option_number(request, "phrase_threshold").value_or(static_cast<float>(options.threshold));
  options.min_count = whole_number(request, "phrase_min_count", fmt::format("{}", options.min_count));
  std::vector<Phrase> phrases;
  if (options.passes > 0) {
    phrases = find_phrases(import.documents.corpus(), options, import.context);
    import.report.notes.push_back(fmt::format("{} phrases were joined by _", phrases.size()));
  } else if (!known.empty()) {
    phrases = read_phrases(known);
    join_phrases(import.documents.corpus(), phrases);
  }
  if (!out.empty()) write_phrases(phrases, out);
}

void apply_vocabulary(TextImport& import) {
  const std::string known = option(import.request, "vocabulary"),
                    out = option(import.request, "write_vocabulary");
  if (!known.empty()) {
    const RemovedWords removed = keep_vocabulary(import.documents.corpus(), read_vocabulary(known));
    import.report.notes.push_back(fmt::format(
        "{} tokens of {} words are not in the vocabulary and are left out", removed.tokens, removed.words));
  }
  if (!out.empty()) write_vocabulary(count_words(import.documents.corpus()), out);
}

/// What can be refused before hours of reading.
void check_options(const ImportRequest& request) {
  const std::set<std::string> files(request.files.begin(), request.files.end());
  if (files.size() < request.files.size())
    fail(ErrorCode::kUsage, "a file is named twice; its documents would be one");
  const bool finds = whole_number(request, "phrases", "0") > 0;
  if (finds && !option(request, "phrase_file").empty())
    fail(ErrorCode::kUsage, "--phrases finds phrases, --phrase-file applies known ones: give one of the two");
  if (!finds && option(request, "phrase_file").empty() && !option(request, "write_phrases").empty())
    fail(ErrorCode::kUsage, "--write-phrases needs --phrases N");
  const std::string vocabulary = option(request, "vocabulary"), phrases = option(request, "phrase_file");
  if (!vocabulary.empty()) read_vocabulary(vocabulary);
  if (!phrases.empty()) read_phrases(phrases);
}

void read_text(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
               const Context& context) {
  check_options(request);
  Tokenizer tokenizer(parse_token_kind(option(request, "tokens", "words")),
                      option_flag(request, "lowercase", "no"));
  TextImport import{request,
                    report,
                    context,
                    TextDecoder(parse_encoding(option(request, "encoding", "auto"))),
                    TextDocuments(std::move(tokenizer)),
                    builder};
  for (const std::string& path : request.files) {
    const bool is_dataset = is_dataset_file(path);
    const Unit unit = parse_unit(request, path, is_dataset);
    is_dataset ? read_reviews(import, path, unit) : read_lines(import, path, unit);
  }
  apply_phrases(import);
  apply_vocabulary(import);
  import.documents.build(builder, report, context);
  if (const std::string note = import.decode.note(); !note.empty()) report.notes.push_back(note);
}

}  // namespace

Format text_format() {
  return {"text",
          "plain text, or the reviews of a data set: documents become users, words become items",
          {{"documents",
            "what a document is: a line or a file; for a data set with reviews, a review or all reviews of "
            "an item or user: line, file, review, item or user; default: line or review"},
           {"tokens", "words (Unicode word boundaries, without punctuation) or space (split at white space)",
            "words"},
           {"lowercase", "convert all words to lower case", "", FormatOption::Kind::kSwitch},
           {"encoding", "encoding: auto (UTF-8, else Latin-1), utf8 or latin1", "auto"},
           {"phrases", "passes of phrase detection, which join words such as new_york; 0 = none", "0"},
           {"phrase_threshold", "join word pairs with a higher score; higher = fewer phrases", "100"},
           {"phrase_min_count", "words with fewer occurrences are never part of a phrase", "5"},
           {"phrase_file", "join the phrases in this file, written by --write-phrases", "",
            FormatOption::Kind::kInput},
           {"write_phrases", "write the detected phrases to this file: first, second, score, pass", "",
            FormatOption::Kind::kOutput},
           {"vocabulary", "keep only the words in this file, one per line; a tab and a count may follow", "",
            FormatOption::Kind::kInput},
           {"write_vocabulary", "write the words and their counts to this file, before the filters below", "",
            FormatOption::Kind::kOutput}},
          read_text};
}

}  // namespace akin
