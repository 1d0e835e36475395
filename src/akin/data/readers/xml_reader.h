// XML as a stream of elements and texts.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "akin/base/io.h"

struct XML_ParserStruct;

namespace akin {

/// Hears of elements; names are without prefix.
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  /// `attributes`: names with prefix and values by turns, then a null pointer.
  virtual void start(std::string_view name, const char** attributes) = 0;
  virtual void end(std::string_view name) = 0;
  /// A piece of a text.
  virtual void text(std::string_view piece) = 0;
};

/// The value of an attribute by its name without prefix; "" if it is not there.
std::string_view xml_attribute(const char** attributes, std::string_view name);

/// Parses as pieces come. Documents with a document type are refused: it can make them grow.
class XmlReader {
 public:
  /// Both must outlive the reader; `where` stands in messages.
  XmlReader(InputStream& stream, XmlHandler& handler, std::string where);
  ~XmlReader();
  XmlReader(const XmlReader&) = delete;
  XmlReader& operator=(const XmlReader&) = delete;

  /// Parses the next 64 KiB; false at the end. Throws Error(kBadData) with the line for what is no XML, and
  /// whatever handler and stream throw.
  bool next();
  void all() {
    while (next()) continue;
  }

 private:
  struct Callbacks;
  InputStream& stream_;
  XmlHandler& handler_;
  std::string where_;
  XML_ParserStruct* parser_;
  std::exception_ptr thrown_;  // by the handler: nothing is thrown through the parser's C code
};

}  // namespace akin
