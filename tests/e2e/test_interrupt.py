"""Ctrl-C ends cleanly; a kill in the middle of writing leaves what was there."""
import os
import signal
import subprocess
import time
import unittest

from harness import AKIN, AkinTest


class InterruptTest(AkinTest):
    LONG = ["train", "bpr", "-d", "events.data", "-o", "long.akin", "--epochs", "10000", "--log-json"]

    def start(self, *args):
        process = subprocess.Popen([AKIN, *args], cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_interrupted_training(self):
        self.make_data()
        before = self.files()
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = self.start(*self.LONG)
            process.stderr.readline()  # training has begun
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=60), code)
            self.assertTrue(process.stderr.read().endswith(b"akin: error: interrupted\n"))
            self.assertEqual(self.files(), before)

    def test_interrupted_while_waiting_for_input(self):
        read, write = os.pipe()
        self.addCleanup(os.close, write)
        process = subprocess.Popen([AKIN, "import", "csv", "-", "-o", "d"], cwd=self.dir, stdin=read,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        os.close(read)
        self.addCleanup(process.stderr.close)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertEqual(self.files(), [])

    def test_interrupted_synthetic_data_and_comparison(self):
        self.make_data()
        before = self.files()
        for args in (["synthetic", "-o", "made", "--events", "5000000", "--users", "50000", "--log-json"],
                     ["compare", "-d", "events.data", "--models", "popularity,bpr", "--set", "bpr.epochs=10000",
                      "--log-json"]):
            process = self.start(*args)
            process.stderr.readline()
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=60), 130)
            self.assertEqual(self.files(), before)

    def test_killed_while_writing(self):
        self.make_bundle("popularity", "kept.akin")
        args = ["train", "als", "-d", "events.data", "-o", "kept.akin", "--quiet"]
        for delay in (0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.08):
            process = self.start(*args)
            time.sleep(delay)
            process.kill()
            process.wait()
            self.assertIn(self.run_json("evaluate", "kept.akin")["model"], ("popularity", "als"))  # whole, old or new


if __name__ == "__main__":
    unittest.main()
