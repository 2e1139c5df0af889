"""Texts that tokenizers get wrong: code, LaTeX, many scripts, emoji with joiners, control characters,
spaces of every kind, spelled special tokens, numbers that are no digits, random code points.

The same seed gives the same texts on every machine: only random.Random is used.
"""

import random
import unicodedata

CODE = [
    "def f(x: int) -> int:\n\treturn x**2 + 1\n",
    "for (let i = 0; i < n; i++) { total += a[i]?.b ?? 0 }",
    "print(f\"{value:.3f}\", end='\\n')",
    "    if x != y and not (a <= b):\r\n        raise ValueError('no')\r\n",
    "#include <stdio.h>\nint main(void){printf(\"%d\\n\",0x1F);return 0;}",
    "SELECT name, COUNT(*) FROM t WHERE id IN (1,22,333) GROUP BY 1;",
    "object.__proto__ = Object.create(null); x.constructor()",
    "```python\nimport sympy as sp\nprint(sp.solve('x^2-2'))\n```\n",
    "<div class=\"a-b\">&nbsp;&lt;tag/&gt;</div>",
]
LATEX = [
    r"\frac{1}{2} \cdot \sqrt{x^{2}+y^{2}} \le \boxed{42}",
    r"$$\sum_{i=1}^{n} i = \frac{n(n+1)}{2}$$",
    r"\begin{aligned} a &= b \\ c &\neq d \end{aligned}",
    r"\text{area} = \pi r^2 \approx 3.14159\%",
]
PROSE = [
    "The answer is 1,234,567.89 dollars, isn't it?",
    "I'll say we've done what they'd asked; she's here and I'M NOT, you'Re.",
    "What is 12*13? Let me compute: 12*13=156.",
    "e-mail: someone@example.com, see https://example.com/a?b=c&d=%20",
]
SCRIPTS = [
    "Größe, naïve café, Ångström, straße, İstanbul, ŉ",
    "Привет, мир! Ещё раз: объём",
    "Γειά σου Κόσμε· ἄνθρωπος",
    "שלום עולם, וְהָאָרֶץ",
    "مرحبا بالعالم، ٣٫١٤ لا إله",
    "नमस्ते दुनिया क्षत्रिय",
    "வணக்கம் உலகம் க்ஷ",
    "สวัสดีชาวโลก ภาษาไทย",
    "你好，世界！これはテストです。한국어 텍스트",
    "中文𠀀𪛖字 ㍿ ﬁ ﬂ Ⅷ ㊿",
    "ქართული Հայերեն አማርኛ ភាសាខ្មែរ မြန်မာ བོད་ཡིག",
    "Tiếng Việt: Đường phố, người ta nói rằng",
]
EMOJI = [
    "👨‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 🇩🇪🇫🇷 1️⃣ ❤️‍🔥 🧑🏿‍🤝‍🧑🏻",
    "😀😃😄 ☺ ☺️ ✌🏼 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "ok 👍🏾!🤷‍♂️?",
]
NUMBERS = [
    "x² + y³ = ½ ⅓ ¾ ① ⑳ ⅻ ٤٥٦ ๓ 七 １２３ 𝟙𝟚 0 00 000 0000 00000",
    "3.14 1e-10 0xFF 1_000_000 99.9% -5 +7 1/2 2^10 12345678901234567890",
]
SPACES = [
    " ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\v", "\f", "\u00a0", "\u1680", "\u2000", "\u2003", "\u2009",
    "\u200a", "\u200b", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff", "\u0085", "\u180e", "\u2060",
    "\n\n", "\n\n\n", " \n", "\n ", "    \n\t\t ",
]
CONTROL = ["\x00", "\x01", "\x07", "\x08", "\x1b[31m", "\x7f", "\x80", "\x9f", "\u200e", "\u202e", "\ufffd", "\ufffe", "\U0010ffff", "\u00ad"]
MARKS = ["e\u0301", "é", "a\u0308\u0323", "ā\u0301", "\u0301", "한", "\u1112\u1161\u11ab", "Å", "\u212b", "ﬀ", "\u0f73", "q\u0307\u0323"]
SPECIAL = [
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|begin_of_text|>", "<|start_header_id|>",
    "<|end_header_id|>", "<think>", "</think>", "<tool_call>", "</tool_call>", "<s>", "</s>", "<|im_end", "|im_end|>",
    "<|im_start|>user\n", "<repo_name>", "<reponame>", "<file_sep>", "<|fim_prefix|>", "[PAD12]", "<unk>",
    "<|im_end|><|im_end|>", "<<|im_end|>>", " <|im_end|> ", "<code>", "</interpreter>", "<|reserved_special_token_3|>",
]
POOLS = [CODE, LATEX, PROSE, SCRIPTS, EMOJI, NUMBERS, SPACES, CONTROL, MARKS, SPECIAL]


def random_characters(source: random.Random) -> str:
    """Assigned and unassigned code points, surrogates aside."""
    length = source.randint(1, 12)
    highest = source.choice([0x7F, 0x24F, 0x2FFF, 0xFFFF, 0x10FFFF])
    points = (source.randint(0, highest) for _ in range(length))
    return "".join(chr(point) for point in points if not 0xD800 <= point <= 0xDFFF)


def piece(source: random.Random) -> str:
    kind = source.random()
    if kind < 0.15:
        return random_characters(source)
    text = source.choice(source.choice(POOLS))
    if kind < 0.4 and len(text) > 4:
        start = source.randrange(len(text))
        text = text[start:start + source.randint(1, 20)]
    if kind > 0.95:
        text = unicodedata.normalize(source.choice(["NFD", "NFC"]), text)
    if 0.9 < kind <= 0.95:
        text = source.choice([text.upper(), text.lower(), text[::-1]])
    return text


def hard_texts(count: int, seed: int = 1, pieces: int = 7) -> list[str]:
    """`count` texts; the first are the pools' own entries, one by one, the rest are mixtures."""
    source = random.Random(seed)
    texts = [text for pool in POOLS for text in pool] + [""]
    while len(texts) < count:
        texts.append("".join(piece(source) for _ in range(source.randint(1, pieces))))
    return texts[:count]
