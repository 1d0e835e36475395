#include "akin/nets/image/import.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/data/sha256.h"
#include "akin/nets/image/architectures.h"
#include "akin/nets/image/image_net_parts.h"
#include "akin/nets/image/vit_import.h"
#include "akin/nets/image/weight_layout.h"

namespace akin::nets {
namespace {

using Sizes = std::vector<std::size_t>;

/// An architecture as a library names it, and how a file fits it.
struct Match {
  const Architecture* architecture = nullptr;
  std::size_t library = 0;
  int classes = 0;
  std::size_t fitting = 0;
  std::vector<std::string> faults = {};
  const WeightLibrary& names() const { return architecture->libraries[library]; }
};

/// Classes of the head that the file has; 0 = it has none.
int classes_in(const WeightTensors& tensors, const Architecture& architecture, std::size_t library) {
  const WeightLibrary& names = architecture.libraries[library];
  const ConvPlan plan = architecture.plan(library, 1);
  for (int i = plan.last(); i > plan.features; --i) {
    if (!plan.op(i).has_weights()) continue;
    const auto found = tensors.find(tensor_names(plan.op(i), names, library).weight);
    if (found == tensors.end() || found->second.shape.empty()) return 0;
    const std::size_t classes = names.keras ? found->second.shape.back() : found->second.shape.front();
    return classes < (1 << 20) ? static_cast<int>(classes) : 0;
  }
  return 0;
}

std::string text_of(const Sizes& shape) { return fmt::format("({})", fmt::join(shape, ", ")); }

Match match(const WeightTensors& tensors, const Architecture& architecture, std::size_t library) {
  Match match{&architecture, library, classes_in(tensors, architecture, library)};
  const ConvPlan plan = architecture.plan(library, match.classes);
  std::set<std::string> expected;
  const auto expect = [&](const std::string& name, const Sizes& shape) {
    expected.insert(name);
    const auto found = tensors.find(name);
    if (found == tensors.end())
      match.faults.push_back(fmt::format("there is no {}", name));
    else if (found->second.shape != shape)
      match.faults.push_back(
          fmt::format("{} has the shape {}, not {}", name, text_of(found->second.shape), text_of(shape)));
    else
      ++match.fitting;
  };
  for (int i = 1; i <= plan.last(); ++i) {
    const ConvOp& op = plan.op(i);
    if (!op.has_weights()) continue;
    const TensorNames names = tensor_names(op, match.names(), library);
    const Sizes channels = {static_cast<std::size_t>(op.channels)};
    expect(names.weight, shape_in_file(plan, i, match.names()));
    if (op.epsilon <= 0) {
      expect(names.bias, channels);
      continue;
    }
    for (const std::string& name : {names.scale, names.shift, names.mean, names.variance})
      expect(name, channels);
  }
  for (const auto& [name, tensor] : tensors) {
    const bool counts =
        name.ends_with(".num_batches_tracked");  // of batches seen in training: no output depends on it
    if (!counts && !expected.contains(name))
      match.faults.push_back(fmt::format("{} is none of its tensors", printable(name)));
  }
  return match;
}

/// torch's DataParallel puts "module." before all names.
void drop_module(WeightTensors& tensors) {
  constexpr std::string_view kModule = "module.";
  if (!std::ranges::all_of(tensors, [&](const auto& entry) { return entry.first.starts_with(kModule); }))
    return;
  WeightTensors result;
  for (auto& [name, tensor] : tensors) result[name.substr(kModule.size())] = std::move(tensor);
  tensors = std::move(result);
}

/// The best match, which must be without a fault.
Match recognize(const WeightTensors& tensors, const ImageImportOptions& options, const std::string& path) {
  if (!options.architecture.empty()) find_architecture(options.architecture);
  std::vector<Match> matches;
  for (const Architecture& architecture : architectures()) {
    if (!options.architecture.empty() && architecture.name != options.architecture) continue;
    for (std::size_t library = 0; library < architecture.libraries.size(); ++library)
      matches.push_back(match(tensors, architecture, library));
  }
  const auto best = std::ranges::max_element(
      matches, {}, [](const Match& m) { return std::pair(m.faults.empty(), m.fitting); });
  if (best->faults.empty()) return *best;
  constexpr std::size_t kShown = 3;
  const std::size_t count = best->faults.size();
  std::vector<std::string> shown(best->faults.begin(),
                                 best->faults.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, count)));
  if (best->fitting == 0) {
    fail(ErrorCode::kBadData, "{}: its tensors are those of no net that akin knows{}; the first is {}", path,
         options.architecture.empty() ? "" : " as " + options.architecture,
         tensors.empty() ? "none" : printable(tensors.begin()->first));
  }
  fail(ErrorCode::kBadData, "{}: is not quite {} of {}: {}{}", path, best->architecture->name,
       best->names().name, fmt::join(shown, "; "),
       count > kShown ? fmt::format("; and {} more", count - kShown) : "");
}

}  // namespace

bool is_image_net(const std::string& path) {
  if (is_vit_folder(path)) return true;
  for (const char* end : {".pt", ".pth", ".npz", ".h5", ".hdf5", ".keras", ".safetensors"}) {
    if (path.ends_with(end)) return true;
  }
  return false;
}

ImageNet import_image_net(const std::string& path, const ImageImportOptions& options) {
  if (is_vit_folder(path)) return import_vit(path, options);
  if (options.size != 0)
    fail(ErrorCode::kUsage,
         "{}: is a file of weights of one size of pictures; a size is of vision transformers", path);
  WeightTensors tensors = read_weight_file(path);
  drop_module(tensors);
  const Match found = recognize(tensors, options, path);
  const ConvPlan plan = found.architecture->plan(found.library, found.classes);
  ImageNetParts parts;
  parts.architecture = found.architecture->name;
  parts.library = found.library;
  parts.classes = found.classes;
  parts.preprocessing = found.names().preprocessing;
  parts.weights.resize(plan.ops().size());
  for (int i = 1; i <= plan.last(); ++i) {
    if (!plan.op(i).has_weights()) continue;
    parts.weights[static_cast<std::size_t>(i)] =
        take_weights(tensors, plan, i, found.names(), found.library, path);
    tensors.erase(
        tensor_names(plan.op(i), found.names(), found.library).weight);  // the largest are there once
  }
  std::string origin = options.origin;
  if (origin.empty()) origin = found.names().origin;
  if (origin.empty())
    origin = fmt::format("not named by the file; names and layout of {}", found.names().name);
  const nlohmann::json manifest = {
      {"origin", origin},
      {"license", options.license.empty() ? "NOASSERTION" : options.license},
      {"architecture", found.architecture->name},
      {"files", {{std::filesystem::path(path).filename().string(), sha256_of_file(path)}}}};
  parts.manifest = manifest.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return ImageNet(std::move(parts));
}

void save_image_net(const ImageNet& net, const std::string& path) {
  TensorWriter writer("encoder");
  writer.meta("encoder", "image");
  net.save(writer, "encoder");
  writer.meta("encoder.hash", writer.hash("encoder."));
  writer.write(path);
}

ImageNet load_image_net(const std::string& path, NetPrecision precision) {
  const TensorReader reader(path, TensorReader::Access::kMap);
  if (reader.has_meta("text.net.network"))
    return ImageNet::load(reader, "text.net", precision);  // of image-cnn
  reader.expect_kind("encoder");
  if (reader.meta("encoder") != "image") {
    fail(ErrorCode::kBadData, "{}: holds the encoder {}, and none of pictures", path, reader.meta("encoder"));
  }
  return ImageNet::load(reader, "encoder", precision);
}

}  // namespace akin::nets
