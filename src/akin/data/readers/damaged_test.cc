// Cut off and altered copies of every format are read or refused with an Error, never worse.
#include <gtest/gtest.h>
#include <zlib.h>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/readers/test_files.h"

namespace akin {
namespace {

/// A small data set of one format.
struct Sample {
  std::string format;
  std::vector<std::pair<std::string, std::string>> files;  // (name, content); damage goes to each in turn
  std::vector<std::size_t> arguments;                      // which of them are named in the request
  std::map<std::string, std::string> options = {};         // "@2" = path of file 2
};

std::vector<Sample> samples() {
  return {
      {"csv",
       {{"e.csv",
         "user,item,rating,time,event,title,text\nu,i,1,2010-12-01 08:26,view,\"A \"\"b\"\", "
         "c\",\"x\ny\"\nv,j,2,1e9,buy,T,\n"},
        {"i.csv", "id,brand\ni,\"B,\"\nj,C\n"}},
       {0},
       {{"items", "@1"}, {"item_pattern", "^[a-z]"}, {"min_raw_value", "0"}}},
      {"uirt", {{"a.txt", "1 2 3.5 100\n2 3 4 101\n3 2 1 5\n"}}, {0}},
      {"sessions", {{"s.tsv", "SessionId\tItemId\tTime\n1\t2\t3.5\n1\t3\t4.5\n"}}, {0}},
      {"movielens",
       {{"u.data", "1\t10\t3\t100\n2\t10\t4\t50\n"},
        {"u.item", "10|T\xe9|d||u|0|1|0|0|0|1|0|0|0|0|0|0|0|0|1|0|0|0|0\n"},
        {"u.user", "1|24|M|technician|85711\n"}},
       {0}},
      {"movielens",
       {{"ratings.dat", "1::10::3\n2::10::4\n"},
        {"movies.dat", "10::T::A|B\n"},
        {"users.dat", "1::F::1::10::48067\n"},
        {"movies_extrainfos.dat", "10::a::b::c::d::e::f::g::h::i\n"},
        {"s.txt", "1 10\n2 10\n"}},
       {0},
       {{"sequences", "@4"}}},
      {"movielens",
       {{"ratings.csv", "userId,movieId,rating,timestamp\n1,10,2.5,100\n"},
        {"movies.csv", "movieId,title,genres\n10,\"A, B\",C|D\n"},
        {"tags.csv", "userId,movieId,tag,timestamp\n1,10,dark,5\n"}},
       {0}},
      {"atomic",
       {{"x.inter",
         "user_id:token\titem_id:token\trating:float\ttimestamp:float\tx_label\n"
         "1\t10\t4.0\t8.5\t0\n1\t11\t4.0\t9.5\t2\n"},
        {"x.item", "item_id:token\tclass:token_seq\n10\tA B\n"},
        {"x.user", "user_id:token\tage:token\n1\t24\n"}},
       {0}},
      {"lists",
       {{"train.txt", "0 1 2 3\n1 2\n"},
        {"test.txt", "0 4\n"},
        {"i.tsv", "1\tT &amp;\tB\tC\n"},
        {"l.txt", "1 2 3\n"}},
       {0, 1},
       {{"items", "@2"}, {"links", "@3"}, {"ordered", "yes"}}},
      {"text",
       {{"a.txt", "The c\xC3\xA4t \xE4 on a mat.\n\nIt's the mat\n"},
        {"v.tsv", "a\t3\nmat\nthe_mat\t1\n"},
        {"p.tsv", "the\tmat\t3.5\t1\nIt's\tthe_mat\n"}},
       {0},
       {{"vocabulary", "@1"}, {"phrase_file", "@2"}}},
      {"pairs", {{"p.txt", "1 2\n1 3\n2 2\n"}}, {0}},
      {"ncf",
       {{"n.train.rating", "0\t5\t4\t0\n1\t5\t3\t0\n"},
        {"n.test.rating", "0\t6\t4\t9\n"},
        {"n.test.negative", "(0,6)\t7\t8\n"}},
       {0}},
  };
}

std::string gzip(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(content.size() + 100, '\0');
  std::string in = content;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

/// Imports the sample from `folder`; whether it could be read. Anything but success
/// or an Error fails the test.
bool reads(const Sample& sample, const TestFolder& folder) {
  ImportRequest request;
  for (const std::size_t argument : sample.arguments)
    request.files.push_back(folder.path(sample.files[argument].first));
  for (const auto& [name, text] : sample.options) {
    const bool is_file = text.starts_with('@');
    request.options[name] =
        is_file ? folder.path(sample.files[static_cast<std::size_t>(text[1] - '0')].first) : text;
  }
  ImportReport report;
  try {
    const Dataset data = import_dataset(sample.format, request, {}, report, {.threads = 1});
    EXPECT_GT(data.events.size(), 0U);
    for (const Event& event : data.events)
      EXPECT_TRUE(event.user < data.n_users() && event.item < data.n_items());
    return true;
  } catch (const Error& error) {
    EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
    return false;
  }
}

TEST(Damaged, WholeSamplesAreRead) {
  for (const Sample& sample : samples()) {
    const TestFolder folder;
    for (const auto& [name, content] : sample.files) folder.add(name, content);
    EXPECT_TRUE(reads(sample, folder)) << sample.format << " " << sample.files[0].first;
  }
}

TEST(Damaged, EveryTruncation) {
  for (const Sample& sample : samples()) {
    const TestFolder folder;
    for (const auto& [name, content] : sample.files) folder.add(name, content);
    for (const auto& [name, content] : sample.files) {
      for (std::size_t size = 0; size < content.size(); ++size) {
        folder.add(name, content.substr(0, size));
        reads(sample, folder);
      }
      folder.add(name, content);
    }
  }
}

TEST(Damaged, ByteFlips) {
  for (const Sample& sample : samples()) {
    const TestFolder folder;
    for (const auto& [name, content] : sample.files) folder.add(name, content);
    Rng rng(11);
    for (int trial = 0; trial < 1000; ++trial) {
      const auto& [name, content] = sample.files[rng.below(sample.files.size())];
      std::string damaged = content;
      for (std::uint64_t flips = 1 + rng.below(3); flips > 0; --flips) {
        damaged[rng.below(damaged.size())] = static_cast<char>(rng.below(256));
      }
      folder.add(name, damaged);
      reads(sample, folder);
      folder.add(name, content);
    }
  }
}

TEST(Damaged, TruncatedArchivesAreErrors) {
  const Sample sample = samples()[1];
  const std::string whole = gzip(sample.files[0].second);
  const TestFolder folder;
  folder.add("a.txt", whole);
  EXPECT_TRUE(reads(sample, folder));
  for (std::size_t size = 2; size < whole.size(); ++size) {
    folder.add("a.txt", whole.substr(0, size));
    EXPECT_FALSE(reads(sample, folder)) << size;
  }
}

}  // namespace
}  // namespace akin
