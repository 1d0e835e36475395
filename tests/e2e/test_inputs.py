"""Other files than csv: JSON, workbooks, and what is said of files that are no data set."""
import io
import json
import unittest
import zipfile

from harness import AkinTest, csv_text, tiny_events

TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def workbook(rows):
    """An xlsx file whose only sheet, Events, has these rows of texts."""
    def relations(*pairs):
        return "<Relationships>" + "".join(f'<Relationship Id="r{i}" Type="{TYPES}{kind}" Target="{target}"/>'
                                           for i, (kind, target) in enumerate(pairs)) + "</Relationships>"
    cell = lambda text: f'<c t="inlineStr"><is><t>{text}</t></is></c>'
    sheet = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", relations(("officeDocument", "xl/workbook.xml")))
        archive.writestr("xl/workbook.xml", '<workbook xmlns:r="r"><sheets><sheet name="Events" r:id="r0"/></sheets></workbook>')
        archive.writestr("xl/_rels/workbook.xml.rels", relations(("worksheet", "worksheets/sheet1.xml")))
        archive.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{sheet}</sheetData></worksheet>")
    return packed.getvalue()


class InputsTest(AkinTest):
    def test_the_same_events_from_every_format(self):
        rows = [row[:5] for row in tiny_events()]
        names = ["user", "item", "value", "time", "title"]
        self.write("e.csv", csv_text(rows, ",".join(names)))
        self.write("e.jsonl", "".join(json.dumps(dict(zip(names, row))) + "\n" for row in rows))
        self.write("e.json", json.dumps([dict(zip(names, row)) for row in rows], indent=1))
        self.write("e.xlsx", workbook([names, *rows]))
        expected = None
        for form, file in [("csv", "e.csv"), ("jsonl", "e.jsonl"), ("jsonl", "e.json"), ("xlsx", "e.xlsx")]:
            self.run_akin("import", form, file, "-o", "e.data", "--quiet", "--name", "e")
            content = (self.dir / "e.data").read_bytes()
            expected = expected or content
            self.assertEqual(content, expected, file)
        self.run_akin("import", "xlsx", "-", "-o", "e.data", "--quiet", code=1)  # standard input is empty
        self.assert_error(self.run_akin("import", "xlsx", "e.xlsx", "--sheet", "Event", "-o", "x", code=2), "did you mean Events")

    def test_what_is_no_data_set_is_named_with_the_way(self):
        self.write("e.csv", "user,item\nu,i\n")
        self.write("e.jsonl", '{"user": "u", "item": "i"}\n')
        self.write("e.xlsx", workbook([["user", "item"]]))
        self.write("u.data", "1\t2\t3\n4\t5\t3\n")
        self.write("lists.txt", "u a b\nv c\n")
        self.write("e.parquet", b"PAR1\x15\x04\x15\x30")
        for command in [("train", "als"), ("compare",), ("tune", "als")]:
            for file, pattern in [("e.csv", r"import it first: akin import csv e\.csv -o e\.data "),
                                  ("e.jsonl", r"import it first: akin import jsonl e\.jsonl -o e\.data "),
                                  ("u.data", r"akin import csv u\.data -o u\.akin-data "),
                                  ("lists.txt", r"akin import lists lists\.txt -o lists\.data "),
                                  ("e.xlsx", r"akin import xlsx"), ("e.parquet", r"pandas\.read_parquet")]:
                with self.subTest(command=command, file=file):
                    out = () if command == ("compare",) else ("-o", "out")
                    self.assert_error(self.run_akin(*command, "-d", file, *out, code=1), pattern)
        self.assert_error(self.run_akin("import", "csv", "e.jsonl", "-o", "x", code=1), "use akin import jsonl")
        self.assert_error(self.run_akin("import", "csv", "e.xlsx", "-o", "x", code=1), "akin import xlsx")


if __name__ == "__main__":
    unittest.main()
