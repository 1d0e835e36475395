#!/usr/bin/env python3
"""Makes the two tiny models under tests/reference/bert, with the ids and vectors of their texts.

Usage: bert.py          needs transformers, sentence-transformers 6 and tokenizers

Both have random weights. `mean` is a BERT in the files of sentence-transformers 2: float32, vocab.txt, old names of
tensors, mean pooling, vectors of length 1. `cls` is a DistilBERT as of version 6: float16, tokenizer.json, cls pooling.
"""
import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel, BertTokenizerFast, DistilBertConfig, DistilBertModel

OUT = pathlib.Path(__file__).resolve().parent / "bert"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *"ACS", *"!?.,'-()%$&/\u3002\u00bf", *("##" + c for c in LETTERS),
              "steel", "kettle", "##ing", "cream", "cr", "##eme", "guitar", "string", "dry", "skin", "the", "for", "word",
              "Steel", "##é", "é", "日", "本", "ß", "##ß", "ο", "##ο", "\U0001f600"]
TRAPS = ["", "   ", "Steel kettle", "STEEL kettling!", "Crème brûlée", "Cre\u0300me", "日本語", "a日b", "emoji \U0001f600\U0001f44d\U0001f3fd",
         "zero\u200bwidth so\u00adft", "tabs\tand\nlines\r\nx\x0bq\x0cr", "a" * 100, "a" * 101, "é" * 100, "é" * 101,
         " ".join(["word"] * 600), "[SEP] mid [MASK] [UNK][CLS] [PAD]x [sep] [[SEP]]", "nul\x00\x01\x7f", "İstanbul ß ẞ ſ",
         "don't 3.5oz (50%)", "\ufffd\ufeffbom", "한국어", "ΟΣ", "x\u3000y\u2028z\u00a0w\u0085v", "##ing ## a##b",
         "\u00bfque\u3002", "\u061d \u2e52", "e\u0301\u0327", "the guitar string for dry skin, the cream for the kettle"]
CARD = "---\nlanguage: en\nlicense: apache-2.0\n---\n\n# tiny-mean\n\nRandom weights.\n"


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def mean_model(folder):
    config = BertConfig(vocab_size=len(VOCABULARY), hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
                        intermediate_size=40, max_position_embeddings=48, initializer_range=0.3)
    model = BertModel(config, add_pooling_layer=True).eval()
    write(folder / "config.json", {"model_type": "bert", **{name: getattr(config, name) for name in (
        "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
        "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act")}})
    old = {name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
           for name in model.state_dict()}
    save_file({"bert." + old[name]: tensor.contiguous() for name, tensor in model.state_dict().items()},
              folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    write(folder / "tokenizer_config.json", {"do_lower_case": True, "tokenizer_class": "BertTokenizer", "model_max_length": 512})
    write(folder / "modules.json", [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
                                    for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])])
    write(folder / "1_Pooling/config.json", {"word_embedding_dimension": 24, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True})
    write(folder / "sentence_bert_config.json", {"max_seq_length": 32, "do_lower_case": False})
    (folder / "README.md").write_text(CARD)
    # The same in today's names, to be computed.
    peer = folder.parent / "peer"
    shutil.copytree(folder, peer)
    model.save_pretrained(peer)
    (peer / "2_Normalize").mkdir()
    vectors = SentenceTransformer(str(peer), device="cpu").encode(TRAPS, batch_size=1)
    shutil.rmtree(peer)
    return vectors


def cls_model(folder):
    config = DistilBertConfig(vocab_size=len(VOCABULARY), dim=64, n_layers=1, n_heads=2, hidden_dim=48,
                              max_position_embeddings=40, initializer_range=0.2)
    model = DistilBertModel(config).eval().half()
    peer = folder.parent / "peer"
    model.float().save_pretrained(peer)
    (peer / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    tokenizer = BertTokenizerFast(vocab={token: i for i, token in enumerate(VOCABULARY)}, model_max_length=40)
    tokenizer.save_pretrained(peer)
    made = SentenceTransformer(str(peer), device="cpu")
    made[1].pooling_mode = "cls"
    made.save_pretrained(str(folder))
    save_file({name: tensor.half().contiguous() for name, tensor in model.state_dict().items()},
              folder / "model.safetensors", metadata={"format": "pt"})
    vectors = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32}).encode(TRAPS, batch_size=1)
    shutil.rmtree(peer)
    for name in ("README.md", "config_sentence_transformers.json"):
        (folder / name).unlink()
    return vectors


def ids(cased, most):
    tokenizer = BertWordPieceTokenizer(str(OUT / "mean/vocab.txt"), lowercase=not cased)
    tokenizer.enable_truncation(most)
    return [tokenizer.encode(text).ids for text in TRAPS]


def main():
    torch.manual_seed(7)
    shutil.rmtree(OUT, ignore_errors=True)
    for name in ("mean", "cls"):
        (OUT / name).mkdir(parents=True)
    vectors = {"mean": mean_model(OUT / "mean"), "cls": cls_model(OUT / "cls")}
    lines = {"texts": TRAPS, "uncased": ids(False, 256), "cased": ids(True, 256), "most": 256,
             **{name: [[round(float(x), 7) for x in row] for row in found] for name, found in vectors.items()}}
    (OUT / "expected.json").write_text("{\n" + ",\n".join(f'"{name}": {json.dumps(value)}' for name, value in lines.items()) + "\n}\n")


if __name__ == "__main__":
    main()
