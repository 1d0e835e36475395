#include "akin/experiment/labelled_pictures.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/data/item_content.h"
#include "akin/data/split/twins.h"
#include "akin/image/hog.h"
#include "akin/image/idx.h"
#include "akin/image/item_pictures.h"
#include "akin/store/embeddings_reader.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

bool is_table(const std::string& source) {
  constexpr std::array<std::string_view, 6> kEndings = {".csv",   ".tsv",    ".txt",
                                                        ".jsonl", ".csv.gz", ".tsv.gz"};
  return std::ranges::any_of(kEndings, [&](std::string_view end) { return source.ends_with(end); });
}

void add(LabelledTextFile& file, std::string path, std::string_view label) {
  file.texts.texts.push_back(std::move(path));
  file.texts.labels.push_back(file.texts.classes.add(label));
}

LabelledPictures of_folders(const std::string& source, const Context& context) {
  const PictureFiles files = PictureFiles::open(source, context);
  const bool folder = fs::is_directory(source);
  LabelledPictures result;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string& name = files.name(i);
    const std::string_view label = picture_folder(name);
    if (label.empty()) {
      fail(ErrorCode::kBadData, "{}: {} lies in no folder; a picture's folder is its class", source, name);
    }
    add(result, folder ? (fs::path(source) / name).string() : source + "#" + name, label);
  }
  return result;
}

LabelledPictures of_idx(const std::string& source, const Context& context) {
  const PictureFiles files = PictureFiles::open(source, context);
  const std::string path = idx_labels_path(source);
  const IdxArray labels = read_idx(path, 1);
  if (labels.values.size() != files.size())
    fail(ErrorCode::kBadData, "{}: {} labels, but {} has {} pictures", path, labels.values.size(), source,
         files.size());
  LabelledPictures result;
  for (std::size_t i = 0; i < files.size(); ++i)
    add(result, source + "#" + files.name(i), std::to_string(labels.values[i]));
  return result;
}

LabelledPictures of_table(const std::string& source, const LabelledTextFormat& columns,
                          const Context& context) {
  LabelledTextFormat format = columns;
  // A table of pictures has a header or columns: "label path" lines hold no blank otherwise.
  LabelledPictures result{read_labelled_texts(source, format, context)};
  const fs::path folder = fs::path(source).parent_path();
  for (std::string& path : result.texts.texts) path = (folder / path).string();
  return result;
}

LabelledPictures of_dataset(const std::string& source, const std::string& target) {
  const Dataset data = load_dataset(source);
  std::vector<std::string> names;
  for (const auto& [name, column] : data.item_attributes.all()) names.push_back(name);
  if (target.empty())
    fail(ErrorCode::kUsage, "{}: name the attribute that is the class with --target; there are: {}", source,
         fmt::join(names, ", "));
  if (data.item_attributes.find(target) == nullptr) {
    fail(ErrorCode::kUsage, "{}: items have no attribute '{}'{}; there are: {}", source, target,
         did_you_mean(target, names), fmt::join(names, ", "));
  }
  const ItemContent content(data);
  LabelledPictures result;
  for (std::size_t i = 0; i < data.n_items(); ++i) {
    const std::vector<std::string_view> pictures = content.pictures(i);
    const std::string_view label = data.item_attributes.get(target, i);
    if (pictures.empty() || label.empty()) {
      ++result.empty_texts;
    } else {
      add(result, std::string(pictures.front()), label);
      result.ids.emplace_back(data.items.id(static_cast<idx_t>(i)));
    }
  }
  if (result.empty_texts > 0) {
    result.notes.push_back(fmt::format("{} of {} items have no picture or no {} and are left out",
                                       result.empty_texts, data.n_items(), target));
  }
  if (result.texts.size() == 0)
    fail(ErrorCode::kBadData,
         "{}: no item has both a picture and a {}; `akin import ... --pictures FOLDER` names pictures",
         source, target);
  return result;
}

/// Calls use(index, picture) for each picture that can be read, on all threads; which these are.
std::vector<char> read_each(const std::vector<std::string>& paths, int enough, BrokenPictures& broken,
                            const Context& context,
                            const std::function<void(std::size_t, const Picture&)>& use) {
  const PictureReader reader(context);
  std::vector<char> read(paths.size());
  parallel_for(
      paths.size(), context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        context.check_stop();
        for (std::size_t i = begin; i < end; ++i) {
          try {
            use(i, reader.read(paths[i], {.enough = enough}));
            read[i] = 1;
          } catch (const Error& error) {
            if (error.code() != ErrorCode::kIo && error.code() != ErrorCode::kBadData) throw;
            broken.add(error.what());
          }
        }
      },
      16);
  return read;
}

/// near_duplicates().
std::vector<std::pair<std::uint32_t, std::uint32_t>> near_pairs(const std::vector<std::string>& paths,
                                                                int bits, BrokenPictures& broken,
                                                                const Context& context) {
  std::vector<DifferenceHash> hashes(paths.size());
  const std::vector<char> read =
      read_each(paths, 32, broken, context,
                [&](std::size_t i, const Picture& picture) { hashes[i] = difference_hash(picture); });
  std::vector<std::uint32_t> rows;
  std::vector<DifferenceHash> of_rows;
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    if (read[i] == 0) continue;
    rows.push_back(i);
    of_rows.push_back(hashes[i]);
  }
  auto pairs = near_hashes(of_rows, bits);
  for (auto& [a, b] : pairs) {
    a = rows[a];
    b = rows[b];
  }
  return pairs;
}

}  // namespace

LabelledPictures read_labelled_pictures(const std::string& source, const LabelledPictureFormat& format,
                                        const Context& context) {
  std::error_code error;
  if (!fs::is_directory(source, error)) {
    if (is_idx_file(source)) {
      if (!format.target.empty()) fail(ErrorCode::kUsage, "{} is no data set: --target is for one", source);
      return of_idx(source, context);
    }
    if (is_table(source)) return of_table(source, format.columns, context);
    if (file_kind(source) == "dataset") return of_dataset(source, format.target);
  }
  if (!format.target.empty()) fail(ErrorCode::kUsage, "{} is no data set: --target is for one", source);
  return of_folders(source, context);
}

std::shared_ptr<PictureMemo> known_vectors(const LabelledPictures& pictures, const std::string& path) {
  if (pictures.ids.empty())
    fail(ErrorCode::kUsage, "{}: vectors are of the items of a data set; the pictures are of none", path);
  const ReadEmbeddings known = read_embeddings(path);
  auto memo = std::make_shared<PictureMemo>();
  std::size_t missing = 0;
  std::string example;
  for (std::size_t i = 0; i < pictures.ids.size(); ++i) {
    if (const auto row = known.ids.find(pictures.ids[i])) {
      memo->put(pictures.texts.texts[i], known.vectors[*row]);
    } else if (++missing == 1) {
      example = pictures.ids[i];
    }
  }
  if (missing > 0)
    fail(ErrorCode::kBadData,
         "{}: {} of {} items have no vector, such as {}; `akin encode` writes one for each", path, missing,
         pictures.ids.size(), example);
  return memo;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> near_duplicates(const std::vector<std::string>& paths,
                                                                     int bits, const Context& context) {
  BrokenPictures broken;
  return near_pairs(paths, bits, broken, context);
}

std::vector<std::string> readable_pictures(const std::vector<std::string>& paths, const Context& context) {
  BrokenPictures broken;
  const std::vector<char> read = read_each(paths, 1, broken, context, [](std::size_t, const Picture&) {});
  if (broken.count() > 0) context.remark(broken.remark());
  std::vector<std::string> readable;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (read[i] != 0) readable.push_back(paths[i]);
  }
  return readable;
}

std::vector<std::uint32_t> first_of_group(std::size_t n,
                                          const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
  std::vector<std::uint32_t> first(n);
  std::iota(first.begin(), first.end(), 0U);
  const auto root = [&](std::uint32_t i) {
    while (first[i] != i) i = first[i] = first[first[i]];
    return i;
  };
  for (const auto& [a, b] : pairs) {
    const std::uint32_t x = root(a), y = root(b);
    first[std::max(x, y)] = std::min(x, y);
  }
  for (std::uint32_t i = 0; i < n; ++i) first[i] = root(i);
  return first;
}

ItemTwins mark_twins(Dataset& data, int bits, const Context& context) {
  std::vector<std::string> paths;
  std::vector<idx_t> owners;
  {
    const ItemContent content(data);
    for (std::size_t i = 0; i < data.n_items(); ++i) {
      const std::vector<std::string_view> pictures = content.pictures(i);
      if (pictures.empty()) continue;
      paths.emplace_back(pictures.front());
      owners.push_back(static_cast<idx_t>(i));
    }
  }
  BrokenPictures broken;
  const std::vector<std::uint32_t> first =
      first_of_group(paths.size(), near_pairs(paths, bits, broken, context));
  if (broken.count() > 0) context.remark(broken.remark());
  ItemTwins twins;
  for (std::uint32_t p = 0; p < first.size(); ++p) {
    if (first[p] == p) continue;
    const std::string leader(data.items.id(owners[first[p]]));
    if (++twins.items == 1) {
      twins.first = leader;
      twins.another = data.items.id(owners[p]);
    }
    StringColumn& column = data.item_attributes.column(kTwinAttribute);
    column.resize(data.n_items());
    column.set(owners[p], leader);
  }
  return twins;
}

}  // namespace akin
