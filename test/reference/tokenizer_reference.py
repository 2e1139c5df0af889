"""What Python's tokenizers library makes of hard texts, one JSON line for each text.

    python test/reference/tokenizer_reference.py FOLDER [--count 10000] [--seed 1]

FOLDER holds a tokenizer.json. Each line has `text`, `ids` (special tokens recognized), `framed` (with
what the model puts around a text), `outside` (no added token recognized), `decoded` and
`decodedWithoutSpecial` (of `ids`), and `halves`: the decoding of the first half of `ids`, which may end
within a character.
"""

import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer

from texts import hard_texts


def load(folder: str) -> tuple[Tokenizer, Tokenizer]:
    """The tokenizer as it is, and one that takes no added token for more than its letters."""
    text = Path(folder, "tokenizer.json").read_text(encoding="utf-8")
    definition = json.loads(text)
    trusted = Tokenizer.from_str(text)
    trusted.no_truncation()
    trusted.no_padding()
    # encode_special_tokens is the library's own switch; tags that are no control tokens need more.
    special_only = [token for token in definition["added_tokens"] if token["special"]]
    outside = Tokenizer.from_str(json.dumps(definition | {"added_tokens": special_only}))
    outside.encode_special_tokens = True
    return trusted, outside


def describe(trusted: Tokenizer, outside: Tokenizer, text: str) -> dict:
    ids = trusted.encode(text, add_special_tokens=False).ids
    return {
        "text": text,
        "ids": ids,
        "framed": trusted.encode(text, add_special_tokens=True).ids,
        "outside": outside.encode(text, add_special_tokens=False).ids,
        "decoded": trusted.decode(ids, skip_special_tokens=False),
        "decodedWithoutSpecial": trusted.decode(ids, skip_special_tokens=True),
        "halves": trusted.decode(ids[: len(ids) // 2], skip_special_tokens=False),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    trusted, outside = load(options.folder)
    for text in hard_texts(options.count, options.seed):
        print(json.dumps(describe(trusted, outside, text)))


if __name__ == "__main__":
    main()
