#include "akin/models/word2vec/item_metadata.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/text/tokenizer.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr double kCommon = 0.9;  // a value that more of the items have says nothing

void push_once(std::vector<std::string>& values, std::string_view value) {
  if (!value.empty() && std::ranges::find(values, value) == values.end()) values.emplace_back(value);
}

/// The different levels or tags between '|'.
std::vector<std::string> levels_of(std::string_view text) {
  std::vector<std::string> levels;
  for (const std::string_view level : split(text, '|')) push_once(levels, trimmed(level));
  return levels;
}

/// The different words.
std::vector<std::string> words_of(Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view word : tokenizer(text)) push_once(words, word);
  return words;
}

/// One attribute of all items, values numbered as they come.
struct Field {
  std::vector<std::string> names;
  std::vector<std::vector<idx_t>> of_item;
};

template <typename Split>
Field read_field(const StringColumn& column, std::string_view name, std::size_t n_items, Split split) {
  Field field;
  field.of_item.resize(n_items);
  std::unordered_map<std::string, idx_t> numbers;
  for (std::size_t i = 0; i < n_items; ++i) {
    for (std::string& value : split(column.get(i))) {
      const auto [found, is_new] = numbers.emplace(std::move(value), static_cast<idx_t>(field.names.size()));
      if (is_new) field.names.push_back(fmt::format("{}={}", name, found->first));
      field.of_item[i].push_back(found->second);
    }
  }
  return field;
}

/// Takes away the values that are not to be side tokens; false if none is left.
bool filter_values(Field& field, std::size_t min_items, const ItemCorpus& text) {
  std::vector<std::size_t> items(field.names.size(), 0);
  std::size_t with_value = 0;
  for (const idx_t item : text.items) {
    with_value += field.of_item[item].empty() ? 0 : 1;
    for (const idx_t value : field.of_item[item]) ++items[value];
  }
  std::vector<idx_t> number(items.size(), kNoToken);
  std::vector<std::string> names;
  for (std::size_t v = 0; v < items.size(); ++v) {
    if (items[v] < min_items || static_cast<double>(items[v]) > kCommon * static_cast<double>(with_value))
      continue;
    number[v] = static_cast<idx_t>(names.size());
    names.push_back(std::move(field.names[v]));
  }
  field.names = std::move(names);
  for (std::vector<idx_t>& values : field.of_item) {
    for (idx_t& value : values) value = number[value];
    std::erase(values, kNoToken);
  }
  return !field.names.empty();
}

std::vector<Field> read_fields(const AttributeTable& attributes, std::size_t n_items,
                               const MetadataOptions& options, const ItemCorpus& text) {
  std::vector<Field> fields;
  const auto add = [&](Field field, std::size_t min_items) {
    if (filter_values(field, min_items, text)) fields.push_back(std::move(field));
  };
  for (const std::string& name : options.fields) {
    if (const StringColumn* column = attributes.find(name))
      add(read_field(*column, name, n_items, levels_of), 1);
  }
  const StringColumn* titles = attributes.find("title");
  if (titles && options.title_words > 0) {
    Tokenizer tokenizer(TokenKind::kWords, true);
    const auto split_words = [&](std::string_view title) { return words_of(tokenizer, title); };
    add(read_field(*titles, "title_words", n_items, split_words), options.title_words);
  }
  return fields;
}

}  // namespace

ItemMetadata::ItemMetadata(const AttributeTable& attributes, std::size_t n_items,
                           const MetadataOptions& options, const ItemCorpus& text) {
  const std::vector<Field> fields = read_fields(attributes, n_items, options, text);
  n_fields_ = fields.size();
  std::vector<std::size_t> first;  // of each field, among all values
  std::vector<const std::string*> names;
  std::vector<double> draws;
  for (const Field& field : fields) {
    first.push_back(names.size());
    for (const std::string& name : field.names) names.push_back(&name);
    draws.resize(names.size(), 0);
    for (std::size_t t = 0; t < text.items.size(); ++t) {
      const std::vector<idx_t>& values = field.of_item[text.items[t]];
      for (const idx_t value : values) {
        draws[first.back() + value] +=
            static_cast<double>(text.corpus.counts[t]) / static_cast<double>(values.size());
      }
    }
  }
  std::vector<idx_t> order(names.size()), number(names.size());
  std::iota(order.begin(), order.end(), idx_t{0});
  std::ranges::sort(order, [&](idx_t a, idx_t b) {
    return draws[a] != draws[b] ? draws[a] > draws[b] : *names[a] < *names[b];
  });
  for (std::size_t n = 0; n < order.size(); ++n) {
    number[order[n]] = static_cast<idx_t>(n);
    names_.push_back(*names[order[n]]);
    draws_.push_back(draws[order[n]]);
  }
  offsets_ = {0};
  for (std::size_t i = 0; i < n_items; ++i) {
    for (std::size_t f = 0; f < n_fields_; ++f) {
      for (const idx_t value : fields[f].of_item[i]) choices_.push_back(number[first[f] + value]);
      std::sort(choices_.begin() + static_cast<std::ptrdiff_t>(offsets_.back()), choices_.end());
      offsets_.push_back(choices_.size());
    }
  }
}

void ItemMetadata::attach(ItemCorpus& text) const {
  Corpus& corpus = text.corpus;
  corpus.n_fields = n_fields_;
  corpus.side.clear();
  corpus.side_counts.clear();
  const auto n_tokens = static_cast<idx_t>(text.items.size());
  for (const idx_t item : text.items) {
    for (std::size_t f = 0; f < n_fields_; ++f) {
      std::vector<idx_t>& side = corpus.side.emplace_back();
      for (const idx_t value : choices(item, f)) side.push_back(n_tokens + value);
    }
  }
  for (const double draws : draws_)
    corpus.side_counts.push_back(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(draws))));
}

bool ItemMetadata::mean_of(idx_t item, const Matrix& vectors, std::span<float> out) const {
  std::size_t with_value = 0;
  for (std::size_t f = 0; f < n_fields_; ++f) with_value += choices(item, f).empty() ? 0 : 1;
  if (with_value == 0) return false;
  std::ranges::fill(out, 0.0f);
  for (std::size_t f = 0; f < n_fields_; ++f) {
    const std::span<const idx_t> values = choices(item, f);
    const float share = 1 / static_cast<float>(with_value * std::max<std::size_t>(1, values.size()));
    for (const idx_t value : values) axpy(share, vectors.row(value), out.data(), out.size());
  }
  return true;
}

}  // namespace akin
