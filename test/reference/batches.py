"""The same sequences laid out as batches: right-padded, left-padded, packed end to end."""

import torch


def padded(sequences: list[list[int]], side: str, pad: int) -> dict[str, torch.Tensor]:
    """ids, attention (1 on real tokens) and positions (0 on padding), each [B, T] int64."""
    length = max(map(len, sequences))
    ids, attention, positions = [], [], []
    for sequence in sequences:
        gap = [0] * (length - len(sequence))
        real, counted = [1] * len(sequence), list(range(len(sequence)))
        filler = [pad] * len(gap)
        ids.append(sequence + filler if side == "right" else filler + sequence)
        attention.append(real + gap if side == "right" else gap + real)
        positions.append(counted + gap if side == "right" else gap + counted)
    return {"ids": torch.tensor(ids), "attention": torch.tensor(attention), "positions": torch.tensor(positions)}


def packed(sequences: list[list[int]]) -> dict[str, torch.Tensor]:
    """ids and positions [total], and where each sequence starts (with the total at the end) [N + 1]."""
    starts = [0]
    for sequence in sequences:
        starts.append(starts[-1] + len(sequence))
    return {
        "ids": torch.tensor(sum(sequences, [])),
        "positions": torch.tensor([place for sequence in sequences for place in range(len(sequence))]),
        "starts": torch.tensor(starts),
    }


def logits_padded(model, batch: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """Logits [T, V] of each row's real tokens, from one padded run."""
    logits = model(
        batch["ids"], attention_mask=batch["attention"], position_ids=batch["positions"], use_cache=False
    ).logits
    return [row[real.bool()] for row, real in zip(logits, batch["attention"], strict=True)]


def logits_packed(model, batch: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """Logits [T, V] of each sequence, from one packed run with a block-diagonal causal mask."""
    starts = batch["starts"].tolist()
    total = starts[-1]
    owner = torch.zeros(total, dtype=torch.int64)
    for start in starts[1:-1]:
        owner[start:] += 1
    allowed = (owner[:, None] == owner[None, :]) & torch.ones(total, total).tril().bool()
    mask = torch.zeros(total, total).masked_fill(~allowed, torch.finfo(torch.float32).min)
    logits = model(
        batch["ids"][None], attention_mask=mask[None, None], position_ids=batch["positions"][None], use_cache=False
    ).logits[0]
    return [logits[a:b] for a, b in zip(starts[:-1], starts[1:], strict=True)]
