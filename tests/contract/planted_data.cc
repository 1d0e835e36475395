#include "planted_data.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <sstream>

#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/data/attribute_type.h"
#include "akin/encode/encoders.h"
#include "akin/fusion/content_model.h"
#include "akin/image/decode.h"
#include "akin/linalg/topk.h"
#include "akin/text/bert/import.h"

namespace akin::contract {
namespace {

Dataset empty_dataset(idx_t n_users, idx_t n_items) {
  Dataset data;
  data.name = "planted";
  for (idx_t u = 0; u < n_users; ++u) data.users.add("u" + std::to_string(u));
  for (idx_t i = 0; i < n_items; ++i) data.items.add("i" + std::to_string(i));
  return data;
}

/// A picture of each group: stripes in its direction.
std::string group_picture(idx_t group, idx_t groups) {
  static const TempDir kDir;
  constexpr int kSide = 24;
  Picture picture(kSide, kSide);
  const double angle = std::numbers::pi * group / groups;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double wave = std::sin(0.9 * (x * std::cos(angle) + y * std::sin(angle)));
      std::fill_n(picture.at(x, y), 3, static_cast<std::uint8_t>(128 + 100 * wave));
    }
  }
  std::string path = kDir / fmt::format("{}of{}.png", group, groups);
  save_png(picture, path);
  return path;
}

/// Says in words, as attributes and by a picture which group an item belongs to, for models that learn from content.
void describe_items(Dataset& data, idx_t groups) {
  for (idx_t i = 0; i < data.n_items(); ++i) {
    const std::string group = std::to_string(i % groups);
    data.item_attributes.column("title").set(
        i, "group" + group + " thing" + group + " number" + std::to_string(i));
    data.item_attributes.column("maker").set(i, "maker" + group);
  }
  for (idx_t group = 0; group < groups; ++group) {
    const std::string path = group_picture(group, groups);
    for (idx_t i = group; i < data.n_items(); i += groups) data.item_attributes.column("image").set(i, path);
  }
  for (const auto& [name, column] : data.item_attributes.all())
    data.item_attributes.set_type(name, guess_attribute_type(name, column));
}

/// Says in words which group the item of each event belongs to and whether it was liked, for models that learn from
/// reviews.
void review_events(Dataset& data, idx_t groups) {
  for (std::size_t e = 0; e < data.events.size(); ++e) {
    const Event& event = data.events[e];
    const std::string group = std::to_string(event.item % groups);
    data.reviews.event.push_back(e);
    data.reviews.summary.push_back("group" + group);
    data.reviews.text.push_back((event.value > 3 ? "liked" : "hated") + group);
  }
}

/// A row of quality_floors.tsv: "als 0.34 yes factors=8 regularization=2", with tabs between the columns.
struct Row {
  double floor = 1;
  bool random = true;
  ParamValues parameters = {};
};

std::map<std::string, Row, std::less<>> read_rows() {
  std::ifstream file(AKIN_SOURCE_DIR "/tests/contract/quality_floors.tsv");
  std::map<std::string, Row, std::less<>> rows;
  std::string line, name, random, parameter;
  std::getline(file, line);  // the header
  while (std::getline(file, line)) {
    std::istringstream columns(line);
    Row row;
    columns >> name >> row.floor >> random;
    if (!columns || (random != "yes" && random != "no"))
      ADD_FAILURE() << "tests/contract/quality_floors.tsv: not name, number, yes or no: " << line;
    row.random = random == "yes";
    while (columns >> parameter) {
      const std::size_t equals = std::min(parameter.find('='), parameter.size() - 1);
      row.parameters[parameter.substr(0, equals)] = parameter.substr(equals + 1);
    }
    rows[name] = std::move(row);
  }
  return rows;
}

const Row& row_of(const ModelEntry& model) {
  static const std::map<std::string, Row, std::less<>> kRows = read_rows();
  static const Row kNone;
  const auto found = kRows.find(model.name);
  if (found != kRows.end()) return found->second;
  ADD_FAILURE() << "tests/contract/quality_floors.tsv has no row for " << model.name;
  return kNone;
}

/// The file of a transformer with random weights.
std::string tiny_encoder() {
  static const TempDir kDir;
  static const std::string kFile = [] {
    std::string path = kDir / "tiny.enc";
    const PretrainedEncoder encoder({"title"},
                                    bert::import_model(AKIN_SOURCE_DIR "/tests/reference/bert/cls"));
    TensorWriter writer("encoder");
    write_encoder(writer, "encoder", encoder);
    writer.write(path);
    return path;
  }();
  return kFile;
}

}  // namespace

const WordVectors& planted_words() {
  static const WordVectors kWords = [] {
    WordVectors words;
    for (int group = 0; group < 7; ++group) {
      words.ids.add("group" + std::to_string(group));
      words.ids.add("thing" + std::to_string(group));
    }
    words.vectors = Matrix(words.ids.size(), 8);
    for (std::size_t w = 0; w < words.ids.size(); ++w) {
      words.vectors[w][w / 2] = 1;
      words.vectors[w][7] = w % 2 == 0 ? 0.1f : -0.1f;
    }
    return words;
  }();
  return kWords;
}

Planted::History Planted::history(idx_t user) const {
  History result;
  for (const Event& event : data.events) {
    if (event.user != user) continue;
    result.items.push_back(event.item);
    result.values.push_back(event.value);
  }
  return result;
}

Planted checkerboard(idx_t n, const ModelEntry& model) {
  Planted planted;
  planted.data = empty_dataset(n, n);
  describe_items(planted.data, 2);
  Rng rng(3);
  for (idx_t u = 0; u < n; ++u) {
    planted.held.push_back(u);
    const idx_t other_parity_unseen = (u + 1) % n % 2 != u % 2 ? (u + 1) % n : u - 1;
    std::vector<Event> events;
    for (idx_t i = 0; i < n; ++i) {
      const bool same = i % 2 == u % 2;
      if (i == u || (!same && (!model.traits.predicts_ratings || i == other_parity_unseen))) continue;
      events.push_back({.user = u, .item = i, .value = same ? 5.0f : 1.0f});
    }
    rng.shuffle(std::span(events));
    for (std::size_t e = 0; e < events.size(); ++e) events[e].time = static_cast<std::int64_t>(e);
    planted.data.events.insert(planted.data.events.end(), events.begin(), events.end());
  }
  review_events(planted.data, 2);
  return planted;
}

Planted clusters(idx_t n_users, idx_t n_items, std::size_t events_per_user) {
  constexpr idx_t kClusters = 7;
  Planted planted;
  planted.data = empty_dataset(n_users, n_items);
  describe_items(planted.data, kClusters);
  Rng rng(5);
  const idx_t per_cluster = (n_items - 1) / kClusters;
  for (idx_t u = 0; u + 1 < n_users; ++u) {
    std::vector<Event> events;
    while (events.size() <= events_per_user) {
      const bool own = rng.uniform() < 0.85;
      const auto cluster = own ? u % kClusters : static_cast<idx_t>(rng.below(kClusters));
      const double popular = rng.uniform();
      const auto item = static_cast<idx_t>(popular * popular * per_cluster) * kClusters + cluster;
      const bool seen = std::ranges::any_of(events, [&](const Event& event) { return event.item == item; });
      const float value = cluster == u % kClusters ? 5.0f : static_cast<float>(1 + rng.below(3));
      const auto time = static_cast<std::int64_t>(events.size()) * 86400;
      if (!seen) events.push_back({.user = u, .item = item, .value = value, .time = time});
    }
    planted.held.push_back(events.back().item);
    planted.data.events.insert(planted.data.events.end(), events.begin(), events.end() - 1);
  }
  review_events(planted.data, kClusters);
  return planted;
}

double hit_rate(const Model& model, const Planted& planted) {
  int hits = 0;
  for (idx_t user = 0; user < planted.held.size(); ++user) {
    const auto history = planted.history(user);
    std::vector<float> scores(model.n_items());
    EXPECT_TRUE(model.score_all(history.known(user), scores));
    for (const idx_t item : history.items) scores[item] = -std::numeric_limits<float>::infinity();
    hits += static_cast<int>(std::ranges::count(top_k(scores, 10), planted.held[user], &Scored::idx));
  }
  return static_cast<double>(hits) / static_cast<double>(planted.held.size());
}

std::vector<ModelEntry> tested_models() {
  std::vector<ModelEntry> all = models();
#ifdef AKIN_WITHOUT_NETS
  std::erase_if(all, [](const ModelEntry& model) { return model.traits.needs_nets; });
#endif
  return all;
}

ParamValues small_parameters(const ModelEntry& model) {
  ParamValues values = row_of(model).parameters;
  if (model.name == ContentName<PretrainedEncoder>::kName) values["file"] = tiny_encoder();
  return values;
}

double quality_floor(const ModelEntry& model) { return row_of(model).floor; }

bool is_random(const ModelEntry& model) { return row_of(model).random; }

std::string test_name(const ModelEntry& model) {
  std::string name(model.name);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace akin::contract
