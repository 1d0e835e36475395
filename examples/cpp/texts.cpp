// Learns to tell good reviews from bad ones, and says why. The words are made up.
#include <akin/akin.h>

#include <iostream>
#include <optional>
#include <utility>

int main() {
  const std::pair<const char*, std::string> kinds[] = {{"good", "light and sturdy, a joy"},
                                                       {"bad", "wooden, broke at once"}};
  akin::LabelledTexts reviews;
  for (int i = 0; i < 40; ++i) {
    for (const auto& [label, text] : kinds) {
      reviews.labels.push_back(reviews.classes.add(label));
      reviews.texts.push_back(text + " " + std::to_string(i % 7));
    }
  }
  const akin::TextTrainOptions options{.model = "text-linear", .params = {{"ngrams", "1"}}};
  std::cout << "accuracy " << akin::cross_validate(options, reviews, {.folds = 5}, {}).metrics[0].value
            << "\n";

  const akin::StoredTextModel trained = akin::train_text_model(options, reviews, nullptr, {});
  const akin::TextModel& model = *trained.model;
  const std::string_view asked = "a wooden thing";
  const std::size_t bad = model.classes()[0] == "bad" ? 0 : 1;
  std::cout << asked << ": bad (" << model.predict({&asked, 1}, {})[0][bad] << ")\n";
  const std::optional<akin::TextExplanation> why = model.explain(asked, bad);
  for (const akin::TextPart& part : why->parts)
    std::cout << "  " << part.text << " adds " << part.score << "\n";
}
