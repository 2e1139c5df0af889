"""Answers with what transformers computes for a real model: logits, log-probs, gradients.

One JSON request a line on standard input, one JSON reply a line on standard output; tensors go
through safetensors files. One request can also be asked alone:

    echo '{"model": "FOLDER", "sequences": [[1, 2, 3]], "out": "reply.safetensors"}' \
        | python test/reference/reference_server.py

The README of this folder lists the keys. The model stays loaded between requests for the same one.
"""

import json
import sys
import traceback
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

from reference_model import gradients, load_model, logits_one_by_one, logprobs_of, masked_loss

KEYS = {"model", "sequences", "masks", "gradients", "logits", "greedy", "attention", "out"}


def load(request: dict, loaded: dict):
    """The request's model; the last one is kept."""
    path = Path(request["model"])
    key = (str(path), request.get("attention", "eager"))
    if key not in loaded:
        loaded.clear()
        is_gguf = path.suffix == ".gguf"
        folder = str(path.parent if is_gguf else path)
        loaded[key] = load_model(folder, gguf_file=path.name if is_gguf else None, attention=key[1])
    return loaded[key]


def wanted_gradients(request: dict, found: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    wanted = request.get("gradients", [])
    names = list(found) if wanted == "all" else wanted
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"no such parameters: {missing}; the model has {list(found)}")
    return {f"grad.{name}": found[name] for name in names}


def greedy(model, prompt: list[int], count: int) -> torch.Tensor:
    """The likeliest tokens after the prompt, with transformers' cache, all stop tokens ignored."""
    made = model.generate(
        torch.tensor([prompt]), max_new_tokens=count, min_new_tokens=count, do_sample=False, eos_token_id=None
    )
    return made[0, len(prompt):]


def answer(request: dict, loaded: dict) -> dict:
    unknown = request.keys() - KEYS
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}; known are {sorted(KEYS)}")
    model, sequences = load(request, loaded), request["sequences"]
    tensors: dict[str, torch.Tensor] = {}
    with torch.set_grad_enabled("masks" in request):
        logits = logits_one_by_one(model, sequences)
        logprobs = [logprobs_of(*pair) for pair in zip(logits, sequences, strict=True)]
    if "masks" in request:
        loss = masked_loss(logprobs, request["masks"])
        tensors["loss"] = loss.detach().reshape(1)
        tensors |= wanted_gradients(request, gradients(model, loss))
    for n, ids in enumerate(sequences):
        kept = {"all": slice(None), "last": slice(-1, None), "none": slice(0, 0)}[request.get("logits", "all")]
        tensors[f"logits.{n}"] = logits[n].detach()[kept]
        tensors[f"logprobs.{n}"] = logprobs[n].detach()
        if request.get("greedy"):
            tensors[f"greedy.{n}"] = greedy(model, ids, request["greedy"])
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, request["out"])
    return {
        "out": request["out"],
        "tensors": {name: list(tensor.shape) for name, tensor in tensors.items()},
        "computed": f"transformers {transformers.__version__}, torch {torch.__version__}, "
        f"{request.get('attention', 'eager')} attention, float32, CPU",
    }


def main() -> None:
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    loaded: dict = {}
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            reply = answer(json.loads(line), loaded)
        except Exception as error:  # the border: whatever went wrong becomes a reply
            traceback.print_exc(file=sys.stderr)
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
