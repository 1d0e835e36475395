#include "akin/store/encoder_file.h"

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/encode/encoders.h"

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

StoredEncoder load_encoder(const std::string& path) {
  StoredEncoder stored;
  if (file_kind(path) == "encoder") {
    const TensorReader reader(path);
    reader.expect_kind("encoder");
    stored.own = read_encoder(reader, "encoder");
    stored.types = read_attributes(reader, "item", 0);
    return stored;
  }
  stored.bundle = load_bundle(path);
  if (stored.bundle->model->encoder() == nullptr) {
    fail(ErrorCode::kUsage, "{}: model {} has no encoder of content; train another, such as content-tfidf",
         path, stored.bundle->entry->name);
  }
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
