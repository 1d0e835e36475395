#include "akin/store/encoder_file.h"

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/encode/encoders.h"
#include "akin/fusion/content_model.h"

namespace akin {
namespace {

AttributeTable types_of(const AttributeTable& attributes) {
  AttributeTable types;
  for (const auto& [name, column] : attributes.all()) {
    types.column(name);
    types.set_type(name, attributes.type(name));
  }
  return types;
}

}  // namespace

void save_encoder(const ContentEncoder& encoder, const AttributeTable& attributes, const std::string& path) {
  TensorWriter writer("encoder");
  write_encoder(writer, "encoder", encoder);
  write_attributes(writer, "item", types_of(attributes));
  writer.write(path);
}

const ContentEncoder& encoder_of(const Bundle& bundle, const std::string& part) {
  if (const ContentEncoder* const own = bundle.model->encoder(); own != nullptr && part.empty()) return *own;
  return *part_of(bundle, part).encoder();
}

StoredEncoder load_encoder(const std::string& path, const std::string& part) {
  StoredEncoder stored;
  if (file_kind(path) == "encoder") {
    if (!part.empty())
      fail(ErrorCode::kUsage, "{}: is one encoder, without parts; leave out --part {}", path, part);
    const TensorReader reader(path);
    reader.expect_kind("encoder");
    stored.own = read_encoder(reader, "encoder");
    stored.types = read_attributes(reader, "item", 0);
    return stored;
  }
  stored.bundle = load_bundle(path);
  stored.part = part;
  static_cast<void>(stored.encoder());
  stored.types = types_of(stored.bundle->dataset.item_attributes);
  return stored;
}

bool has_encoder(const std::string& path) {
  const std::string kind = file_kind(path);
  if (kind != "model") return kind == "encoder";
  const TensorReader reader(path);
  return reader.has_meta("model.encoder");
}

std::string encoder_text(const ContentEncoder& encoder) {
  TensorWriter writer("encoder");
  return fmt::format("{}, {} dimensions, hash {}", encoder.name(), encoder.dim(),
                     write_encoder(writer, "encoder", encoder));
}

}  // namespace akin
