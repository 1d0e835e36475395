"""The demo, small."""
import unittest

from harness import AkinTest


class DemoTest(AkinTest):
    SMALL = ["--users", "120", "--items", "60", "--events", "1500"]

    def test_demo(self):
        out = self.run_akin("demo", *self.SMALL).out
        for step in range(1, 7):
            self.search(rf"== {step}\. ", out)
        self.search(r"chosen on these\s+held-out\s+events", out)
        self.search(r"akin import csv events\.csv", out)
        page = (self.dir / "akin-demo" / "report.html").read_text()
        self.assertTrue(page.startswith("<!DOCTYPE html>"))
        self.assertNotRegex(page, r"<script[^>]+src|(src|href)=\"?https?:")
        self.assertIn("default-src 'none'", page)  # nothing can be loaded
        self.run_akin("evaluate", "akin-demo/best.akin")
        for command in [line[2:] for line in out.splitlines() if line.startswith("$ akin ")]:
            self.run_akin(*command.split()[1:])  # what is shown can be typed
        again = self.run_json("demo", *self.SMALL)  # into the same folder
        for entry in again["examples"]:
            self.assertIn(f"$ {entry['command']}\n", out)
            self.assertTrue(entry["answer"])
            for answer in entry["answer"]:
                self.assertRegex(out, rf"\b{answer['item']}\b")


if __name__ == "__main__":
    unittest.main()
