#include "akin/encode/concat_encoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"

namespace akin {
namespace {

constexpr std::int64_t kMostParts = 64;

std::vector<std::unique_ptr<ContentEncoder>> fit_each(const EncoderInput& input,
                                                      const std::vector<EncoderPart>& parts,
                                                      const Context& context) {
  std::vector<std::unique_ptr<ContentEncoder>> fitted;
  for (const EncoderPart& part : parts)
    fitted.push_back(find_encoder(part.name).fit(input, part.params, context));
  return fitted;
}

std::string part_name(const std::string& prefix, std::size_t part) {
  return fmt::format("{}.part{}", prefix, part);
}

}  // namespace

std::vector<EncoderPart> parse_encoder_parts(std::string_view text) {
  std::vector<EncoderPart> parts;
  for (const std::string_view each : split(text, ';')) {
    const std::string_view part = trimmed(each);
    if (part.empty()) continue;
    const std::size_t space = std::min(part.find(' '), part.size());
    const std::string_view name = part.substr(0, space);
    if (name == ConcatEncoder::kName)
      fail(ErrorCode::kUsage, "'{}': concat is no part of itself; write its parts here, separated by ;",
           text);
    static_cast<void>(find_encoder(name));
    parts.push_back({std::string(name), parse_encoder_params(part.substr(space))});
  }
  if (parts.empty())
    fail(ErrorCode::kUsage, "'{}' names no encoder; write such as \"tfidf fields=title; attributes\"", text);
  if (static_cast<std::int64_t>(parts.size()) > kMostParts)
    fail(ErrorCode::kUsage, "{} encoders are too many, at most {}", parts.size(), kMostParts);
  return parts;
}

void set_fields(std::vector<EncoderPart>& parts, const std::string& fields) {
  if (fields.empty()) return;
  for (EncoderPart& part : parts) {
    const auto takes_fields = [](const auto& param) { return param.first.name == "fields"; };
    if (std::ranges::any_of(find_encoder(part.name).params(), takes_fields))
      part.params.try_emplace("fields", fields);
  }
}

std::vector<Param> ConcatEncoder::Config::params() {
  std::vector<Param> params = {
      {"parts", &parts, "encoders with parameters: \"tfidf fields=title svd=64; attributes fields=brand\""},
      {"fields", &fields, "fields of the parts that name none; empty = those of each by default"}};
  add_params(params);
  return params;
}

ConcatEncoder::ConcatEncoder(std::vector<std::unique_ptr<ContentEncoder>> parts) : parts_(std::move(parts)) {
  for (const auto& part : parts_) {
    dim_ += part->dim();
    for (const std::string& field : part->fields()) {
      if (std::ranges::find(fields_, field) == fields_.end()) fields_.push_back(field);
    }
  }
}

std::unique_ptr<ContentEncoder> ConcatEncoder::fit_parts(const EncoderInput& input,
                                                         const std::vector<EncoderPart>& parts,
                                                         const Context& context) {
  std::vector<std::unique_ptr<ContentEncoder>> fitted = fit_each(input, parts, context);
  if (fitted.size() == 1) return std::move(fitted[0]);
  return std::make_unique<ConcatEncoder>(std::move(fitted));
}

std::unique_ptr<ContentEncoder> ConcatEncoder::fit(const EncoderInput& input, const Config& config,
                                                   const Context& context) {
  std::vector<EncoderPart> parts = parse_encoder_parts(config.parts);
  set_fields(parts, config.fields);
  return with_steps(std::make_unique<ConcatEncoder>(fit_each(input, parts, context)), config, input, context);
}

bool ConcatEncoder::reads_pictures() const {
  return std::ranges::all_of(parts_, [](const auto& part) { return part->reads_pictures(); });
}

std::string ConcatEncoder::dimension(std::size_t d) const {
  for (const auto& part : parts_) {
    if (d < part->dim()) return part->dimension(d);
    d -= part->dim();
  }
  return "";
}

Matrix ConcatEncoder::vectors_of(const ItemContent& items, const Context& context) const {
  Matrix result(items.size(), dim_);
  std::size_t begin = 0;
  for (const auto& part : parts_) {
    const Matrix vectors = part->encode(items, context);
    for (std::size_t i = 0; i < vectors.rows(); ++i)
      std::ranges::copy(vectors[i], result[i].subspan(begin).begin());
    begin += part->dim();
  }
  return result;
}

void ConcatEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  writer.meta(prefix + ".parts", std::to_string(parts_.size()));
  for (std::size_t p = 0; p < parts_.size(); ++p) write_encoder(writer, part_name(prefix, p), *parts_[p]);
}

std::unique_ptr<ContentEncoder> ConcatEncoder::load(const TensorReader& reader, const std::string& prefix) {
  const auto count = static_cast<std::size_t>(reader.meta_int(prefix + ".parts", 1, kMostParts));
  std::vector<std::unique_ptr<ContentEncoder>> parts;
  for (std::size_t p = 0; p < count; ++p) {
    if (reader.meta(part_name(prefix, p)) == kName) reader.inconsistent("its encoders are parts of parts");
    parts.push_back(read_encoder(reader, part_name(prefix, p)));
  }
  return read_steps(std::make_unique<ConcatEncoder>(std::move(parts)), reader, prefix);
}

}  // namespace akin
