#include <limits>

#include "akin/base/error.h"
#include "akin/base/zip_for_test.h"
#include "akin/data/readers/test_files.h"
#include "akin/data/readers/workbook.h"

namespace akin {
namespace {

constexpr std::string_view kTypes = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";

std::string relations(const std::vector<std::pair<std::string, std::string>>& type_and_target) {
  std::string xml = "<Relationships>";
  for (std::size_t i = 0; i < type_and_target.size(); ++i) {
    const auto& [type, target] = type_and_target[i];
    xml +=
        fmt::format("<Relationship Id=\"rId{}\" Type=\"{}{}\" Target=\"{}\"/>", i + 1, kTypes, type, target);
  }
  return xml + "</Relationships>";
}

/// A workbook of two sheets: "Log" with the rows given, and "Items".
std::string workbook(const std::string& rows, const std::string& properties = "") {
  return zip_of(
      {{"_rels/.rels", relations({{"officeDocument", "xl/workbook.xml"}})},
       {"xl/_rels/workbook.xml.rels", relations({{"worksheet", "worksheets/sheet1.xml"},
                                                 {"worksheet", "/xl/worksheets/sheet2.xml"},
                                                 {"sharedStrings", "sharedStrings.xml"},
                                                 {"styles", "styles.xml"}})},
       {"xl/workbook.xml",
        "<?xml version=\"1.0\"?><x:workbook xmlns:x=\"m\" xmlns:r=\"r\">" + properties +
            "<x:sheets><x:sheet name=\"Log\" sheetId=\"1\" r:id=\"rId1\"/>"
            "<x:sheet name=\"Items\" sheetId=\"2\" r:id=\"rId2\"/></x:sheets></x:workbook>"},
       {"xl/sharedStrings.xml",
        "<sst><si><t>user</t></si><si><r><t>it</t></r><r><t>em</t></r><rPh><t>no</t></rPh></si>"
        "<si><t>a, \"b\"</t></si></sst>"},
       {"xl/styles.xml",
        "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"dd/mm/yyyy\\ hh:mm;@\"/></numFmts>"
        "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>"
        "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"2\"/></cellXfs></styleSheet>"},
       {"xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"},
       {"xl/worksheets/sheet2.xml",
        "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>id</t></is></c><c "
        "t=\"str\"><v>name</v></c></row>"
        "<row><c><v>7</v></c><c t=\"inlineStr\"><is><t>Seven</t></is></c></row></sheetData></worksheet>"}},
      true);
}

constexpr std::string_view kHeader =
    "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Sales</t></is></c></row>"
    "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"B2\" t=\"s\"><v>1</v></c>"
    "<c r=\"D2\" t=\"str\"><v>quantity</v></c><c r=\"E2\" t=\"str\"><v>InvoiceDate</v></c></row>";

std::string error_of(const std::string& file, std::map<std::string, std::string> options = {}) {
  try {
    import_files("xlsx", {file}, std::move(options));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Xlsx, CellsOfEveryKind) {
  const TestFolder folder;
  const std::string file = folder.add(
      "x.xlsx",
      workbook(
          std::string(kHeader) +
          "<row r=\"3\"><c r=\"A3\"><v>17850</v></c><c r=\"B3\" t=\"s\"><v>2</v></c>"
          "<c r=\"D3\" s=\"2\"><v>0.10000000000000001</v></c><c r=\"E3\" s=\"1\"><v>40513.5</v></c></row>"
          "<row r=\"5\"><c r=\"A5\" t=\"inlineStr\"><is><t>u&amp;v</t></is></c><c r=\"B5\"><v>7</v></c>"
          "<c r=\"D5\" t=\"e\"><v>#N/A</v></c><c r=\"E5\"><v>40514</v></c></row>"
          "<row r=\"6\"><c r=\"A6\" t=\"b\"><v>1</v></c><c r=\"B6\"><v>7</v></c><c r=\"D6\"><v>2</v></c>"
          "<c r=\"E6\" t=\"d\"><v>2010-12-03T00:00:00</v></c></row>"));
  const Imported in = import_files("xlsx", {file});
  EXPECT_EQ(in.events(), (std::vector<std::string>{"17850 a, \"b\" 0.1 1291204800", "true 7 2 1291334400"}));
  EXPECT_EQ(in.first_position("no value"), "x.xlsx:5") << "the row of the sheet";
  EXPECT_TRUE(in.has_note("1 rows above the header"));
  EXPECT_TRUE(in.has_note("1 cells hold errors"));
  EXPECT_EQ(in.used_as("quantity"), "value");
  EXPECT_EQ(in.used_as("InvoiceDate"), "time");
}

TEST(Xlsx, NumbersOfThreeDecimalsAreReadOnce) {
  const TestFolder folder;
  const std::string file =
      folder.add("x.xlsx", workbook(std::string(kHeader) +
                                    "<row r=\"3\"><c r=\"A3\"><v>1</v></c><c r=\"B3\"><v>7</v></c>"
                                    "<c r=\"D3\"><v>1.125</v></c><c r=\"E3\"><v>1600000000</v></c></row>"));
  EXPECT_EQ(import_files("xlsx", {file}).events(), std::vector<std::string>{"1 7 1.125 1600000000"});
}

TEST(Xlsx, SheetsByNameAndTablesOfItems) {
  const TestFolder folder;
  const std::string file = folder.add("x.xlsx", workbook(std::string(kHeader)));
  const Imported in =
      import_files("xlsx", {file}, {{"sheet", "Items"}, {"user", "name"}, {"item", "id"}, {"title", "none"}});
  EXPECT_EQ(in.events(), std::vector<std::string>{"Seven 7 1 -"});
  EXPECT_NE(error_of(file, {{"sheet", "Itemz"}})
                .find("there is no sheet 'Itemz' (did you mean Items?); there are: Log, Items"),
            std::string::npos)
      << error_of(file, {{"sheet", "Itemz"}});
  const std::string items =
      folder.add("items.xlsx", workbook("<row><c t=\"str\"><v>item</v></c><c t=\"str\"><v>title</v></c></row>"
                                        "<row><c t=\"str\"><v>i</v></c><c t=\"str\"><v>One</v></c></row>"));
  EXPECT_EQ(
      import_files("csv", {folder.add("e.csv", "user,item\nu,i\n")}, {{"items", items}}).item("i", "title"),
      "One");
}

TEST(Xlsx, DatesAndFormats) {
  EXPECT_EQ(style_of_format("dd.mm.yyyy hh:mm"), NumberStyle::kDate);
  EXPECT_EQ(style_of_format("[$-409]mmm d, yy;@"), NumberStyle::kDate);
  EXPECT_EQ(style_of_format("[h]:mm:ss"), NumberStyle::kTime);
  for (const char* const number :
       {"General", "0.00", "#,##0 \"days\"", "0.00E+00", "[Red]0", "@", "0\\d", "\"yd\""})
    EXPECT_EQ(style_of_format(number), NumberStyle::kNumber) << number;
  EXPECT_EQ(date_text(40513, NumberStyle::kDate, false), "2010-12-01");
  EXPECT_EQ(date_text(39051, NumberStyle::kDate, true), "2010-12-01") << "of an old Macintosh";
  EXPECT_EQ(date_text(40513.351388888888, NumberStyle::kDate, false), "2010-12-01 08:26:00");
  EXPECT_EQ(date_text(1, NumberStyle::kDate, false), "1900-01-01");
  EXPECT_EQ(date_text(61, NumberStyle::kDate, false), "1900-03-01");
  EXPECT_EQ(date_text(0.75, NumberStyle::kTime, false), "18:00:00");
  for (const double days : {-1.0, 2'958'466.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_EQ(date_text(days, NumberStyle::kDate, false), "");
  EXPECT_EQ(number_text(1e15), "1000000000000000");
  EXPECT_EQ(number_text(0.1), "0.1");
}

TEST(Xlsx, RefusesWhatIsNone) {
  const TestFolder folder;
  EXPECT_NE(error_of(folder.add("a.csv", "user,item\nu,i\n")).find("is not a zip archive"),
            std::string::npos);
  EXPECT_NE(
      error_of(folder.add("b.zip", zip_of({{"a.csv", "user,item\n"}}, true))).find("has no _rels/.rels"),
      std::string::npos);
  const auto sheet = [&](const std::string& rows) { return error_of(folder.add("c.xlsx", workbook(rows))); };
  EXPECT_NE(sheet("<row r=\"5\"/><row r=\"4\"/>").find("row '4' cannot stand here"), std::string::npos);
  EXPECT_NE(sheet("<row r=\"9999999\"/>").find("row '9999999' cannot stand here"), std::string::npos);
  EXPECT_NE(sheet("<row><c r=\"ZZZZ1\"/></row>").find("there is no cell 'ZZZZ1'"), std::string::npos);
  EXPECT_NE(sheet("<row><c t=\"s\"><v>3</v></c></row>").find("text number '3'"), std::string::npos);
  EXPECT_NE(sheet("<row>").find("not valid XML"), std::string::npos);
  EXPECT_NE(sheet("").find("not one usable event"), std::string::npos) << "an empty sheet";
  const std::string bomb = "<!DOCTYPE a [<!ENTITY b \"bb\">]><worksheet/>";
  const std::string archive = zip_of({{"_rels/.rels", bomb}}, true);
  EXPECT_NE(error_of(folder.add("d.xlsx", archive)).find("has a document type"), std::string::npos);
}

}  // namespace
}  // namespace akin
