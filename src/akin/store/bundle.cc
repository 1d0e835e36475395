#include "akin/store/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/data/dataset_io.h"
#include "akin/fusion/content_model.h"
#include "akin/models/fit/old_names.h"
#include "akin/models/query_history.h"
#include "akin/store/make_bundle.h"

namespace akin {
namespace {

using nlohmann::json;

double parse_double(const TensorReader& reader, const std::string& key) {
  const json value = parse_json(reader.meta(key), fmt::format("{}: metadata {}", reader.path(), key));
  if (!value.is_number()) fail(ErrorCode::kBadData, "{}: metadata {} is not a number", reader.path(), key);
  return value.get<double>();
}

std::uint64_t parse_seed(const TensorReader& reader, const std::string& key) {
  const json value = parse_json(reader.meta(key), fmt::format("{}: metadata {}", reader.path(), key));
  if (!value.is_number_unsigned())
    fail(ErrorCode::kBadData, "{}: metadata {} is not a seed", reader.path(), key);
  return value.get<std::uint64_t>();
}

ParamValues parse_params(const TensorReader& reader) {
  const std::string where = reader.path() + ": metadata params";
  return json_texts(parse_json(reader.meta("params"), where), where);
}

bool parse_flag(const TensorReader& reader, const std::string& key) {
  const std::string& text = reader.meta(key);
  if (text != "true" && text != "false")
    fail(ErrorCode::kBadData, "{}: metadata {} is neither true nor false", reader.path(), key);
  return text == "true";
}

const ModelEntry& model_of(const TensorReader& reader) {
  try {
    return find_model(reader.meta("model"));
  } catch (const Error& error) {
    if (!reader.has_meta("model")) throw;
    fail(error.code(), "{}: {}", reader.path(), error.what());
  }
}

constexpr std::size_t kLongestName = 64;

bool is_part_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, allowed);
}

void read_encoders(const TensorReader& reader, Bundle& bundle) {
  if (!reader.has_meta("parts")) return;
  const json names = parse_json(reader.meta("parts"), reader.path() + ": metadata parts");
  if (!names.is_array()) reader.inconsistent("its parts are not a list of names");
  for (const json& name : names) {
    if (!name.is_string() || !is_part_name(name.get<std::string>()))
      reader.inconsistent("its parts are not a list of names");
    const auto text = name.get<std::string>();
    std::shared_ptr<const ContentModel> content =
        ContentModel::read(reader, "part." + text, bundle.dataset.n_items());
    if (content->n_items() != bundle.dataset.n_items())
      reader.inconsistent(fmt::format("its part '{}' has another number of items than the data", text));
    set_part(bundle, {text, std::move(content)});
  }
}

/// Bundles without the key split_validation hold the training events only, with the parts of the files.
void read_parts(const TensorReader& reader, Bundle& bundle) {
  if (reader.has_meta("split_validation")) {
    bundle.split.validation = parse_flag(reader, "split_validation");
    return;
  }
  for (Event& event : bundle.dataset.events) event.subset = Subset::kTrain;
  for (Event& event : bundle.test) event.subset = Subset::kTest;
}

}  // namespace

std::uint64_t Bundle::count(Subset subset) const {
  return static_cast<std::uint64_t>(std::ranges::count(dataset.events, subset, &Event::subset));
}

Bundle make_bundle(SplitDataset data, const ModelSpec& spec, std::uint64_t seed, Fitted fitted) {
  Bundle bundle;
  bundle.entry = spec.entry;
  bundle.params = spec.all_params();
  bundle.seed = seed;
  bundle.fit_seconds = fitted.seconds;
  bundle.split = data.split;
  bundle.dataset = std::move(data.dataset);
  bundle.dataset.reviews = {};
  bundle.dataset.event_attributes.keep_contexts();
  if (!data.known.empty()) bundle.dataset.events = std::move(data.known);
  bundle.test = std::move(data.test);
  bundle.model = std::move(fitted.model);
  return bundle;
}

const ContentModel& part_of(const Bundle& bundle, const std::string& name) {
  std::vector<std::string> names;
  for (const BundlePart& part : bundle.parts) {
    if (part.name == name || (name.empty() && bundle.parts.size() == 1)) return *part.content;
    names.push_back(part.name);
  }
  if (names.empty()) {
    fail(ErrorCode::kUsage,
         "model '{}' has no encoder of content: it cannot place what it has not seen; add one with `akin "
         "encode "
         "ENCODER -d DATA --add-to BUNDLE`, or train another model, such as content-tfidf",
         bundle.entry->name);
  }
  if (name.empty()) {
    fail(ErrorCode::kUsage, "the bundle holds several encoders: name one with --part: {}",
         fmt::join(names, ", "));
  }
  fail(ErrorCode::kNotFound, "the bundle has no part '{}'{}; it has: {}", name, did_you_mean(name, names),
       fmt::join(names, ", "));
}

void set_part(Bundle& bundle, BundlePart part) {
  if (!is_part_name(part.name))
    fail(ErrorCode::kUsage, "'{}' cannot name a part: take letters, digits, - and _, at most {}", part.name,
         kLongestName);
  const auto at = std::ranges::lower_bound(bundle.parts, part.name, {}, &BundlePart::name);
  if (at != bundle.parts.end() && at->name == part.name) {
    *at = std::move(part);
  } else {
    bundle.parts.insert(at, std::move(part));
  }
}

void check_filled(const Bundle& bundle) {
  if (!bundle.entry || !bundle.model)
    fail(ErrorCode::kUsage, "the bundle holds no model: it was never filled, or was moved away");
}

Matrix item_embedding(const Bundle& bundle) {
  check_filled(bundle);
  const Matrix& all = bundle.model->embeddings();
  return all.resized(bundle.dataset.n_items(), bundle.model->embedding_dim());
}

Matrix user_embedding(const Bundle& bundle, const Context& context) {
  check_filled(bundle);
  const std::vector<Event>& events = bundle.dataset.events;
  const std::vector<std::uint64_t> offsets = user_offsets(events, bundle.dataset.n_users());
  const std::size_t dim = std::min(bundle.model->embedding_dim(), bundle.model->item_vectors().cols());
  Matrix result(bundle.dataset.n_users(), dim);
  parallel_for(result.rows(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    std::vector<float> vector(bundle.model->item_vectors().cols());
    QueryHistory history;
    for (std::size_t user = begin; user < end; ++user) {
      history.clear();
      history.add(std::span(events).subspan(offsets[user], offsets[user + 1] - offsets[user]));
      if (bundle.model->user_vector(history.query(static_cast<idx_t>(user)), vector))
        std::copy_n(vector.begin(), result.cols(), result.row(user));
    }
  });
  return result;
}

void save_bundle(const Bundle& bundle, const std::string& path, const Communicator& ranks) {
  check_filled(bundle);
  TensorWriter writer("model");
  writer.meta("model", std::string(bundle.entry->name));
  writer.meta("params", json(bundle.params).dump());
  writer.meta("seed", std::to_string(bundle.seed));
  writer.meta("fit_seconds", json(bundle.fit_seconds).dump());
  writer.meta("updates", std::to_string(bundle.updates));
  writer.meta("split", to_string(bundle.split));
  writer.meta("split_seed", std::to_string(bundle.split.seed));
  writer.meta("split_validation", bundle.split.validation ? "true" : "false");
  if (bundle.measured) writer.meta("measured", measured_text(*bundle.measured));
  const Communicator& owners = bundle.dataset.user_bounds.empty() ? alone() : ranks;
  write_dataset(writer, bundle.dataset, owners);
  write_events(writer, "test", bundle.test, owners);
  bundle.model->save(writer);
  if (bundle.entry->traits.divides_users && !owners.alone())
    writer.divide("model.users", {bundle.dataset.n_users(), bundle.model->item_vectors().cols()}, owners);
  if (!bundle.parts.empty()) {
    json names = json::array();
    for (const BundlePart& part : bundle.parts) {
      names.push_back(part.name);
      part.content->write(writer, "part." + part.name);
    }
    writer.meta("parts", names.dump());
  }
  writer.write(path,
               fmt::format("what {} has learned is beyond the numbers that floats hold: scale the values of "
                           "the events down",
                           bundle.entry->name),
               ranks);
}

Bundle load_bundle(const std::string& path) {
  const TensorReader reader(path);
  reader.expect_kind("model");
  Bundle bundle;
  bundle.entry = &model_of(reader);
  bundle.params = with_current_names(reader.meta("model"), parse_params(reader));
  bundle.seed = parse_seed(reader, "seed");
  bundle.fit_seconds = parse_double(reader, "fit_seconds");
  if (reader.has_meta("updates")) bundle.updates = static_cast<int>(reader.meta_int("updates", 0, 1 << 30));
  if (reader.has_meta("measured"))
    bundle.measured = parse_measured(reader.meta("measured"), reader.path() + ": metadata measured");
  const std::uint64_t split_seed = parse_seed(reader, "split_seed");
  try {  // what no flag may say, no file may say either
    static_cast<void>(bundle.entry->complete(bundle.params));
    bundle.split = parse_split(reader.meta("split"), split_seed);
  } catch (const Error& error) {
    reader.inconsistent(error.what());
  }
  bundle.dataset = read_dataset(reader);
  bundle.test = read_events(reader, "test", event_bounds(bundle.dataset));
  read_parts(reader, bundle);
  bundle.model = bundle.entry->load(reader, bundle.dataset.n_users(), bundle.dataset.n_event_items());
  const bool of_all =
      bundle.model->n_items() == bundle.dataset.n_items() && bundle.entry->traits.uses_content;
  if (!of_all && bundle.model->n_items() != bundle.dataset.n_event_items())
    reader.inconsistent("the model has another number of items than the data");
  read_encoders(reader, bundle);
  return bundle;
}

}  // namespace akin
