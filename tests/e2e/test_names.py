"""Names of parameters: those of other programs lead to akin's, those of earlier versions still load."""
import re
import unittest

from harness import AkinTest

QUICK = ["--factors", "4", "--epochs", "3"]


class NamesTest(AkinTest):
    def setUp(self):
        super().setUp()
        self.make_data()

    def train(self, model, *flags, code=0):
        return self.run_akin("train", model, "-d", "events.data", "-o", f"{model}.akin", "--quiet", *flags, code=code)

    def params(self, model, *flags):
        return self.run_json("train", model, "-d", "events.data", "-o", f"{model}.akin", *flags)["params"]

    def test_the_call_of_gensim_3_can_be_typed(self):
        params = self.params("prod2vec", "--size=8", "--window", "3", "--min-count", "1", "--sg", "1", "--iter", "2",
                             "--workers", "2")
        self.assertEqual([params[name] for name in ("factors", "window", "min_count", "sg", "epochs")],
                         ["8", "3", "1", "1", "2"])

    def test_a_length_is_no_embedding(self):
        # The authors of NeuMF and akin 0.1 called the length of the vectors so.
        done = self.run_akin("train", "neumf", "-d", self.make_data(), "-o", "m", "--embedding", "16", code=2)
        self.assert_error(done, "the length of the vectors is --factors and --mlp-factors")

    def test_names_of_other_programs_lead_to_akins(self):
        for model, flag, meant in [
                ("als", "--iterations", "--epochs"),  # implicit
                ("als", "--num_threads", "--threads"),
                ("als", "--calculate-training-loss", "--report-loss"),
                ("als", "--random_state", "--seed"),
                ("als", "--ignore-values", "--no-use-values"),  # akin 0.1
                ("prod2vec", "--vector-size", "--factors"),  # gensim 4
                ("prod2vec", "--negative", "--negatives"),
                ("prod2vec", "--alpha", "--learning-rate"),
                ("prod2vec", "--min-alpha", "--min-learning-rate"),
                ("prod2vec", "--ns-exponent", "--negatives-power"),
                ("mf-sgd", "--n_factors", "--factors"),  # Surprise
                ("mf-sgd", "--n-epochs", "--epochs"),
                ("mf-sgd", "--lr_all", "--learning-rate"),
                ("mf-sgd", "--reg-all", "--regularization"),
                ("mf-sgd", "--init-std-dev", "--init-sigma"),
                ("mf-sgd", "--biased", "--biases"),
                ("mf-sgd", "--half-life", "--half-life-days"),
                ("item-knn-rating", "--k", "--max-neighbors"),
                ("item-knn-rating", "--min-k", "--min-neighbors"),
                ("item-knn-rating", "--min-support", "--min-overlap"),
                ("item-knn", "--K", "--neighbors"),
                ("neumf", "--output_dim", "--factors"),  # Keras
                ("neumf", "--batch", "--batch-size"),
                ("neumf", "--nb-epoch", "--epochs"),
                ("neumf", "--reg-layers", "--mlp-regularization"),
                ("als", "--validation-freq", "--eval-every"),
                ("svdpp", "--reg-yj", "--implicit-regularization"),
                ("popularity", "--decay", "--half-life-days"),
                ("slim", "--tol", "--tolerance"),
                ("bpr", "--user-alpha", "--regularization"),  # LightFM
                ("doc2vec", "--steps", "--infer-epochs")]:
            with self.subTest(f"{model} {flag}"):
                done = self.train(model, flag, "3", code=2)
                self.assert_error(done, rf"unknown flag {flag} \(did you mean (--[a-z-]+, )*{meant}[,?]")

    def test_names_of_something_else_lead_nowhere(self):
        self.assert_error(self.train("als", "--rate", "0.1", code=2), "unknown flag --rate;")

    def test_ranges_of_a_search_have_old_names_and_names_of_other_programs(self):
        tune = ["tune", "als", "-d", "events.data", "-o", "best.toml", "--trials", "1", "--set", "epochs=1", "--quiet"]
        self.run_akin(*tune, "--range", "ignore-values=true")
        self.assertIn("use_values=false", (self.dir / "best.toml.trials.jsonl").read_text())
        done = self.run_akin(*tune, "--range", "n_factors=2:4", code=2)
        self.assert_error(done, r"als has no parameter 'n_factors' \(did you mean factors\?\); it has: factors, epochs, ")

    def test_settings_and_toml_files_of_earlier_versions_load(self):
        self.write("old.toml", "size = 8\nnegative = 3\nalpha = 0.05\nmin-alpha = 0.001\nns_exponent = 0.5\ndecay = 0.7\n"
                               "shared_noise = 2\nepochs = 2\n")
        params = self.params("prod2vec", "--config", "old.toml")
        self.assertEqual({name: params[name] for name in (
            "factors", "negatives", "learning_rate", "min_learning_rate", "negatives_power", "history_decay",
            "shared_negatives", "epochs")}, {
            "factors": "8", "negatives": "3", "learning_rate": "0.05", "min_learning_rate": "0.001",
            "negatives_power": "0.5", "history_decay": "0.7", "shared_negatives": "2", "epochs": "2"})
        self.write("iter.toml", "iter = 2\n")
        self.assertEqual(self.params("prod2vec", "--config", "iter.toml")["epochs"], "2")
        for model, old, new in [("item2vec", "set=user", "basket=user"), ("item-knn", "lists=target", "neighbors_of=target"),
                                ("meta-prod2vec", "lambda=0.5", "metadata_weight=0.5")]:
            name, value = new.split("=")
            quick = [] if model == "item-knn" else QUICK
            self.write("old.toml", re.sub(r"=([a-z]+)$", r'="\1"', old) + "\n")
            for flags in (["--config", "old.toml"], ["--" + old], ["--" + new.replace("_", "-")]):
                with self.subTest(f"{model} {flags}"):
                    self.assertEqual(self.params(model, *quick, *flags)[name], value)
        self.write("als.toml", "iterations = 3\nfactors = 4\nignore-values = true\n")
        params = self.params("als", "--config", "als.toml")
        self.assertEqual((params["epochs"], params["use_values"]), ("3", "false"))
        self.write("tune.toml", 'set = ["iterations=2", "factors=4"]\nrange = ["alpha=1:2"]\ntrials = 2\n')
        self.run_akin("tune", "als", "-d", "events.data", "-o", "best.toml", "--config", "tune.toml", "--quiet")
        self.assertIn("epochs = ", (self.dir / "best.toml").read_text())

    def test_a_typed_flag_wins_over_an_old_name_in_a_file(self):
        self.write("old.toml", "size = 8\nepochs = 2\n")
        self.assertEqual(self.params("prod2vec", "--config", "old.toml", "--factors", "6")["factors"], "6")
        self.assertEqual(self.params("prod2vec", "--config", "old.toml", "--size", "5")["factors"], "5")

    def test_switches_take_a_value_in_either_way(self):
        for flags, expected in [(["--biases", "false"], "false"), (["--biases=false"], "false"), (["--no-biases"], "false"),
                                (["--biases", "true"], "true"), (["--biases"], "true"), ([], "true")]:
            with self.subTest(flags):
                self.assertEqual(self.params("mf-sgd", *QUICK, *flags)["biases"], expected)
        self.assert_error(self.train("mf-sgd", "--biases", "perhaps", code=2), "perhaps")

    def test_the_list_of_models_keeps_names_and_summaries_apart(self):
        for line in self.run_akin("train", "--help").out.splitlines():
            if line.startswith("  ") and line[2:3].isalpha():
                self.assertRegex(line, r"^  [a-z0-9-]+  +\S|^  akin ")


if __name__ == "__main__":
    unittest.main()
