#include "akin/data/synthetic.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/made_folder.h"
#include "akin/data/synthetic/events.h"
#include "akin/data/synthetic/image.h"
#include "akin/data/synthetic/in_order.h"
#include "akin/data/synthetic/truth.h"

namespace akin {
namespace {

namespace fs = std::filesystem;
using synthetic::World;

constexpr std::size_t kItemsPerChunk = 1024;
constexpr std::size_t kPicturesPerChunk = 32;
constexpr std::uint64_t kEventsPerChunk = 8192;

constexpr std::string_view kReadme =
    "Synthetic data, written by akin synthetic. Nothing in it is about real people or products.\n\n"
    "reviews.json       one review per line, keys as in the Amazon reviews of 2014; users in turn, each in "
    "order of time\n"
    "meta.json          one item per line: title, price, brand, categories, related, description; items "
    "without events too\n"
    "sessions.tsv       click sessions: session_id, item_id, time (seconds since 1970), kind (view, click, "
    "cart, purchase)\n"
    "users.csv          user, gender, age, state\n"
    "images/            <asin>.jpg: shape = category, fill = colour, pattern = brand\n"
    "truth.safetensors  what all of it was drawn from: tastes, styles, biases, popularity, cold items. Not "
    "for training.\n\n"
    "docs/synthetic.md of akin has the equations.\n";

/// Files that become visible in a folder only by commit().
class StagedFiles {
 public:
  explicit StagedFiles(fs::path folder)
      : folder_(std::move(folder)), staging_(folder_.string(), TemporaryName::Kind::kFolder, 0777) {}

  void write(const std::string& name, std::string_view bytes) const {
    const fs::path path = fs::path(staging_.path()) / name;
    std::ofstream file(path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) fail(ErrorCode::kIo, "{}: cannot write", path.string());
  }
  void commit() const {
    fs::create_directories(folder_);
    for (const auto& entry : fs::directory_iterator(staging_.path()))
      fs::rename(entry.path(), folder_ / entry.path().filename());
  }

 private:
  fs::path folder_;
  TemporaryName staging_;
};

/// A staged data set: every file is complete before the first appears.
class SyntheticWriter {
 public:
  SyntheticWriter(const World& world, fs::path directory, MadeFolder& made, const Context& context)
      : world_(world), directory_(std::move(directory)), made_(made), context_(context) {
    files_.cold_items = world.n_items() - world.warm.size();
  }

  void write_items() {
    open(files_.metadata, metadata_, "meta.json");
    write_rows(*metadata_, world_.n_items(),
               [&](idx_t item, std::string& out) { append_metadata(world_, item, out); });
  }

  void write_users() {
    open(files_.users, users_, "users.csv");
    append(*users_, synthetic::kUserHeader);
    write_rows(*users_, world_.n_users(),
               [&](idx_t user, std::string& out) { append_user(world_, user, out); });
  }

  void write_pictures() {
    files_.images = (directory_ / "images").string();
    pictures_ = std::make_unique<StagedFiles>(files_.images);
    const std::size_t n = world_.n_items();
    const auto draw = [&](std::size_t chunk, int) {
      const std::size_t begin = chunk * kPicturesPerChunk, end = std::min(n, begin + kPicturesPerChunk);
      for (std::size_t i = begin; i < end; ++i) {
        const auto item = static_cast<idx_t>(i);
        const std::string jpeg =
            synthetic::encode_jpeg(synthetic::draw_picture(world_, item), world_.config.image_size);
        pictures_->write(picture_name(item), jpeg);
      }
      return end;
    };
    synthetic::in_order((n + kPicturesPerChunk - 1) / kPicturesPerChunk, context_, draw,
                        [&](std::size_t done) {
                          context_.report({.phase = "drawing", .done = done, .total = n, .unit = "pictures"});
                        });
  }

  void write_events() {
    open(files_.reviews, reviews_, "reviews.json");
    if (world_.config.session_share > 0) {
      open(files_.sessions, sessions_, "sessions.tsv");
      append(*sessions_, synthetic::kSessionHeader);
    }
    const synthetic::ReviewPrinter printer(world_);
    const std::vector<std::size_t> ranges = synthetic::user_ranges(world_, kEventsPerChunk);
    std::vector<std::unique_ptr<synthetic::EventScratch>> scratch(
        static_cast<std::size_t>(resolve_threads(context_.threads)));
    const auto make = [&](std::size_t chunk, int worker) -> const synthetic::EventLines& {
      auto& own = scratch[static_cast<std::size_t>(worker)];
      if (!own) own = std::make_unique<synthetic::EventScratch>(world_.n_items());
      return synthetic::make_events(world_, printer, ranges[chunk], ranges[chunk + 1], *own);
    };
    synthetic::in_order(ranges.size() - 1, context_, make, [&](const synthetic::EventLines& lines) {
      append(*reviews_, lines.reviews);
      if (sessions_) append(*sessions_, lines.sessions);
      files_.events += lines.events;
      files_.sessions_written += lines.sessions_count;
      files_.session_lines += lines.session_lines;
      const auto total = static_cast<std::uint64_t>(world_.config.events);
      context_.report({.phase = "writing", .done = files_.events, .total = total, .unit = "events"});
    });
  }

  /// Makes everything visible, and deletes what an earlier data set has beyond this one.
  SyntheticFiles commit(const ParamValues& params) {
    context_.check_stop();
    files_.truth = (directory_ / "truth.safetensors").string();
    files_.readme = (directory_ / "README.txt").string();
    const std::vector<std::string> names = file_names();
    made_.claim(names);
    const std::set<std::string> kept(names.begin(), names.end());
    std::vector<std::string> earlier = made_.made();
    std::erase_if(earlier, [&](const std::string& name) { return kept.contains(name); });
    if (!earlier.empty()) made_.remove(earlier);
    synthetic::write_truth(world_.truth, params, world_.seed, files_.truth);
    for (auto* file : {&metadata_, &users_, &reviews_, &sessions_}) {
      if (*file) (*file)->commit();
    }
    if (pictures_) pictures_->commit();
    write_file(files_.readme, kReadme);
    return files_;
  }

 private:
  std::string picture_name(idx_t item) const { return fmt::format("{}.jpg", world_.truth.items.id(item)); }

  /// All files of the data set, as seen from its folder.
  std::vector<std::string> file_names() const {
    std::vector<std::string> names;
    for (const std::string* file : {&files_.reviews, &files_.metadata, &files_.sessions, &files_.users,
                                    &files_.truth, &files_.readme}) {
      if (!file->empty()) names.push_back(fs::path(*file).filename().string());
    }
    for (std::size_t i = 0; pictures_ && i < world_.n_items(); ++i)
      names.push_back("images/" + picture_name(static_cast<idx_t>(i)));
    return names;
  }

  void open(std::string& name, std::unique_ptr<AtomicFile>& file, const char* leaf) {
    name = (directory_ / leaf).string();
    file = std::make_unique<AtomicFile>(name);
  }

  void append(AtomicFile& file, std::string_view bytes) {
    file.write(bytes);
    files_.bytes += bytes.size();
  }

  template <typename Row>
  void write_rows(AtomicFile& file, std::size_t n, const Row& append_row) {
    const auto make = [&](std::size_t chunk, int) {
      std::string lines;
      const std::size_t begin = chunk * kItemsPerChunk, end = std::min(n, begin + kItemsPerChunk);
      for (std::size_t r = begin; r < end; ++r) append_row(static_cast<idx_t>(r), lines);
      return lines;
    };
    synthetic::in_order((n + kItemsPerChunk - 1) / kItemsPerChunk, context_, make,
                        [&](const std::string& lines) { append(file, lines); });
  }

  const World& world_;
  fs::path directory_;
  MadeFolder& made_;
  const Context& context_;
  SyntheticFiles files_;
  std::unique_ptr<AtomicFile> metadata_, users_, reviews_, sessions_;
  std::unique_ptr<StagedFiles> pictures_;
};

}  // namespace

std::vector<Param> SyntheticConfig::params() {
  constexpr double kMany = 2e9;
  return {
      {"users", &users, "number of users", 1, 1e8},
      {"items", &items, "number of items", 1, 1e8},
      {"events", &events, "number of reviews, each (user, item) pair at most once", 1, kMany},
      {"categories", &categories, "leaves of the category tree", 1, synthetic::kMaxCategories},
      {"brands", &brands, "number of brands", 1, synthetic::kMaxBrands},
      {"styles", &styles, "dimension of tastes and styles", 1, synthetic::kMaxStyles},
      {"min_events", &min_events, "minimum number of reviews per user", 1, 1e6},
      {"cold_items", &cold_items, "share of items without any event", 0, 0.9},
      {"taste_strength", &taste_strength, "influence of taste within a category; 0 = none", 0, 8},
      {"sequence", &sequence, "probability that the next item complements the last one", 0, 1},
      {"popularity", &popularity, "exponent of the Zipf law of item popularity", 0, 2},
      {"rating_noise", &rating_noise, "standard deviation of the noise in a rating, in stars", 0, 5},
      {"session_share", &session_share, "click sessions per review; 0 = no sessions.tsv", 0, 4},
      {"review_words", &review_words, "mean words of a review; 0 = ratings without text", 0, 500},
      {"images", &images, "draw a picture of every item"},
      {"image_size", &image_size, "pixels of a picture's side", 8, 1024},
  };
}

void SyntheticConfig::check() const {
  SyntheticConfig copy = *this;
  for (const Param& param : copy.params()) set_param(param, to_string(param));  // ranges
  const auto warm =
      static_cast<std::int64_t>(items) - static_cast<std::int64_t>(cold_items * static_cast<float>(items));
  const std::int64_t least = static_cast<std::int64_t>(users) * min_events;
  const std::int64_t most = users * warm;
  if (min_events > warm) {
    fail(ErrorCode::kUsage,
         "min_events is {}, but only {} items have events; take more items or fewer min_events", min_events,
         warm);
  }
  if (events < least || events > most) {
    fail(ErrorCode::kUsage,
         "events is {}; {} users with at least {} reviews each of {} items that have events make {} "
         "to {} possible",
         events, users, min_events, warm, least, most);
  }
}

SyntheticFiles write_synthetic(const SyntheticConfig& config, const std::string& directory,
                               const Context& context) {
  config.check();
  try {
    MadeFolder made(directory, "akin synthetic", "name a new folder");
    const World world(config, context);
    SyntheticWriter dataset(world, directory, made, context);
    dataset.write_items();
    dataset.write_users();
    if (config.images) dataset.write_pictures();
    dataset.write_events();
    SyntheticConfig copy = config;
    return dataset.commit(get_params(copy.params()));
  } catch (const fs::filesystem_error& error) {
    fail(ErrorCode::kIo, "{}: {}", error.path1().string(), error.code().message());
  }
}

}  // namespace akin
