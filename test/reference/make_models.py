"""Makes the exactness fixtures: small random models, and what transformers computes with them.

    python test/reference/make_models.py            writes test/fixtures/models/<name>/
    python test/reference/make_models.py --check    compares with what is there, writes nothing

The README of this folder tells the format of the files.
"""

import json
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

from batches import logits_packed, logits_padded, packed, padded
from fixture_files import TOLERANCE, write_or_check
from model_options import SMALL_MODELS, SmallModel
from reference_model import gradients, load_model, logits_one_by_one, logprobs_of, masked_loss, relative_gap

LENGTHS = [33, 9, 17]
PAD = 0
GREEDY_TOKENS = 8


def random_weights(config: dict, seed: int, stored: str) -> dict[str, torch.Tensor]:
    """Weights far from the usual start: attention is uneven, norms are not one, biases are not zero."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(config))
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if name.endswith("norm.weight"):
            value = 1 + 0.3 * noise
        elif name.endswith("bias"):
            value = 0.3 * noise
        elif "embed_tokens" in name:
            value = noise
        else:
            value = noise * 1.5 / parameter.shape[1] ** 0.5
        weights[name] = value.to(getattr(torch, stored)).contiguous()
    return weights


def save_weights(folder: Path, weights: dict[str, torch.Tensor], shards: int) -> None:
    if shards == 1:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    weight_map = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05d}-of-{shards:05d}.safetensors"
        part = dict(list(weights.items())[shard::shards])
        save_file(part, folder / file, metadata={"format": "pt"})
        weight_map.update({name: file for name in part})
    size = sum(weight.numel() * weight.element_size() for weight in weights.values())
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def random_sequences(vocabulary: int, seed: int) -> tuple[list[list[int]], list[list[int]]]:
    """Token ids above the special ones, and masks with gaps; the first token is never masked in."""
    generator = torch.Generator().manual_seed(seed)
    sequences, masks = [], []
    for length in LENGTHS:
        sequences.append(torch.randint(4, vocabulary, (length,), generator=generator).tolist())
        masks.append([0] + torch.randint(0, 2, (length - 1,), generator=generator).tolist())
    return sequences, masks


def greedy(model, prompt: list[int]) -> list[int]:
    """The likeliest token, again and again, by full forward passes; refuses a near tie."""
    ids = list(prompt)
    with torch.no_grad():
        for _ in range(GREEDY_TOKENS):
            best = logits_one_by_one(model, [ids])[0][-1].topk(2)
            if (best.values[0] - best.values[1]).item() < 1e-3:
                raise SystemExit("greedy meets a near tie: choose another seed")
            ids.append(best.indices[0].item())
    return ids[len(prompt):]


def check_layouts(folder: Path, model, layouts: dict, sequences, logits) -> dict[str, float]:
    """Gaps between the reference's own ways of running the same sequences; all must be tiny."""
    with torch.no_grad():
        runs = {
            "right-padded": logits_padded(model, layouts["right"]),
            "left-padded": logits_padded(model, layouts["left"]),
            "packed": logits_packed(model, layouts["packed"]),
            "sdpa": logits_one_by_one(load_model(str(folder), attention="sdpa"), sequences),
        }
    gaps = {run: relative_gap(torch.cat(found), torch.cat(logits)) for run, found in runs.items()}
    if max(gaps.values()) > TOLERANCE:
        raise SystemExit(f"{folder.name}: transformers disagrees with itself: {gaps}")
    return gaps


def check_option_matters(row: SmallModel, folder: Path, sequences, logits) -> float | None:
    """How far the logits move when the option under test is left out; null without an option."""
    if not row.without:
        return None
    config = {key: value for key, value in (row.config | row.without).items() if value is not None}
    with tempfile.TemporaryDirectory() as other, torch.no_grad():
        Path(other, "config.json").write_text(json.dumps(config))
        for file in folder.glob("model*"):
            Path(other, file.name).write_bytes(file.read_bytes())
        found = logits_one_by_one(load_model(other), sequences)
    gap = relative_gap(torch.cat(found), torch.cat(logits))
    if gap < 1e-2:
        raise SystemExit(f"{row.name}: the option changes the logits by only {gap}")
    return gap


def make(row: SmallModel, folder: Path, seed: int) -> None:
    (folder / "config.json").write_text(json.dumps(row.config_json(), indent=2) + "\n")
    save_weights(folder, random_weights(row.config, seed, row.stored), row.shards)

    model = load_model(str(folder))
    sequences, masks = random_sequences(row.config["vocab_size"], seed)
    logits = logits_one_by_one(model, sequences)
    logprobs = [logprobs_of(*pair) for pair in zip(logits, sequences, strict=True)]
    loss = masked_loss(logprobs, masks)
    tensors = {f"grad.{name}": grad for name, grad in gradients(model, loss).items()}
    tensors["loss"] = loss.detach().reshape(1)
    for n, ids in enumerate(sequences):
        tensors[f"ids.{n}"] = torch.tensor(ids)
        tensors[f"mask.{n}"] = torch.tensor(masks[n])
        tensors[f"logits.{n}"] = logits[n].detach()
        tensors[f"logprobs.{n}"] = logprobs[n].detach()
    layouts = {"right": padded(sequences, "right", PAD), "left": padded(sequences, "left", PAD), "packed": packed(sequences)}
    for layout, batch in layouts.items():
        tensors |= {f"{layout}.{name}": tensor for name, tensor in batch.items()}
    tensors["greedy.0"] = torch.tensor(greedy(model, sequences[0]))
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "expected.safetensors")

    about = {
        "sequences": len(sequences),
        "vocabulary": row.config["vocab_size"],
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "computed": "transformers %s, torch %s, eager attention, float32, CPU"
        % (transformers.__version__, torch.__version__),
        "gapsWithinReference": check_layouts(folder, model, layouts, sequences, logits),
        "logitsMoveWithoutOption": check_option_matters(row, folder, sequences, logits),
    }
    (folder / "expected.json").write_text(json.dumps(about, indent=2) + "\n")


if __name__ == "__main__":
    fixtures = Path(__file__).resolve().parent.parent / "fixtures" / "models"
    write_or_check(__doc__.splitlines()[0], SMALL_MODELS, fixtures, make)
