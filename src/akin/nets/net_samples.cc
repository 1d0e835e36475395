#include "akin/nets/net_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/data/npy.h"
#include "akin/data/readers/number_parse.h"

namespace akin::nets {
namespace {

using nn::Array;
using nn::Shape;

/// The columns' values, sample by sample.
std::vector<float> columns_of(const NumberTable& table, const std::vector<std::string>& names) {
  std::vector<const std::vector<float>*> columns;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(table.columns, name);
    if (found == table.columns.end())
      fail(ErrorCode::kBadData, "{}: has no column '{}'{}", table.path, name,
           did_you_mean(name, table.columns));
    columns.push_back(&table.values[static_cast<std::size_t>(found - table.columns.begin())]);
  }
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(table.rows()) * names.size());
  for (std::size_t row = 0; row < static_cast<std::size_t>(table.rows()); ++row) {
    for (const auto* column : columns) values.push_back((*column)[row]);
  }
  return values;
}

bool has_columns(const NumberTable& table, const std::vector<std::string>& names) {
  return std::ranges::all_of(names, [&](const std::string& name) {
    return std::ranges::find(table.columns, name) != table.columns.end();
  });
}

/// Of the columns of an input or of the target, `what`. Throws Error(kBadData) where a value is no index.
std::vector<std::int32_t> indices_of(const NumberTable& table, const std::vector<std::string>& columns,
                                     const std::string& what) {
  std::vector<std::int32_t> indices;
  for (const float value : columns_of(table, columns)) {
    if (value != std::floor(value) || value < 0 || value > 16'777'216)
      fail(ErrorCode::kBadData, "{}: {} takes whole numbers from 0, not {}", table.path, what, value);
    indices.push_back(static_cast<std::int32_t>(value));
  }
  return indices;
}

const std::vector<std::string>& columns_for(const SampleRequest& request, const std::string& input) {
  const auto found = request.settings.inputs.find(input);
  if (found == request.settings.inputs.end())
    fail(ErrorCode::kUsage, "input {} gets no data: name it under [data], such as inputs.{} = [...]", input,
         input);
  return found->second;
}

/// The source of an input of ratings or text. Throws unless it is one of `allowed`.
std::string single_source(const SampleRequest& request, const std::string& input,
                          const std::vector<std::string>& allowed) {
  const std::vector<std::string>& names = columns_for(request, input);
  if (names.size() != 1 || std::ranges::find(allowed, names[0]) == allowed.end())
    fail(ErrorCode::kUsage, "input {} takes one of {}", input, fmt::join(allowed, ", "));
  return names[0];
}

/// Index of each of the source's first `count` ids in the net's numbering, 0 = unknown to it.
std::vector<std::int32_t> net_indices(NetIds& ids, const std::string& input, const IdMap& source,
                                      std::size_t count) {
  std::vector<std::int32_t> indices(count, 0);
  IdMap& known = ids[input];
  const bool fresh = known.size() == 0;
  for (idx_t id = 0; id < count; ++id) {
    if (fresh) known.add(source.id(id));
    if (const auto found = known.find(source.id(id))) indices[id] = static_cast<std::int32_t>(*found) + 1;
  }
  return indices;
}

}  // namespace

NetSamples table_samples(const SampleRequest& request) {
  const NumberTable& table = request.source.table;
  NetSamples samples;
  for (const std::size_t layer : request.spec.inputs()) {
    const std::string& name = request.spec.layers()[layer].name;
    const std::vector<std::string>& columns = columns_for(request, name);
    Shape shape = request.spec.shape(layer).output;
    if (nn::count_of(shape) != static_cast<std::int64_t>(columns.size()))
      fail(ErrorCode::kUsage, "input {} takes {} columns, but [data] names {}", name, nn::count_of(shape),
           columns.size());
    shape.insert(shape.begin(), table.rows());
    samples.all.inputs.push_back(request.spec.reads_ids(layer)
                                     ? nn::make_ids(shape, indices_of(table, columns, "input " + name))
                                     : nn::make_array(shape, columns_of(table, columns)));
  }
  const std::vector<std::string>& target = request.settings.target;
  if (request.targets == Targets::kRequired || has_columns(table, target)) {
    Shape shape = {table.rows(), static_cast<std::int64_t>(target.size())};
    samples.all.targets = request.settings.lists
                              ? nn::make_ids(shape, indices_of(table, target, "the target"))
                              : nn::make_array(shape, columns_of(table, target));
  }
  return samples;
}

NetSamples rating_samples(const SampleRequest& request, std::vector<bool>& held) {
  const Dataset& dataset = *request.source.dataset;
  const auto count = static_cast<std::int64_t>(dataset.events.size());
  NetSamples samples;
  for (const std::size_t layer : request.spec.inputs()) {
    const std::string& name = request.spec.layers()[layer].name;
    const bool users = single_source(request, name, {"users", "items"}) == "users";
    const auto indices = users ? net_indices(request.ids, name, dataset.users, dataset.n_users())
                               : net_indices(request.ids, name, dataset.items, dataset.n_event_items());
    std::vector<std::int32_t> values;
    for (const Event& event : dataset.events) {
      values.push_back(indices[users ? event.user : event.item]);
      samples.unknown += values.back() == 0 ? 1 : 0;
    }
    samples.all.inputs.push_back(nn::make_ids({count, 1}, std::move(values)));
  }
  std::vector<float> targets;
  for (const Event& event : dataset.events) {
    targets.push_back(event.value);
    held.push_back(event.subset == Subset::kTest);
  }
  samples.all.targets = nn::make_array({count, 1}, std::move(targets));
  return samples;
}

namespace {

/// The label of a document, as text: its first word, or an attribute.
std::string_view label_of(const Dataset& dataset, const std::string& target, idx_t document,
                          std::span<const Event> words) {
  if (target == "first-word") return words.empty() ? std::string_view() : dataset.items.id(words[0].item);
  return dataset.user_attributes.get(target, document);
}

float parse_label(const Dataset& dataset, const std::string& target, idx_t document,
                  std::span<const Event> words) {
  const std::string_view text = label_of(dataset, target, document, words);
  const ParsedValue parsed = parse_value(text);
  if (parsed.problem != nullptr)
    fail(ErrorCode::kBadData, "document {}: its {} is not a number ('{}'): {}", dataset.users.id(document),
         target, text, parsed.problem);
  return parsed.value;
}

/// The words of each document.
std::vector<std::span<const Event>> documents_of(const Dataset& dataset) {
  const std::vector<std::uint64_t> offsets = user_offsets(dataset.events, dataset.n_users());
  std::vector<std::span<const Event>> documents;
  for (std::size_t d = 0; d < dataset.n_users(); ++d)
    documents.emplace_back(dataset.events.data() + offsets[d], offsets[d + 1] - offsets[d]);
  return documents;
}

/// Whether all documents have a label, for uses that can do without.
bool all_labelled(const Dataset& dataset, const std::string& target,
                  const std::vector<std::span<const Event>>& documents) {
  for (idx_t d = 0; d < documents.size(); ++d) {
    if (parse_value(label_of(dataset, target, d, documents[d])).problem != nullptr) return false;
  }
  return true;
}

}  // namespace

NetSamples text_samples(const SampleRequest& request) {
  const Dataset& dataset = *request.source.dataset;
  const std::vector<std::size_t> inputs = request.spec.inputs();
  if (inputs.size() != 1) fail(ErrorCode::kUsage, "a net for text has one input, not {}", inputs.size());
  const std::string& name = request.spec.layers()[inputs[0]].name;
  single_source(request, name, {"words"});
  if (request.settings.target.size() != 1) fail(ErrorCode::kUsage, "text has one target");
  const std::string& target = request.settings.target[0];
  const bool lists = request.settings.lists;
  if (lists && target != "words")
    fail(ErrorCode::kUsage,
         "loss multinomial learns the words of a text: write target = \"words\", not \"{}\"", target);
  const std::vector<std::span<const Event>> documents = documents_of(dataset);
  const bool labelled =
      !lists && (request.targets == Targets::kRequired || all_labelled(dataset, target, documents));
  const std::size_t skipped = labelled && target == "first-word" ? 1 : 0;

  const auto indices = net_indices(request.ids, name, dataset.items, dataset.n_event_items());
  const auto length = static_cast<std::size_t>(nn::count_of(request.spec.shape(inputs[0]).output));
  NetSamples samples;
  std::vector<std::int32_t> words;
  std::vector<float> labels;
  for (idx_t d = 0; d < documents.size(); ++d) {
    if (labelled) labels.push_back(parse_label(dataset, target, d, documents[d]));
    const auto events = documents[d].subspan(std::min(skipped, documents[d].size()));
    for (std::size_t i = 0; i < length; ++i) {
      words.push_back(i < events.size() ? indices[events[i].item] : 0);
      samples.unknown += i < events.size() && words.back() == 0 ? 1 : 0;
    }
  }
  const auto count = static_cast<std::int64_t>(documents.size());
  samples.all.inputs.push_back(nn::make_ids({count, static_cast<std::int64_t>(length)}, std::move(words)));
  if (lists) samples.all.targets = samples.all.inputs[0];
  if (labelled) samples.all.targets = nn::make_array({count, 1}, std::move(labels));
  return samples;
}

namespace {

/// The folder's array of one name; `sample` is the shape of each of its rows, if it must be that one.
NpyArray read_array(const SampleRequest& request, const std::vector<std::string>& names,
                    const std::string& what, const Shape* sample) {
  if (names.size() != 1)
    fail(ErrorCode::kUsage, "{} takes one file of {}, such as \"{}.npy\"", what, request.source.folder,
         "features");
  const std::string path = request.source.folder + "/" + names[0];
  NpyArray array = read_npy(path);
  if (array.shape.empty())
    fail(ErrorCode::kBadData, "{}: is a single number, not a row for each sample", path);
  const Shape found(array.shape.begin() + 1, array.shape.end());
  if (sample != nullptr && found != *sample)
    fail(ErrorCode::kBadData, "{}: its rows are of shape {}, but {} takes {}", path, nn::shape_text(found),
         what, nn::shape_text(*sample));
  return array;
}

std::vector<std::int32_t> whole_numbers(const NpyArray& array, const std::string& what) {
  std::vector<std::int32_t> indices;
  for (const float value : array.values) {
    if (value != std::floor(value) || value < 0 || value > 16'777'216)
      fail(ErrorCode::kBadData, "{} takes whole numbers from 0, not {}", what, value);
    indices.push_back(static_cast<std::int32_t>(value));
  }
  return indices;
}

}  // namespace

NetSamples npy_samples(const SampleRequest& request) {
  if (request.settings.lists)
    fail(ErrorCode::kUsage,
         "[data] of kind npy has numbers as targets; loss multinomial learns lists: take kind csv or text");
  NetSamples samples;
  for (const std::size_t layer : request.spec.inputs()) {
    const std::string& name = request.spec.layers()[layer].name;
    const Shape& wanted = request.spec.shape(layer).output;
    NpyArray array = read_array(request, columns_for(request, name), "input " + name, &wanted);
    const Shape shape(array.shape.begin(), array.shape.end());
    samples.all.inputs.push_back(request.spec.reads_ids(layer)
                                     ? nn::make_ids(shape, whole_numbers(array, "input " + name))
                                     : nn::make_array(shape, std::move(array.values)));
    if (samples.all.inputs.back().samples() != samples.all.inputs[0].samples())
      fail(ErrorCode::kBadData, "input {} has {} samples, the first input {}", name,
           samples.all.inputs.back().samples(), samples.all.inputs[0].samples());
  }
  const std::vector<std::string>& target = request.settings.target;
  if (request.targets == Targets::kIfPresent &&
      !(target.size() == 1 && std::filesystem::exists(request.source.folder + "/" + target[0])))
    return samples;
  NpyArray array = read_array(request, target, "the target", nullptr);
  Shape shape(array.shape.begin(), array.shape.end());
  if (shape.size() == 1) shape.push_back(1);
  samples.all.targets = nn::make_array(shape, std::move(array.values));
  return samples;
}

}  // namespace akin::nets
