// What the first bytes of a file say that it is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace akin {

/// How many of the first bytes the functions below want to see: the mark of a tar archive is the farthest.
inline constexpr std::size_t kHeadBytes = 512;

/// Eight bytes for the length of a header of less than a terabyte, and the header.
bool is_safetensors(std::string_view head);

/// A zip archive that begins with a file of an Office document, as xlsx files do.
bool is_office_file(std::string_view head);

/// "is a zip archive; unpack it first" for content that no reader of akin takes from a stream of bytes:
/// archives, programs, documents, pictures, databases, text in UTF-16; nullopt for anything else. Gzip and
/// zstd, which akin reads, are such content inside another archive. No such mark can begin a text.
std::optional<std::string> foreign_content(std::string_view head);

/// The same for whoever expects text: also arrays, safetensors files, HTML pages, and whatever has many zero bytes
/// or several kinds of control characters. A few are left alone, and so are one or two of them as often as they
/// like: they may separate fields.
std::optional<std::string> not_text(std::string_view head);

}  // namespace akin
