#include "akin/data/readers/xml_reader.h"

#include <expat.h>
#include <fmt/format.h>

#include <new>
#include <utility>

#include "akin/base/error.h"

namespace akin {
namespace {

std::string_view local_name(std::string_view name) { return name.substr(name.find(':') + 1); }

}  // namespace

struct XmlReader::Callbacks {
  template <typename Work>
  static void guarded(void* data, Work work) {
    auto* const reader = static_cast<XmlReader*>(data);
    if (reader->thrown_) return;
    try {
      work(*reader);
    } catch (...) {
      reader->thrown_ = std::current_exception();
      XML_StopParser(reader->parser_, XML_FALSE);
    }
  }
  static void start(void* data, const XML_Char* name, const XML_Char** attributes) {
    guarded(data, [&](XmlReader& reader) { reader.handler_.start(local_name(name), attributes); });
  }
  static void end(void* data, const XML_Char* name) {
    guarded(data, [&](XmlReader& reader) { reader.handler_.end(local_name(name)); });
  }
  static void text(void* data, const XML_Char* piece, int size) {
    guarded(data, [&](XmlReader& reader) { reader.handler_.text({piece, static_cast<std::size_t>(size)}); });
  }
  static void document_type(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    guarded(data, [&](XmlReader& reader) {
      fail(ErrorCode::kBadData, "{}: has a document type, which such files do not", reader.where_);
    });
  }
};

std::string_view xml_attribute(const char** attributes, std::string_view name) {
  for (; *attributes != nullptr; attributes += 2) {
    if (local_name(attributes[0]) == name) return attributes[1];
  }
  return {};
}

XmlReader::XmlReader(InputStream& stream, XmlHandler& handler, std::string where)
    : stream_(stream), handler_(handler), where_(std::move(where)), parser_(XML_ParserCreate(nullptr)) {
  if (parser_ == nullptr) throw std::bad_alloc();
  XML_SetUserData(parser_, this);
  XML_SetElementHandler(parser_, Callbacks::start, Callbacks::end);
  XML_SetCharacterDataHandler(parser_, Callbacks::text);
  XML_SetStartDoctypeDeclHandler(parser_, Callbacks::document_type);
}

XmlReader::~XmlReader() { XML_ParserFree(parser_); }

bool XmlReader::next() {
  char block[std::size_t{64} << 10];
  const std::size_t got = stream_.read(block);
  const XML_Status status = XML_Parse(parser_, block, static_cast<int>(got), got == 0 ? 1 : 0);
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  if (status != XML_STATUS_OK) {
    fail(ErrorCode::kBadData, "{}:{}: not valid XML: {}", where_, XML_GetCurrentLineNumber(parser_),
         XML_ErrorString(XML_GetErrorCode(parser_)));
  }
  return got > 0;
}

}  // namespace akin
