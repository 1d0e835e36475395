#!/usr/bin/env python3
"""Makes the tiny model tests/reference/roberta, with the ids and vectors of its texts.

Usage: roberta.py          needs transformers, sentence-transformers 6 and tokenizers

A RoBERTa with random weights and a byte-level BPE that learned a few pairs, as transformers writes them: tokenizer.json,
and beside it vocab.json and merges.txt, which say the same.
"""
import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from tokenizers import AddedToken, ByteLevelBPETokenizer, Tokenizer
from transformers import RobertaConfig, RobertaModel, RobertaTokenizerFast

OUT = pathlib.Path(__file__).resolve().parent / "roberta"
LESSON = ["Steel kettle for the kitchen, 2 litres", "the kettles don't boil; they'll sing", "Crème brûlée for the kitchen", "aaaa aaaaaaa 1000 100"]
TEXTS = ["", " ", "   ", "Steel kettle", "STEEL kettling!", " the kettle", "Crème brûlée", "Cre\u0300me", "日本語 a日b", "emoji \U0001f600\U0001f44d\U0001f3fd!",
         "don't they'll I'd I'M we've you're it's 'tis ''s", "a  b   c\t d \t\n\ne\r\n  ", "x\u3000y\u2028 z\u00a0\u00a0w\u0085v\u200bu", "aaaaaaaaaaa aaa",
         "12345 3.5oz (50%) ½ Ⅷ ²", "<s>the</s> <mask> <pad>kettle<unk>  <mask>the<mask", "...!!! -- #$% _a_", "nul\x00\x01\x7f\u00ad\ufeff", "İstanbul ß ſ ΟΣ",
         "the kettle " * 30, "한국어 ไทย हिन्दी", "\u0301\u0301 a\u0301", "  <mask>  ", "<pad><pad>the"]


def write(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def main():
    torch.manual_seed(7)
    shutil.rmtree(OUT, ignore_errors=True)
    peer = OUT / "peer"
    peer.mkdir(parents=True)
    learner = ByteLevelBPETokenizer()
    learner.train_from_iterator(LESSON, vocab_size=310, min_frequency=1, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False)
    learner.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    learner.save_model(str(OUT))
    vocabulary = json.loads((OUT / "vocab.json").read_text())
    vocabulary["<mask>"] = len(vocabulary)
    (OUT / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False) + "\n")
    RobertaTokenizerFast(str(OUT / "vocab.json"), str(OUT / "merges.txt"), mask_token=AddedToken("<mask>", lstrip=True), model_max_length=40).save_pretrained(peer)
    config = RobertaConfig(vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                           max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5, initializer_range=0.3)
    model = RobertaModel(config, add_pooling_layer=False).eval()
    model.save_pretrained(peer)
    sentences = SentenceTransformer(str(peer), device="cpu")
    vectors = sentences.encode(TEXTS, batch_size=1)
    write(OUT / "config.json", {name: getattr(config, name) for name in (
        "model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings",
        "type_vocab_size", "layer_norm_eps", "hidden_act", "pad_token_id")})
    save_file({"roberta." + name: tensor.contiguous() for name, tensor in model.state_dict().items()},
              OUT / "model.safetensors", metadata={"format": "pt"})
    shutil.copy(peer / "tokenizer.json", OUT / "tokenizer.json")
    write(OUT / "tokenizer_config.json", {"mask_token": {"content": "<mask>", "lstrip": True}, "model_max_length": 40})
    tokenizer = Tokenizer.from_file(str(OUT / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(40)
    ids = [tokenizer.encode(text).ids for text in TEXTS]
    shutil.rmtree(peer)
    lines = {"texts": TEXTS, "ids": ids, "vectors": [[round(float(x), 6) for x in row] for row in vectors]}
    (OUT / "expected.json").write_text("{\n" + ",\n".join(f'"{name}": {json.dumps(value)}' for name, value in lines.items()) + "\n}\n")


if __name__ == "__main__":
    main()
