#include <gtest/gtest.h>

#include <limits>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/data/attribute_type.h"
#include "akin/data/builder.h"
#include "akin/data/dataset.h"

namespace akin {
namespace {

Dataset example() {
  DatasetBuilder builder;
  builder.add_review(builder.add_event("u", "a", 5, 3), "good", "very good");
  builder.add_event("v", "b\n", 2.5f, kNoTime, EventKind::kPurchase, Subset::kTest);
  builder.set_item_attribute("a", "title", "kettle");
  builder.set_user_attribute("v", "age", "33");
  builder.add_link("also_bought", "a", "b\n");
  builder.add_event("v", "a", 1, kNoTime, EventKind::kClick, Subset::kHistory);
  builder.add_candidate("v", "a");
  ImportReport report;
  return builder.build("example", {}, report, {});
}

TEST(DatasetIo, AttributesMayHaveAnyName) {
  const TempDir dir;
  const std::vector<std::string> names = {"names", "columns", "title.bytes", "", "\xD6l", "\"\n"};
  DatasetBuilder builder;
  builder.add_event("u", "a", 1, 1);
  for (const std::string& name : names) {
    builder.set_item_attribute("a", name, "of " + name);
    builder.set_user_attribute("u", name, name);
  }
  ImportReport report;
  save_dataset(builder.build("x", {}, report, {}), dir / "d");
  const Dataset back = load_dataset(dir / "d");
  ASSERT_EQ(back.item_attributes.all().size(), names.size());
  EXPECT_EQ((*back.item_attributes.find("names"))[0], "of names");
  EXPECT_EQ((*back.item_attributes.find("\xC3\x96l"))[0], "of \xD6l");  // Latin-1 in a header
  EXPECT_EQ((*back.user_attributes.find("title.bytes"))[0], "title.bytes");
}

TEST(DatasetIo, ReadsBackWhatWasWritten) {
  const TempDir dir;
  const Dataset data = example();
  save_dataset(data, dir / "d");
  const Dataset loaded = load_dataset(dir / "d");
  EXPECT_EQ(loaded.name, "example");
  EXPECT_EQ(loaded.events, data.events);
  EXPECT_EQ(loaded.items.id(1), "b\n");
  EXPECT_EQ(loaded.item_attributes.get("title", 0), "kettle");
  EXPECT_EQ(loaded.user_attributes.get("age", 1), "33");
  EXPECT_EQ(loaded.reviews.event, data.reviews.event);
  EXPECT_EQ(loaded.reviews.summary[0], "good");
  EXPECT_EQ(loaded.reviews.text[0], "very good");
  EXPECT_EQ(loaded.links.at(0).pairs, data.links.at(0).pairs);
  EXPECT_EQ(loaded.candidates.cols_of(1).size(), 1u);
}

TEST(DatasetIo, KeepsTheCatalogueTheTypesAndTheAttributesOfEvents) {
  const TempDir dir;
  DatasetBuilder builder;
  builder.types = {{"tags", parse_attribute_type("list:;")}};
  const std::uint64_t event = builder.add_event("u", "a", 1, 1234567);
  builder.set_event_attribute(event, "device", "phone");
  builder.add_event("u", "b", 1, 1234567);
  builder.set_item_attribute("cold", "tags", "x;y");
  builder.set_item_attribute("a", "price", "12.5");
  builder.set_item_attribute("a", "types", "a name that the file uses too");
  ImportReport report;
  save_dataset(builder.build("x", {}, report, {}), dir / "d");
  const Dataset back = load_dataset(dir / "d");
  EXPECT_EQ(back.n_items(), 3u);
  EXPECT_EQ(back.n_event_items(), 2u);
  EXPECT_EQ(back.events[0].time, 1234567) << "microseconds";
  EXPECT_EQ(back.items.id(back.events[0].item), "a") << "equal times keep the order of the file";
  EXPECT_EQ(to_string(back.item_attributes.type("tags")), "list:;");
  EXPECT_EQ(back.item_attributes.type("price").kind, AttributeType::Kind::kNumber);
  EXPECT_EQ(back.item_attributes.get("types", 0), "a name that the file uses too");
  ASSERT_EQ(back.event_attributes.columns().size(), 1u);
  EXPECT_EQ(back.event_attributes.find("device")->get(0), "phone");
  EXPECT_EQ(back.event_attributes.find("device")->get(1), "");
}

TEST(DatasetIo, SameDataSameBytes) {
  const TempDir dir;
  save_dataset(example(), dir / "a");
  save_dataset(example(), dir / "b");
  EXPECT_EQ(read_file(dir / "a"), read_file(dir / "b"));
}

TEST(DatasetIo, RefusesInconsistentFiles) {
  const TempDir dir;
  const auto refused = [&](auto change) {
    Dataset data = example();
    change(data);
    const auto write_and_read = [&] {
      save_dataset(data, dir / "d");
      static_cast<void>(load_dataset(dir / "d"));
    };
    EXPECT_THROW(write_and_read(), Error);
  };
  refused([](Dataset& d) { d.events[0].user = 2; });
  refused([](Dataset& d) { d.events[1].item = 2; });
  refused([](Dataset& d) { std::swap(d.events[0], d.events[1]); });
  refused([](Dataset& d) { d.events[0].kind = static_cast<EventKind>(9); });
  refused([](Dataset& d) { d.events[0].subset = static_cast<Subset>(4); });
  refused([](Dataset& d) { d.events[0].context = 1; });  // of no attribute
  refused([](Dataset& d) {
    EventAttributes::Column values{"device", {}, {}};
    values.values.add("phone");  // in the place of ""
    d.event_attributes.add(values);
  });
  refused([](Dataset& d) { d.reviews.event[0] = 7; });
  refused([](Dataset& d) { d.links[0].pairs[0].second = 7; });
  refused([](Dataset& d) { d.candidates.indices[0] = 7; });
  refused([](Dataset& d) { d.candidates.offsets[1] = 9; });
  refused([](Dataset& d) { d.item_attributes.resize(5); });
  refused([](Dataset& d) { d.events[1].time = 5; });  // before an event without a time
  refused([](Dataset& d) { d.events[0].time = std::numeric_limits<std::int64_t>::max(); });
  refused([](Dataset& d) { d.events[0].time = kNoTime + 1; });
  refused([](Dataset& d) { d.events[0].value = std::numeric_limits<float>::quiet_NaN(); });
  refused([](Dataset& d) {
    d.candidates.indices = {1, 0};
    d.candidates.values = {1, 1};
    d.candidates.offsets = {0, 0, 2};
  });
}

TEST(DatasetIo, TextIsToBeImportedFirst) {
  const TempDir dir;
  const auto said = [&](const std::string& name, std::string_view content) -> std::string {
    write_file(dir / name, content);
    try {
      load_dataset(dir / name);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      return error.what();
    }
    return "";
  };
  const auto command = [&](std::string_view format, const std::string& name, std::string_view out) {
    return fmt::format(": is a text, not a data set of akin; import it first: akin import {} {} -o {} ",
                       format, dir / name, out);
  };
  EXPECT_NE(said("a.csv", "user,item\n").find(command("csv", "a.csv", "a.data")), std::string::npos);
  EXPECT_NE(said("b", "\n {\"user\": 1}\n").find(command("jsonl", "b", "b.data")), std::string::npos);
  EXPECT_NE(said("c.inter", "user_id:token\n").find(command("atomic", "c.inter", "c.data")),
            std::string::npos);
  EXPECT_NE(said("empty", "").find("not a whole safetensors file"), std::string::npos);
}

}  // namespace
}  // namespace akin
