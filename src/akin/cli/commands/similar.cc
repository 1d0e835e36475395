// akin similar BUNDLE|VECTORS --item ID [--plus ID] [--minus ID] | --all-items -o FILE | --analogies FILE
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/data/item_content.h"
#include "akin/image/decode.h"
#include "akin/image/drawings.h"
#include "akin/report/item_text.h"
#include "akin/report/json.h"
#include "akin/report/list_file.h"
#include "akin/report/new_item_report.h"
#include "akin/report/text_table.h"
#include "akin/serve/analogies.h"

namespace akin::cli {
namespace {

struct SimilarCommand {
  std::string source;
  std::vector<std::string> items, plus, minus;
  std::string user, text, picture, new_items, part;
  int k = 10;
  std::vector<std::string> filters;
  bool all_items = false;
  std::string analogies;
  std::string out, sheet;
  std::string kind = "similar", types;
  std::string distance = "cosine", index = "exact";
  LshConfig lsh;
  std::optional<float> width;

  bool searches() const { return distance != "cosine" || index != "exact"; }
};

void declare(CommandLine& line, SimilarCommand& command) {
  line.explain(
      "With --plus and --minus: items nearest to a sum of normalized vectors, such as paris - france + "
      "italy, without the given ones. This needs a model with vectors, or a file of vectors from any program "
      "(word2vec text or binary, npy with FILE.ids.json, csv, safetensors).");
  line.add({"BUNDLE", "", vectors_path(&command.source), "file written by `akin train`, or a file of vectors",
            Need::kRequired});
  line.add({"--item", "ID", Text{&command.items}, "the item whose neighbors are wanted; repeatable"});
  line.add({"--plus", "ID", Text{&command.plus}, "add the vector of this item; repeatable"});
  line.add({"--minus", "ID", Text{&command.minus}, "subtract the vector of this item; repeatable"});
  line.add(
      {"--user", "ID", Text{&command.user}, "items most like this user, including those of the history"});
  line.add({"--text", "TEXT", Text{&command.text},
            "items most like this text; needs an encoder of content: "
            "a model such as content-tfidf, or `akin encode --add-to`"});
  line.add({"--image", "FILE", InputPath{&command.picture},
            "items that look like this picture; needs an encoder of pictures: the model content-image, or "
            "`akin encode "
            "image --add-to`"});
  line.add({"--new-item", "FILE", InputPath{&command.new_items},
            "items most like those in this JSON file, which need not be in the data: an object or a list of "
            "objects "
            "such as {\"title\": \"Kettle\", \"brand\": \"Acme\"}"});
  line.add({"--part", "NAME", Text{&command.part},
            "answer by this encoder in the bundle, which `akin encode --add-to` put there"});
  line.add({"-k,--top", "N", &command.k, "number of items", Need::kOptional, 1});
  line.add({"--filter", "CONDITION", Text{&command.filters},
            "only items that meet this, such as category=Toys or \"price<50\"; see `akin recommend --help`; "
            "repeatable"});
  line.add({"--all-items", "", &command.all_items, "write a list for every item to -o"});
  line.add({"--analogies", "FILE", InputPath{&command.analogies},
            "accuracy on analogies `a b c d` (a is to b as c is to d), one per line, sections starting with "
            "`: name` (word2vec's questions-words.txt)"});
  line.add({"-o,--out", "FILE", OutputPath{&command.out, OutputPath::Form::kPrintable},
            "output of --all-items: item, similar, rank, score, separated by commas where the name ends in "
            ".csv, else "
            "by tabs; with --json, one JSON object per item; - = standard output"});
  line.add({"--kind", "KIND", Text{&command.kind},
            "similar; substitute = items with the same items around them; complement = items chosen together "
            "with it. The last "
            "two need a model of word2vec (prod2vec, item2vec, meta-prod2vec ...) and are for --item and "
            "--all-items"});
  line.add({"--types", "ATTRIBUTE", Text{&command.types},
            "with --kind: substitutes have the same value of this attribute, such as category; complements "
            "other ones that "
            "follow it, which share the list"});
  line.add({"--sheet", "PNG", OutputPath{&command.sheet},
            "with --item or --image: also draw the query and the items found, by their first pictures"});
  line.section("Search among the vectors, for --item and --all-items");
  line.add({"--distance", "HOW", Text{&command.distance},
            "cosine or euclidean (scores are then minus the distance)"});
  line.add({"--index", "INDEX", Text{&command.index},
            "exact looks at all items; lsh at those in the same buckets of hash tables: faster, and some are "
            "missed"});
  line.add({"--tables", "N", &command.lsh.tables, "lsh: tables"});
  line.add({"--hashes", "N", &command.lsh.hashes, "lsh: hashes of the key of a bucket; 0 = log2(items / 8)"});
  line.add({"--probes", "N", &command.lsh.probes, "lsh: buckets looked at in each table"});
  line.add({"--width", "W", &command.width,
            "lsh, euclidean: width of a hash; 0 = four times the mean distance of items to their tenth "
            "neighbor"});
  line.example("akin similar als.akin --item B0002E1G5C -k 5");
  line.example("akin similar prod2vec.akin --item B0002E1G5C --kind complement --types category");
  line.example("akin similar als.akin --all-items -o similar.tsv");
  line.example("akin similar content.akin --text \"stainless steel kettle\"");
  line.example("akin similar words.akin --item paris --minus france --plus italy");
  line.example("akin similar vectors.bin --analogies questions-words.txt");
}

void check(const SimilarCommand& command) {
  const bool given = !command.items.empty() || !command.plus.empty();
  const int ways = int{given} + int{command.all_items} + int{!command.analogies.empty()} +
                   int{!command.user.empty()} + int{!command.text.empty()} + int{!command.picture.empty()} +
                   int{!command.new_items.empty()};
  if (ways != 1) {
    fail(ErrorCode::kUsage,
         "name one query: --item ID, --user ID, --text TEXT, --image FILE, --new-item FILE, --all-items or "
         "--analogies "
         "FILE; see "
         "`akin similar --help`");
  }
  if (!command.minus.empty() && !given) fail(ErrorCode::kUsage, "--minus is for --item and --plus");
  if (command.all_items && command.out.empty()) fail(ErrorCode::kUsage, "--all-items needs -o FILE");
  if (!command.all_items && !command.out.empty()) fail(ErrorCode::kUsage, "-o is for --all-items");
  if (!command.sheet.empty() && command.picture.empty() && command.items.size() != 1)
    fail(ErrorCode::kUsage, "--sheet is for --image, and for one --item");
  if (!command.part.empty() && (!command.user.empty() || !command.analogies.empty()))
    fail(ErrorCode::kUsage,
         "--part is an encoder of items: it answers --item, --text, --image, --new-item and --all-items");
  const bool lists =
      command.all_items || (command.items.size() == 1 && command.plus.empty() && command.minus.empty());
  if (!lists && (command.kind != "similar" || command.searches()))
    fail(ErrorCode::kUsage, "--kind, --distance and --index are for one --item and for --all-items");
  if (command.kind != "similar" && command.searches())
    fail(ErrorCode::kUsage, "--kind {} asks the model: leave out --distance and --index", command.kind);
  if (!command.types.empty() && command.kind == "similar")
    fail(ErrorCode::kUsage, "--types is for --kind substitute and --kind complement");
  if (command.index != "exact" && command.index != "lsh")
    fail(ErrorCode::kUsage, "there is no index '{}'; indexes: exact, lsh", command.index);
  if (!command.analogies.empty() && !command.filters.empty())
    fail(ErrorCode::kUsage, "--filter is for lists of items, not for --analogies");
}

int similar_all(const SimilarItems& items, const SimilarCommand& command, Session& session) {
  const ListFormat format = session.common().json ? ListFormat::kJsonLines : list_format_of(command.out);
  const ListCounts counts =
      write_similar(items, static_cast<std::size_t>(command.k), command.out, format, session.context());
  if (command.index == "lsh") {
    const SearchFacts facts = items.measure(static_cast<std::size_t>(command.k), session.context());
    session.remark(fmt::format(
        "lsh found {} of the {} nearest of {} items, and scored {} of {} items for a list; its tables take "
        "{}",
        format_percent(facts.recall), command.k, format_count(facts.asked),
        format_count(static_cast<std::uint64_t>(std::lround(facts.scored))),
        format_count(items.dataset().n_items()), format_bytes(static_cast<double>(facts.memory))));
  }
  if (command.out != "-") {
    session.remark(fmt::format("wrote {}: {} similar items of {} items", command.out,
                               format_count(counts.lines), format_count(counts.lists)));
  }
  return kSuccess;
}

int answer(SimilarItems& items, const SimilarCommand& command, Session& session) {
  std::vector<AnalogySection> sections =
      answer_analogies(items.space(), command.analogies, session.context());
  session.progress().clear();
  const AnalogySection total = total_of(sections);
  if (session.common().json) {
    print_json(analogies_json(sections, total));
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

/// "" if it has none.
std::string_view first_picture(const ItemContent& content, idx_t item) {
  const std::vector<std::string_view> pictures = content.pictures(item);
  return pictures.empty() ? std::string_view() : pictures.front();
}

/// The query, then the items found, in rows.
void write_sheet(const std::string& path, const ItemContent& content, std::string_view query,
                 const std::vector<Scored>& ranked, const Session& session) {
  constexpr int kSide = 128;
  constexpr std::size_t kMostColumns = 8;
  std::vector<std::string> paths = {std::string(query)};
  for (const Scored& entry : ranked) paths.emplace_back(first_picture(content, entry.idx));
  const auto columns = static_cast<int>(std::min(paths.size(), kMostColumns));
  save_png(contact_sheet(read_for_sheet(paths, kSide, session.context()), columns, kSide, true), path);
}

int similar_one(SimilarItems& items, const SimilarCommand& command, const Session& session) {
  const Dataset& dataset = items.dataset();
  const auto k = static_cast<std::size_t>(command.k);
  std::vector<idx_t> plus, minus;
  for (const std::string& id : command.items) plus.push_back(items.find(id));
  for (const std::string& id : command.plus) plus.push_back(items.find(id));
  for (const std::string& id : command.minus) minus.push_back(items.find(id));
  const bool single = plus.size() == 1 && minus.empty();
  const std::vector<Scored> ranked = single ? items.similar(plus[0], k) : items.nearest(plus, minus, k);
  if (!command.sheet.empty()) {
    const ItemContent content(dataset);
    const std::string_view query = first_picture(content, plus[0]);
    if (query.empty()) fail(ErrorCode::kBadData, "item {} has no picture in the data", command.items[0]);
    write_sheet(command.sheet, content, query, ranked, session);
  }
  if (session.common().json) {
    nlohmann::json result =
        single ? items_json(dataset, plus)[0]
               : nlohmann::json{{"plus", items_json(dataset, plus)}, {"minus", items_json(dataset, minus)}};
    result[command.kind] = ranked_json(dataset, ranked);
    print_json(result);
    return kSuccess;
  }
  const std::string title = single ? item_title(dataset, plus[0]) : "";
  const std::string_view what = command.kind == "substitute"   ? "substitutes of"
                                : command.kind == "complement" ? "complements of"
                                                               : "similar to";
  print(fmt::format("{} {}{}{}:\n", what, printable(sum_text(command)), title.empty() ? "" : "  ", title));
  print(ranked.empty() ? "nothing: the model has learned nothing about this item\n"
                       : ranked_text(dataset, ranked));
  return kSuccess;
}

/// A list under its title, or as a member of the JSON answer.
void add_list(const std::string& what, const Dataset& dataset, const std::vector<Scored>& ranked,
              bool as_json, nlohmann::json& json, std::string& text) {
  if (as_json) {
    json.push_back({{"query", what}, {"similar", ranked_json(dataset, ranked)}});
  } else {
    text += fmt::format(
        "similar to {}:\n{}", printable(what),
        ranked.empty() ? "nothing: the model knows none of this content\n" : ranked_text(dataset, ranked));
  }
}

/// Items like a user, a text, or items that nobody has seen yet.
int similar_content(const SimilarItems& items, const SimilarCommand& command, Session& session) {
  const Service& service = items.service();
  const Dataset& dataset = items.dataset();
  const auto k = static_cast<std::size_t>(command.k);
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  const auto add = [&](const std::string& what, const std::vector<Scored>& ranked) {
    add_list(what, dataset, ranked, session.common().json, json, text);
  };
  if (!command.user.empty()) {
    add("user " + command.user, service.similar_to_user(command.user, k, items.filters()));
  } else if (!command.text.empty()) {
    add(command.text, service.similar_to_text(command.text, k, items.filters(), command.part));
  } else if (!command.picture.empty()) {
    const std::vector<Scored> ranked =
        service.similar_to_picture(command.picture, k, items.filters(), command.part);
    if (!command.sheet.empty())
      write_sheet(command.sheet, ItemContent(dataset), command.picture, ranked, session);
    add(command.picture, ranked);
  } else {
    const NewItems fresh = read_new_items(command.new_items, dataset.item_attributes);
    if (const std::string note = new_items_remark(fresh, dataset.item_attributes); !note.empty())
      session.remark(note);
    const auto lists = service.similar_to(fresh.content, k, items.filters(), command.part);
    for (std::size_t i = 0; i < lists.size(); ++i) {
      const std::string id = fresh.ids[i].empty() ? fmt::format("item {}", i + 1) : fresh.ids[i];
      const std::string_view title = fresh.content.attributes().get("title", i);
      add(title.empty() ? id : fmt::format("{}  {}", id, title), lists[i]);
      if (!command.part.empty()) continue;
      const auto facts = new_item_facts(service.bundle(), fresh.content, i, lists[i]);
      if (!facts) continue;
      text += new_item_text(*facts);
      if (!session.common().json) continue;
      json.back().update(new_item_json(*facts));
      for (std::size_t r = 0; r < facts->shares.size(); ++r)
        json.back()["similar"][r]["sources"] = shares_json(facts->shares[r]);
    }
  }
  if (session.common().json) {
    print_json(json.size() == 1 ? json[0] : json);
  } else {
    print(text);
  }
  return kSuccess;
}

}  // namespace

int run_similar(const Args& args) {
  SimilarCommand command;
  CommandLine line("similar", "Finds items similar to an item, most similar first.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  check(command);
  Session session(line.common);
  const Relation relation = parse_relation(command.kind);
  const Distance distance = parse_distance(command.distance);
  SimilarItems items(command.source, parse_filters(command.filters), command.part);
  items.ask_for(relation, command.types);
  if (command.width) command.lsh.width = *command.width;
  if (command.searches()) {
    items.search_by(distance, command.index == "lsh" ? std::optional(command.lsh) : std::nullopt,
                    session.context());
  }
  if (command.all_items) return similar_all(items, command, session);
  if (!command.user.empty() || !command.text.empty() || !command.picture.empty() ||
      !command.new_items.empty())
    return similar_content(items, command, session);
  if (!command.analogies.empty()) return answer(items, command, session);
  return similar_one(items, command, session);
}

}  // namespace akin::cli
