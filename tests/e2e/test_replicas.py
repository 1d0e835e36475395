"""Training by a parameter server and replicas: processes of one machine, and ones that join."""
import os
import re
import signal
import subprocess
import time
import unittest

from harness import AKIN, AkinTest, tiny_events


def children(process):
    """Ids of the processes that `process` started and that still are."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if parent == process.pid:
                found.append(int(entry))
    return found


def is_alive(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


class ReplicasTest(AkinTest):
    FIT = ["train", "rating-dot", "-d", "shop.data", "--holdout", "ratio:0.2", "--size", "4", "--batch", "8"]
    LONG = [*FIT, "--epochs", "100000"]

    def start(self, *args):
        process = subprocess.Popen([AKIN, *args], cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_until(self, condition, what):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.02)

    def rmse(self, bundle):
        return self.run_json("evaluate", bundle)["evaluation"]["metrics"]["RMSE"]["value"]

    def test_two_replicas_predict_as_well_as_one_process(self):
        self.make_data(rows=tiny_events(300, 40))
        # Regularized and not learned by heart, so that fits differ by under 2 %.
        fit = [*self.FIT, "--epochs", "20", "--batch", "16", "--learning-rate", "0.01", "--loss", "mse", "--regularization", "0.1"]
        self.run_akin(*fit, "-o", "one.akin", "--quiet")
        self.run_akin(*fit, "-o", "two.akin", "--quiet", "--replicas", "2")
        one, two = self.rmse("one.akin"), self.rmse("two.akin")
        self.assertLess(abs(two - one), 0.05 * one, (one, two))

    def test_one_replica_is_as_one_process(self):
        self.make_data()
        fit = ["train", "neumf", "-d", "shop.data", "--epochs", "3", "--factors", "4", "--embedding", "4", "--layers", "8"]
        alone = self.run_json(*fit, "-o", "alone.akin")
        served = self.run_json(*fit, "-o", "served.akin", "--replicas", "1")
        self.assertEqual(served["losses"], alone["losses"])

    def test_early_stopping_and_checkpoints_are_the_servers(self):
        self.make_data()
        fit = [*self.FIT, "--epochs", "30", "--patience", "5", "--checkpoint", "c", "--replicas", "2", "-o", "m"]
        result = self.run_json(*fit)
        self.assertGreater(len(result["monitor"]["curve"]), 0)
        self.assertEqual(self.files(), ["c", "events.csv", "m", "shop.data"])

    def server(self, *args):
        process = self.start(*args, "-o", "m.akin", "--listen", "127.0.0.1:0")
        address = self.search(r"waiting on (127\.0\.0\.1:\d+) for", process.stderr.readline()).group(1)
        return process, address

    def test_replicas_join_and_one_is_killed(self):
        self.make_data()
        fit = [*self.FIT, "--epochs", "3000"]
        server, address = self.server(*fit, "--replicas", "2")
        first, second = (self.start(*fit, "--join", address) for _ in range(2))
        time.sleep(1)
        second.kill()
        out, err = server.communicate(timeout=120)
        self.assertEqual(server.returncode, 0, err)
        self.assertIn("trained rating-dot", out)
        out, replica_err = first.communicate(timeout=60)
        self.assertEqual(first.returncode, 0, replica_err)
        self.assertRegex(out, rf"\Atrained [\d,]+ pairs for {re.escape(address)} in ")
        second.wait()
        if second.returncode == -signal.SIGKILL:
            self.assertIn("lost a replica", err)

    def test_a_replica_with_other_parameters_is_refused(self):
        self.make_data()
        server, address = self.server(*self.FIT, "--replicas", "1")
        done = self.run_akin(*self.FIT, "--size", "5", "--join", address, "--quiet", code=1)
        self.assert_error(done, "refused this replica: factors is 5 in the replica, 4 in the server")
        self.run_akin(*self.FIT, "--join", address)
        _, err = server.communicate(timeout=60)
        self.assertEqual(server.returncode, 0)
        self.assertIn("refused a replica: factors is 5 in the replica, 4 in the server", err)

    def test_interrupted_server_leaves_no_replica(self):
        self.make_data()
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            server = self.start(*self.LONG, "-o", "m", "--replicas", "2")
            server.stderr.readline()  # training has begun
            replicas = children(server)
            self.assertEqual(len(replicas), 2)
            server.send_signal(number)
            self.assertEqual(server.wait(timeout=60), code)
            self.assertTrue(server.stderr.read().endswith("akin: error: interrupted\n"))
            self.assertFalse(any(map(is_alive, replicas)))
            self.assertEqual(self.files(), ["events.csv", "shop.data"])

    def test_killed_server_leaves_no_replica(self):
        self.make_data()
        server = self.start(*self.LONG, "-o", "m", "--replicas", "2")
        server.stderr.readline()
        replicas = children(server)
        server.kill()
        server.wait()

        def is_over(replica):  # whoever inherits it may leave it a zombie
            try:
                with open(f"/proc/{replica}/stat", encoding="utf-8") as file:
                    return file.read().rsplit(")", 1)[1].split()[0] == "Z"
            except OSError:
                return True

        self.wait_until(lambda: all(map(is_over, replicas)), "replicas outlive their server")

    def test_killed_replicas(self):
        self.make_data()
        server = self.start(*self.LONG, "-o", "m", "--replicas", "2")
        self.wait_until(lambda: len(children(server)) == 2, "no replicas")
        time.sleep(1)
        for replica in children(server):
            os.kill(replica, signal.SIGKILL)
        self.assertEqual(server.wait(timeout=60), 1)
        self.assertRegex(server.stderr.read(), "all replicas are gone|a replica failed to start: process .* signal 9")

    def test_wrong_flags(self):
        self.make_data()
        base = ["-d", "shop.data", "-o", "m"]
        for flag in (["--replicas", "2"], ["--listen", "127.0.0.1:0"], ["--join=127.0.0.1:4000"]):
            done = self.run_akin("train", "als", *base, *flag, code=2)
            self.assert_error(done, rf"{flag[0].split('=')[0]} does not apply: als is trained by one process")
        self.assert_error(self.run_akin("train", "gmf", *base, "--listen", "127.0.0.1:0", code=2), "say with --replicas")
        self.assert_error(self.run_akin("train", "gmf", *base, "--join", "here", code=2), "say host and port")
        self.assert_error(self.run_akin("train", "gmf", "-d", "shop.data", code=2), "--out is missing")
        self.assert_error(self.run_akin("train", "gmf", *base, "--join", "127.0.0.1:1", "--quiet", code=1),
                          "cannot connect")
        self.assert_error(self.run_akin("train", "neumf", *base, "--replicas", "1", "--pretrain", "2", "--quiet", code=2),
                          "pretrain is for one process")


if __name__ == "__main__":
    unittest.main()
