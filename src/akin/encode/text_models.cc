#include "akin/encode/text_models.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "akin/base/config_params.h"
#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/encode/image_cnn.h"
#include "akin/encode/image_models.h"
#include "akin/nets/text/text_nets.h"
#include "akin/text/text_linear.h"

namespace akin {
namespace {

void check_texts(const LabelledTexts& texts, std::string_view model, bool pictures) {
  const std::string_view noun = pictures ? "pictures" : "texts";
  if (texts.size() == 0) fail(ErrorCode::kBadData, "{}: there are no {} to learn from", model, noun);
  if (texts.size() != (texts.has_classes() ? texts.labels.size() : texts.numbers.size()))
    fail(ErrorCode::kBadData, "{}: the {} have no labels to learn", model, noun);
  if (texts.classes.size() == 1) {
    fail(ErrorCode::kBadData, "{}: all {} have the label '{}'; there must be two classes at least", model,
         noun, texts.classes.id(0));
  }
}

struct Takes {
  bool words = false, validation = false, pictures = false;
};
constexpr Takes kPictures{.pictures = true};
constexpr Takes kPictureNet{.validation = true, .pictures = true};
constexpr Takes kNet{.words = true, .validation = true};

template <typename M>
TextModelEntry entry(Takes takes = {}) {
  return {.name = M::kName,
          .summary = M::kSummary,
          .takes_words = takes.words,
          .takes_validation = takes.validation,
          .reads_pictures = takes.pictures,
          .params = &default_params<typename M::Config>,
          .complete =
              [](const ParamValues& values) {
                auto config = config_of<typename M::Config>(values, M::kName);
                return get_params(config.params());
              },
          .fit =
              [](const TextFitInput& input, const ParamValues& values, const Context& context) {
                const auto config = config_of<typename M::Config>(values, M::kName);
                check_texts(input.texts, M::kName, find_text_model(M::kName).reads_pictures);
                return M::fit(input, config, context);
              },
          .load = &M::load};
}

}  // namespace

const std::vector<TextModelEntry>& text_models() {
  static const std::vector<TextModelEntry> kModels = {
      // A line for each model, and one in encoders.cc.
      // clang-format off
      entry<TextLinear>(),
      entry<nets::TextCnn>(kNet),
      entry<nets::Dcnn>(kNet),
      entry<nets::TextRnn>(kNet),
      entry<nets::TextLstm>(kNet),
      entry<nets::TextGru>(kNet),
      entry<nets::TextTransformer>(kNet),
      // clang-format on
  };
  return kModels;
}

const std::vector<TextModelEntry>& image_models() {
  static const std::vector<TextModelEntry> kModels = {
      entry<ImageLinear>(kPictures),
      entry<ImageKnn>(kPictures),
      entry<ImageCnn>(kPictureNet),
  };
  return kModels;
}

namespace {

/// nullptr if there is none.
const TextModelEntry* find_in(const std::vector<TextModelEntry>& models, std::string_view name) {
  const auto found = std::ranges::find(models, name, &TextModelEntry::name);
  return found == models.end() ? nullptr : &*found;
}

const TextModelEntry* find_model(std::string_view name) {
  const TextModelEntry* const text = find_in(text_models(), name);
  return text != nullptr ? text : find_in(image_models(), name);
}

std::string_view kind_of(std::string_view model) {
  return find_text_model(model).reads_pictures ? "image" : "text";
}

}  // namespace

const TextModelEntry& find_text_model(std::string_view name) {
  if (const TextModelEntry* const found = find_model(name)) return *found;
  std::vector<std::string> names;
  for (const auto* models : {&text_models(), &image_models()}) {
    for (const TextModelEntry& model : *models) names.emplace_back(model.name);
  }
  fail(ErrorCode::kUsage, "there is no model of texts or pictures '{}'{}; there are: {}", name,
       did_you_mean(name, names), fmt::join(names, ", "));
}

std::string write_text_model(TensorWriter& writer, const std::string& prefix, const TextModel& model) {
  writer.meta(prefix, std::string(model.name()));
  model.save(writer, prefix);
  const std::string hash = writer.hash(prefix + ".");
  writer.meta(prefix + ".hash", hash);
  return hash;
}

std::unique_ptr<TextModel> read_text_model(const TensorReader& reader, const std::string& prefix) {
  const std::string& name = reader.meta(prefix);
  const TextModelEntry* const found = find_model(name);
  if (found == nullptr)
    reader.inconsistent(fmt::format("its model '{}' is unknown to this version of akin", name));
  return found->load(reader, prefix);
}

void save_text_model(StoredTextModel& stored, const std::string& path) {
  TensorWriter writer{kind_of(stored.model->name())};
  stored.hash = write_text_model(writer, "text", *stored.model);
  for (const auto& [name, value] : stored.params) writer.meta("param." + name, value);
  writer.meta("seed", std::to_string(stored.seed));
  writer.meta("texts", std::to_string(stored.texts));
  writer.write(path);
}

StoredTextModel load_text_model(const std::string& path, std::string_view kind) {
  const TensorReader reader(path);
  reader.expect_kind(kind);
  StoredTextModel stored;
  stored.model = read_text_model(reader, "text");
  stored.hash = reader.meta("text.hash");
  constexpr std::string_view kParam = "param.";
  for (const auto& [name, value] : reader.metadata()) {
    if (name.starts_with(kParam)) stored.params[name.substr(kParam.size())] = value;
  }
  const std::string& seed = reader.meta("seed");
  const auto [end, error] = std::from_chars(seed.data(), seed.data() + seed.size(), stored.seed);
  if (error != std::errc() || end != seed.data() + seed.size())
    reader.inconsistent(fmt::format("its seed '{}' is no whole number", seed));
  stored.texts =
      static_cast<std::uint64_t>(reader.meta_int("texts", 0, std::numeric_limits<std::int64_t>::max()));
  return stored;
}

}  // namespace akin
