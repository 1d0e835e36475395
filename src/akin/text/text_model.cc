#include "akin/text/text_model.h"

namespace akin {

std::optional<TextExplanation> TextModel::explain(std::string_view, std::size_t) const {
  return std::nullopt;
}

std::vector<TextPart> TextModel::telling(std::size_t, std::size_t) const { return {}; }

}  // namespace akin
