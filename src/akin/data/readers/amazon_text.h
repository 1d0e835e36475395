// The small texts inside Amazon's files: HTML entities, prices, dates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace akin {

/// Appends `text` with its HTML character references (&amp; &lt; &gt; &quot; &apos; &nbsp; &#39; &#x27; ...)
/// decoded; what is not such a reference stays as it is.
void append_decoded_html(std::string& out, std::string_view text);

/// "$1,299.00" -> "1299.00", "from 14.99" -> "14.99", "$10.99 - $15.99" -> "10.99" (the lower end of a
/// range). Nullopt for anything else, such as the style sheets some records hold instead of a price.
std::optional<std::string> plain_price(std::string_view text);

/// Seconds since 1970 of "MM DD, YYYY" (one-digit days too) at midnight UTC; nullopt if it is not such a date.
std::optional<std::int64_t> parse_review_date(std::string_view text);

/// Without white space at either end.
std::string_view trim(std::string_view text);

}  // namespace akin
