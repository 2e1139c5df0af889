"""transformers as the reference: float32 logits, log-probs and gradients of a masked log-prob loss.

Everything is computed with attn_implementation="eager" in float32 on the CPU: the attention is two
plain matrix products with a softmax between, which is the definition that our kernels answer to.
"""

import torch
from transformers import AutoModelForCausalLM


def load_model(folder: str, gguf_file: str | None = None, attention: str = "eager"):
    """The model of a Hugging Face folder (or of a GGUF file in it, dequantized), float32, no dropout."""
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=gguf_file, dtype=torch.float32, attn_implementation=attention
    )
    return model.eval()


def logits_one_by_one(model, sequences: list[list[int]]) -> list[torch.Tensor]:
    """Logits [T, V] of each sequence, run alone: no padding, no cache."""
    return [model(torch.tensor([ids]), use_cache=False).logits[0] for ids in sequences]


def logprobs_of(logits: torch.Tensor, ids: list[int]) -> torch.Tensor:
    """Log-prob of token t + 1 given the tokens up to t, [T - 1]: natural logarithm."""
    following = torch.tensor(ids[1:])[:, None]
    return logits[:-1].log_softmax(-1).gather(-1, following)[:, 0]


def masked_loss(logprobs: list[torch.Tensor], masks: list[list[int]]) -> torch.Tensor:
    """Minus the mean log-prob over all masked tokens of all sequences (token mean).

    masks[n][t] = 1 trains on token t of sequence n; masks[n][0] must be 0, since nothing predicts
    the first token.
    """
    if any(mask[0] for mask in masks):
        raise ValueError("the first token of a sequence cannot be trained on: nothing predicts it")
    weights = [torch.tensor(mask[1:], dtype=torch.float32) for mask in masks]
    total = sum((logprob * weight).sum() for logprob, weight in zip(logprobs, weights, strict=True))
    return -total / sum(weight.sum() for weight in weights)


def gradients(model, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    """Gradient of the loss for every parameter, by transformers' name; a tied head has none of its own."""
    model.zero_grad()
    loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def relative_gap(actual: torch.Tensor, expected: torch.Tensor) -> float:
    """Greatest absolute difference over greatest absolute expected value."""
    return ((actual - expected).abs().max() / expected.abs().max()).item()
