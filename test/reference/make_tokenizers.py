"""Makes the tokenizer fixtures: small tokenizers with the rules of SmolLM2, Qwen and Llama 3.

    python test/reference/make_tokenizers.py            writes test/fixtures/tokenizers/
    python test/reference/make_tokenizers.py --check    compares with what is there, writes nothing

Normalizer, pre-tokenizer, added tokens and frame are those of the families; the merges are learned
here from generated text. The README of this folder tells the format of the files.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from texts import hard_texts
from tokenizer_reference import describe, load

WORDS_WITH_DIGITS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TAGS = ["<tool_call>", "</tool_call>", "<think>", "</think>"]
LLAMA3 = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
TEXTS = 220


def words_with_digits(digits: str):
    split = pre_tokenizers.Split(Regex(WORDS_WITH_DIGITS.replace("DIGITS", digits)), behavior="isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def smollm() -> Tokenizer:
    """Special tokens first in the vocabulary, as in SmolLM2."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    learn(tokenizer, special=CHATML + ["<repo_name>", "<reponame>"])
    return tokenizer


def qwen() -> Tokenizer:
    """Added tokens behind the vocabulary, some of them tags and no control tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = words_with_digits(r"\p{N}")
    learn(tokenizer, special=[])
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in CHATML])
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in TAGS])
    return tokenizer


def llama3() -> Tokenizer:
    """Up to three digits together, whole words before merges, a token in front of each text."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = words_with_digits(r"\p{N}{1,3}")
    learn(tokenizer, special=[])
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in LLAMA3])
    begin = tokenizer.token_to_id(LLAMA3[0])
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single=f"{LLAMA3[0]} $A", pair=f"{LLAMA3[0]} $A {LLAMA3[0]} $B", special_tokens=[(LLAMA3[0], begin)]),
        ]
    )
    return tokenizer


def learn(tokenizer: Tokenizer, special: list[str]) -> None:
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=256 + 384 + len(special),
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(hard_texts(4000, seed=2), trainer)


CONFIGS = {
    "smollm": (smollm, {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}),
    "qwen": (qwen, {"eos_token": "<|im_end|>", "pad_token": {"content": "<|endoftext|>", "special": True}}),
    "llama3": (llama3, {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}),
}


def make(name: str, folder: Path) -> None:
    build, config = CONFIGS[name]
    folder.mkdir(parents=True, exist_ok=True)
    definition = json.loads(build().to_str())
    (folder / "tokenizer.json").write_text(json.dumps(definition, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    trusted, outside = load(str(folder))
    with open(folder / "expected.jsonl", "w", encoding="utf-8") as file:
        for text in hard_texts(TEXTS, pieces=2):
            file.write(json.dumps(shortened(describe(trusted, outside, text)), separators=(",", ":")) + "\n")


def shortened(row: dict) -> dict:
    """Leaves out what equals what it would be told from: the file is committed."""
    same = {"framed": row["ids"], "outside": row["ids"], "decoded": row["text"], "decodedWithoutSpecial": row["decoded"]}
    return {key: value for key, value in row.items() if key not in same or value != same[key]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    options = parser.parse_args()
    committed = Path(__file__).resolve().parent.parent / "fixtures" / "tokenizers"
    differing = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in CONFIGS:
            folder = (Path(scratch) if options.check else committed) / name
            make(name, folder)
            for file in folder.iterdir():
                if file.read_bytes() != (committed / name / file.name).read_bytes():
                    differing.append(f"{name}/{file.name} differs")
    if differing:
        sys.exit("\n".join(differing))


if __name__ == "__main__":
    main()
