#include "akin/nets/image/import.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/data/sha256.h"
#include "akin/nets/image/architectures.h"
#include "akin/nets/image/image_net_parts.h"
#include "akin/nets/image/weights.h"

namespace akin::nets {
namespace {

using Sizes = std::vector<std::size_t>;

/// Names of an operation's tensors in a file.
struct TensorNames {
  std::string weight, bias, scale, shift, mean, variance;
};

TensorNames names_of(const ConvOp& op, const WeightLibrary& library, std::size_t index) {
  const auto& [weight, norm] = op.files[index];
  const bool depthwise_of_keras = library.keras && op.depthwise();
  TensorNames names{weight + (depthwise_of_keras ? "/depthwise_kernel" : std::string(library.weight)),
                    weight + std::string(library.bias),
                    {},
                    {},
                    {},
                    {}};
  if (op.epsilon <= 0) return names;
  names.scale = norm + (library.keras ? "/gamma" : ".weight");
  names.shift = norm + (library.keras ? "/beta" : ".bias");
  names.mean = norm + (library.keras ? "/moving_mean" : ".running_mean");
  names.variance = norm + (library.keras ? "/moving_variance" : ".running_var");
  return names;
}

/// The shape that an operation's weights have in a file.
Sizes shape_in_file(const ConvPlan& plan, int i, bool keras) {
  const ConvOp& op = plan.op(i);
  const auto in = static_cast<std::size_t>(plan.shape(op.inputs[0]).channels / op.groups);
  const auto out = static_cast<std::size_t>(op.channels), kernel = static_cast<std::size_t>(op.kernel);
  if (op.kind == OpKind::kDense) return keras ? Sizes{in, out} : Sizes{out, in};
  if (!keras) return {out, in, kernel, kernel};
  return op.depthwise() ? Sizes{kernel, kernel, out, in} : Sizes{kernel, kernel, in, out};
}

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
    const auto found = tensors.find(names_of(plan.op(i), names, library).weight);
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
    const TensorNames names = names_of(op, match.names(), library);
    const Sizes channels = {static_cast<std::size_t>(op.channels)};
    expect(names.weight, shape_in_file(plan, i, match.names().keras));
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

/// From the layout of a file to that of OpWeights.
class WeightTaker {
 public:
  WeightTaker(const WeightTensors& tensors, const Match& match, const ConvPlan& plan, const std::string& path)
      : tensors_(tensors), match_(match), plan_(plan), path_(path) {}

  OpWeights take(int i) const {
    const ConvOp& op = plan_.op(i);
    const TensorNames names = names_of(op, match_.names(), match_.library);
    const auto channels = static_cast<std::size_t>(op.channels);
    OpWeights weights = empty_weights(plan_, i);
    std::vector<double> scale(channels, 1);
    for (std::size_t c = 0; c < channels; ++c) {
      if (op.epsilon <= 0) {
        weights.bias[c] = values(names.bias)[c];
        continue;
      }
      const double variance = static_cast<double>(values(names.variance)[c]) + op.epsilon;
      if (!(variance > 0))
        fail(ErrorCode::kBadData, "{}: {} holds a negative variance", path_, names.variance);
      scale[c] = static_cast<double>(values(names.scale)[c]) / std::sqrt(variance);
      weights.bias[c] = static_cast<float>(static_cast<double>(values(names.shift)[c]) -
                                           static_cast<double>(values(names.mean)[c]) * scale[c]);
    }
    place(i, values(names.weight), scale, weights.panels);
    return weights;
  }

 private:
  const std::vector<float>& values(const std::string& name) const { return tensors_.at(name).values; }

  void place(int i, const std::vector<float>& values, const std::vector<double>& scale,
             Panels& panels) const {
    const ConvOp& op = plan_.op(i);
    const auto out = scale.size(), kernel = static_cast<std::size_t>(op.kernel * op.kernel);
    const std::size_t inner = plan_.inner(i), in = inner / kernel;  // of a group
    const auto groups = static_cast<std::size_t>(op.groups);
    for (std::size_t v = 0; v < values.size(); ++v) {
      std::size_t column = v % out, row = v / out;  // Keras: window places, channels in, channels out
      if (!match_.names().keras) {                  // torch: channels out, channels in, window places
        column = v / inner;
        row = v % kernel * in + v % inner / kernel;
        if (op.kind == OpKind::kDense) row = place_in_flat(op, v % inner);
      }
      const auto value = static_cast<float>(static_cast<double>(values[v]) * scale[column]);
      if (op.depthwise()) {
        panels.at(0, row * whole_vectors(out) + column) = value;
      } else {
        const std::size_t group = column / (out / groups);
        panels.at((row / in * groups + group) * in + row % in, column) = value;
      }
    }
  }

  /// torch flattens channel by channel, Keras and akin place by place.
  std::size_t place_in_flat(const ConvOp& op, std::size_t row) const {
    const ConvOp& before = plan_.op(op.inputs[0]);
    if (before.kind != OpKind::kFlatten) return row;
    const MapShape& map = plan_.shape(before.inputs[0]);
    const auto channels = static_cast<std::size_t>(map.channels), places = map.size() / channels;
    return row % places * channels + row / places;
  }

  const WeightTensors& tensors_;
  const Match& match_;
  const ConvPlan& plan_;
  const std::string& path_;
};

}  // namespace

bool is_weight_file(const std::string& path) {
  for (const char* end : {".pt", ".pth", ".npz", ".h5", ".hdf5", ".keras", ".safetensors"}) {
    if (path.ends_with(end)) return true;
  }
  return false;
}

ImageNet import_image_net(const std::string& path, const ImageImportOptions& options) {
  WeightTensors tensors = read_weight_file(path);
  const Match found = recognize(tensors, options, path);
  const ConvPlan plan = found.architecture->plan(found.library, found.classes);
  ImageNetParts parts;
  parts.architecture = found.architecture->name;
  parts.library = found.library;
  parts.classes = found.classes;
  parts.preprocessing = found.names().preprocessing;
  parts.weights.resize(plan.ops().size());
  const WeightTaker taker(tensors, found, plan, path);
  for (int i = 1; i <= plan.last(); ++i) {
    if (!plan.op(i).has_weights()) continue;
    parts.weights[static_cast<std::size_t>(i)] = taker.take(i);
    tensors.erase(names_of(plan.op(i), found.names(), found.library).weight);  // the largest are there once
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
  reader.expect_kind("encoder");
  if (reader.meta("encoder") != "image") {
    fail(ErrorCode::kBadData, "{}: holds the encoder {}, and none of pictures", path, reader.meta("encoder"));
  }
  return ImageNet::load(reader, "encoder", precision);
}

}  // namespace akin::nets
