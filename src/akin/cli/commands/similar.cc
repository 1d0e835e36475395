// akin similar BUNDLE|VECTORS --item ID [--plus ID] [--minus ID] | --all-items -o FILE | --analogies FILE
#include <nlohmann/json.hpp>
#include <optional>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/cli/batch.h"
#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/cli/shop_text.h"
#include "akin/report/text_table.h"
#include "akin/serve/analogies.h"
#include "akin/serve/service.h"
#include "akin/store/embeddings_reader.h"

namespace akin::cli {
namespace {

using nlohmann::json;

struct SimilarCommand {
  std::string source;
  std::vector<std::string> items, plus, minus;
  int k = 10;
  std::vector<std::string> filters;
  bool all_items = false;
  std::string analogies;
  std::string out;
};

void declare(CommandLine& line, SimilarCommand& command) {
  line.explain(
      "With --plus and --minus: items in the direction of a sum of directions, such as "
      "paris - france + italy, without the ones given. This needs vectors: a model that has them, or a file "
      "of vectors of any program (word2vec text or binary, npy with FILE.ids.json, csv, safetensors).");
  line.add(
      {"BUNDLE", "", &command.source, "file written by `akin train`, or a file of vectors", Need::kRequired});
  line.add({"--item", "ID", &command.items, "the item to find others like; may be repeated"});
  line.add({"--plus", "ID", &command.plus, "add this item's direction; may be repeated"});
  line.add({"--minus", "ID", &command.minus, "take this item's direction away; may be repeated"});
  line.add({"-k,--top", "N", &command.k, "how many items", Need::kOptional, 1});
  line.add({"--filter", "NAME=VALUE", &command.filters,
            "only items with this attribute, such as category=Toys; may be repeated"});
  line.add({"--all-items", "", &command.all_items, "a list for every item, to the file of -o"});
  line.add({"--analogies", "FILE", &command.analogies,
            "share of right answers to questions `a b c d`, a is to b as c is to d, one a line, sections "
            "beginning with `: name` (word2vec's questions-words.txt)"});
  line.add(
      {"-o,--out", "FILE", &command.out,
       "with --all-items: tab-separated item, similar, rank, score; with --json a JSON object per item; - = "
       "standard output"});
  line.example("akin similar als.akin --item B0002E1G5C -k 5");
  line.example("akin similar als.akin --all-items -o similar.tsv");
  line.example("akin similar words.akin --item paris --minus france --plus italy");
  line.example("akin similar vectors.bin --analogies questions-words.txt");
}

void check(const SimilarCommand& command) {
  const bool given = !command.items.empty() || !command.plus.empty();
  const int ways = int{given} + int{command.all_items} + int{!command.analogies.empty()};
  if (ways != 1) {
    fail(ErrorCode::kUsage,
         "say of which: either --item ID, --all-items or --analogies FILE; see `akin similar --help`");
  }
  if (!command.minus.empty() && !given) fail(ErrorCode::kUsage, "--minus is for --item and --plus");
  if (command.all_items && command.out.empty()) fail(ErrorCode::kUsage, "--all-items needs -o FILE");
  if (!command.all_items && !command.out.empty()) fail(ErrorCode::kUsage, "-o is for --all-items");
  if (!command.analogies.empty() && !command.filters.empty())
    fail(ErrorCode::kUsage, "--filter is for lists of items, not for --analogies");
}

/// What is asked: a trained model, or vectors alone.
class Source {
 public:
  explicit Source(const SimilarCommand& command) : path_(command.source) {
    if (file_kind(path_) == "model") {
      service_.emplace(load_bundle(path_));
      filters_ = parse_filters(command.filters);
      return;
    }
    if (!command.filters.empty())
      fail(ErrorCode::kUsage, "{}: a file of vectors knows no attributes; --filter is for trained models",
           path_);
    ReadEmbeddings read = read_embeddings(path_);
    items_only_.items = std::move(read.ids);
    space_.emplace(items_only_.items, std::move(read.vectors));
  }
  const Dataset& shop() const { return service_ ? service_->bundle().shop : items_only_; }

  /// Items like one item, as the model says where there is one.
  std::vector<Scored> similar(idx_t item, std::size_t k) const {
    if (service_) return service_->similar(std::string(shop().items.id(item)), k, filters_);
    return space_->nearest(std::span(&item, 1), {}, k);
  }
  std::vector<Scored> nearest(std::span<const idx_t> plus, std::span<const idx_t> minus, std::size_t k) {
    const VectorSpace& vectors = space();
    if (filters_.empty()) return vectors.nearest(plus, minus, k);
    return vectors.nearest(plus, minus, k, service_->allowed_items({.filters = filters_}));
  }
  const VectorSpace& space() {
    if (!space_) {
      const Bundle& bundle = service_->bundle();
      if (bundle.model->embedding_dim() == 0) {
        fail(ErrorCode::kUsage, "{}: model {} has no vectors to calculate with; train another, such as als",
             path_, bundle.entry->name);
      }
      space_.emplace(bundle.shop.items, item_embedding(bundle));
    }
    return *space_;
  }
  idx_t find(const std::string& id) const { return space_ ? space_->at(id) : shop().items.at(id, "item"); }

 private:
  std::string path_;
  std::optional<Service> service_;
  std::vector<AttributeFilter> filters_;
  Dataset items_only_;  // of a file of vectors
  std::optional<VectorSpace> space_;
};

int similar_all(const Source& source, const SimilarCommand& command, Session& session) {
  const Dataset& shop = source.shop();
  const auto k = static_cast<std::size_t>(command.k);
  const Batch batch{"item", shop.items, shop, [&](idx_t item) { return BatchList{source.similar(item, k)}; }};
  const BatchCounts counts = write_batch(batch, command.out, session);
  if (command.out != "-") {
    session.remark(fmt::format("wrote {}: {} similar items of {} items", command.out,
                               format_count(counts.lines), format_count(counts.lists)));
  }
  return kSuccess;
}

json section_json(const AnalogySection& section) {
  return {{"name", section.name},
          {"questions", section.questions},
          {"correct", section.correct},
          {"accuracy", section.accuracy()},
          {"skipped", section.skipped}};
}

int answer(Source& source, const SimilarCommand& command, Session& session) {
  std::vector<AnalogySection> sections =
      answer_analogies(source.space(), command.analogies, session.context());
  session.progress().clear();
  AnalogySection total{"total"};
  for (const AnalogySection& section : sections) {
    total.questions += section.questions;
    total.correct += section.correct;
    total.skipped += section.skipped;
  }
  if (session.common().json) {
    json result = {{"sections", json::array()}, {"total", section_json(total)}};
    for (const AnalogySection& section : sections) result["sections"].push_back(section_json(section));
    print_json(result);
    return kSuccess;
  }
  sections.push_back(total);
  std::vector<TableRow> rows;
  for (const AnalogySection& section : sections) {
    rows.push_back({section.name, format_count(section.correct), format_count(section.questions),
                    section.questions > 0 ? format_percent(section.accuracy()) : "-",
                    format_count(section.skipped)});
  }
  print(text_table({"section", "correct", "questions", "accuracy", "skipped"}, rows));
  return kSuccess;
}

/// "paris - france + italy".
std::string sum_text(const SimilarCommand& command) {
  std::string text;
  for (const std::string& id : command.items) text += (text.empty() ? "" : " + ") + id;
  for (const std::string& id : command.minus) text += " - " + id;
  for (const std::string& id : command.plus) text += (text.empty() ? "" : " + ") + id;
  return text;
}

int similar_one(Source& source, const SimilarCommand& command, const Session& session) {
  const Dataset& shop = source.shop();
  const auto k = static_cast<std::size_t>(command.k);
  std::vector<idx_t> plus, minus;
  for (const std::string& id : command.items) plus.push_back(source.find(id));
  for (const std::string& id : command.plus) plus.push_back(source.find(id));
  for (const std::string& id : command.minus) minus.push_back(source.find(id));
  const bool single = plus.size() == 1 && minus.empty();
  const std::vector<Scored> ranked = single ? source.similar(plus[0], k) : source.nearest(plus, minus, k);
  if (session.common().json) {
    json result = single ? items_json(shop, plus)[0]
                         : json{{"plus", items_json(shop, plus)}, {"minus", items_json(shop, minus)}};
    result["similar"] = ranked_json(shop, ranked);
    print_json(result);
    return kSuccess;
  }
  const std::string title = single ? item_title(shop, plus[0]) : "";
  print(fmt::format("similar to {}{}{}:\n", sum_text(command), title.empty() ? "" : "  ", title));
  print(ranked.empty() ? "nothing: the model has learned nothing about this item\n"
                       : ranked_text(shop, ranked));
  return kSuccess;
}

}  // namespace

int run_similar(const Args& args) {
  SimilarCommand command;
  CommandLine line("similar", "Items like an item, most similar first.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  check(command);
  Session session(line.common);
  Source source(command);
  if (command.all_items) return similar_all(source, command, session);
  if (!command.analogies.empty()) return answer(source, command, session);
  return similar_one(source, command, session);
}

}  // namespace akin::cli
