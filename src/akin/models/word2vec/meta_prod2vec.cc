#include "akin/models/word2vec/meta_prod2vec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/models/fit/start.h"
#include "akin/models/word2vec/word2vec_start.h"

namespace akin {
namespace {

constexpr std::int64_t kMostSides = 4'000'000'000;

/// The different names of a comma list.
std::vector<std::string> names_of(std::string_view list) {
  std::vector<std::string> names;
  for (const std::string_view part : split(list, ',')) {
    const std::string_view name = trimmed(part);
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  }
  return names;
}

MetadataOptions metadata_options(const MetaProd2Vec::Config& config, const AttributeTable& attributes) {
  MetadataOptions options{names_of(config.fields), static_cast<std::size_t>(config.title_words)};
  const bool any =
      std::ranges::any_of(options.fields, [&](const auto& name) { return attributes.find(name); });
  if (any || options.fields.empty() || config.fields == MetaProd2Vec::Config().fields) return options;
  std::vector<std::string> there;
  for (const auto& [name, column] : attributes.all()) there.push_back(name);
  fail(ErrorCode::kUsage, "{}: the items have no attribute {}; {}", MetaProd2Vec::kName,
       fmt::join(options.fields, " or "),
       there.empty() ? "the data set has none at all" : fmt::format("they have: {}", fmt::join(there, ", ")));
}

/// FitContext::start's metadata vectors, where the names are the same,
/// become rows `first` and on of `vectors`.
void continue_sides(const FitContext& context, const std::vector<std::string>& names, std::size_t first,
                    Word2VecVectors& vectors) {
  const Model* const start = context.start ? context.start->model : nullptr;
  const auto* const old = dynamic_cast<const MetaProd2Vec*>(start);
  if (!old) return;
  std::unordered_map<std::string_view, std::size_t> rows;
  for (std::size_t s = 0; s < old->sides().names.size(); ++s) rows.emplace(old->sides().names[s], s);
  for (std::size_t s = 0; s < names.size(); ++s) {
    const auto found = rows.find(names[s]);
    if (found == rows.end()) continue;
    std::ranges::copy(old->sides().input[found->second], vectors.input.row(first + s));
    std::ranges::copy(old->sides().output[found->second], vectors.output.row(first + s));
  }
}

/// Makes the model of vectors: metadata take theirs along, items without one get the mean
/// of their metadata's.
class Maker {
 public:
  Maker(const ItemCorpus& text, const ItemMetadata& metadata, std::size_t n_items,
        Word2VecModel::Scoring scoring)
      : text_(text), metadata_(metadata), trained_(n_items, 0), scoring_(scoring) {
    for (const idx_t item : text.items) trained_[item] = 1;
  }

  std::unique_ptr<Model> make(const Word2VecVectors& vectors) const {
    const std::size_t n_tokens = text_.items.size();
    MetaProd2Vec::Sides sides{metadata_.names(), vectors.input.slice(n_tokens, metadata_.size()),
                              vectors.output.slice(n_tokens, metadata_.size())};
    Word2VecModel::State state{text_.by_item(vectors.input, trained_.size()),
                               text_.by_item(vectors.output, trained_.size()), scoring_};
    for (idx_t i = 0; i < trained_.size(); ++i) {
      if (trained_[i] != 0 || !metadata_.mean_of(i, sides.input, state.input[i])) continue;
      metadata_.mean_of(i, sides.output, state.output[i]);
    }
    return std::make_unique<MetaProd2Vec>(std::move(state), std::move(sides));
  }

 private:
  const ItemCorpus& text_;
  const ItemMetadata& metadata_;
  std::vector<char> trained_;
  Word2VecModel::Scoring scoring_;
};

}  // namespace

std::vector<Param> MetaProd2Vec::Config::params() {
  std::vector<Param> all = SkipGramConfig::params();
  set_help(all, "min_count", "items with fewer events get the mean vector of their metadata");
  all.push_back({"metadata_weight",
                 &metadata_weight,
                 "lambda: weight of pairs with metadata; 0 = prod2vec",
                 0,
                 1000,
                 {},
                 true,
                 {0.03, 3}});
  all.push_back(
      {"fields", &fields,
       "item attributes to use as metadata, separated by commas; without any, the model equals prod2vec"});
  all.push_back({"title_words", &title_words,
                 "also use title words that occur in at least this many items; 0 = none", 0, 1'000'000'000});
  return all;
}

std::unique_ptr<Model> MetaProd2Vec::fit(const TrainingData& data, const Config& config,
                                         const FitContext& context) {
  Word2VecOptions options = config.options(kName);
  options.side_weight = config.metadata_weight;
  const AttributeTable& attributes = data.source.item_attributes;
  const MetadataOptions metadata_of = metadata_options(config, attributes);
  ItemCorpus text =
      item_corpus(data, static_cast<std::uint64_t>(config.min_count), SequenceOf::kUser, kName, context);
  const ItemMetadata metadata = config.metadata_weight > 0
                                    ? ItemMetadata(attributes, data.n_items(), metadata_of, text)
                                    : ItemMetadata();
  metadata.attach(text);
  context.check_stop();
  Word2VecVectors vectors = starting_vectors(text, options, context, kName);
  continue_sides(context, metadata.names(), text.items.size(), vectors);
  const Maker maker(text, metadata, data.n_items(), scoring_of(config));
  const auto snapshot = [&](const Word2VecVectors& now) { return maker.make(now); };
  return train_word2vec(text.corpus, options, context, vectors, snapshot);
}

std::unique_ptr<Model> MetaProd2Vec::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  State state = read(reader, n_items);
  const auto n_sides = static_cast<std::size_t>(reader.meta_int("model.side.count", 0, kMostSides));
  Sides sides;
  const StringColumn names = read_strings(reader, "model.side.names", n_sides);
  for (std::size_t s = 0; s < n_sides; ++s) sides.names.emplace_back(names[s]);
  sides.input = read_matrix(reader, "model.side.input", n_sides);
  sides.output = read_matrix(reader, "model.side.output", n_sides);
  if (sides.input.cols() != state.input.cols() || sides.output.cols() != state.input.cols()) {
    fail(ErrorCode::kBadData, "{}: vectors of items and of their metadata differ in length", reader.path());
  }
  return std::make_unique<MetaProd2Vec>(std::move(state), std::move(sides));
}

void MetaProd2Vec::save(TensorWriter& writer) const {
  Word2VecModel::save(writer);
  StringColumn names;
  for (const std::string& name : sides_.names) names.push_back(name);
  writer.meta("model.side.count", std::to_string(sides_.names.size()));
  write_strings(writer, "model.side.names", names);
  write_matrix(writer, "model.side.input", sides_.input);
  write_matrix(writer, "model.side.output", sides_.output);
}

}  // namespace akin
