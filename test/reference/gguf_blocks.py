# Makes test/fixtures/gguf/blocks.safetensors: random blocks of every GGUF format that is read, with
# the numbers that the `gguf` package makes of them, and Q8_0 blocks that it makes of numbers.
# Run: python test/reference/gguf_blocks.py

from pathlib import Path

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize
from safetensors.numpy import save_file

TYPES = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]
# Where each format keeps its float16 scales.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0]}
SCALES |= {"Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def random_blocks(random, name, count):
    _, size = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    for start in SCALES[name]:
        scale = (random.standard_normal(count) * 0.01).astype(np.float16)
        # Zero, the smallest and the largest: conversions go wrong at the ends first.
        scale[:3] = [0, 6e-8, 65504]
        blocks[:, start : start + 2] = scale.view(np.uint8).reshape(count, 2)
    return blocks


def main():
    random = np.random.default_rng(20)
    tensors = {}
    for name in TYPES:
        blocks = random_blocks(random, name, 6)
        tensors[f"{name}.blocks"] = blocks
        tensors[f"{name}.values"] = dequantize(blocks, GGMLQuantizationType[name])
    numbers = (random.standard_normal((12, 64)) * 0.02).astype(np.float32)
    numbers[0] = 0
    # Halves are where roundings differ: a largest of 127 makes every half stay one.
    numbers[1, :32] = np.arange(32) - 15.5
    numbers[1, 0] = 127
    numbers[2] *= 1e-30
    tensors["quantize.numbers"] = numbers
    tensors["quantize.Q8_0"] = quantize(numbers, GGMLQuantizationType.Q8_0)
    target = Path(__file__).parents[1] / "fixtures" / "gguf" / "blocks.safetensors"
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, target)


main()
