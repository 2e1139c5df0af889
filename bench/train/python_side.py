# The other side of the training benchmark: transformers with AdamW, and TRL's GRPO trainer. One
# request, one measurement, times in seconds.

import os
import tempfile
import time

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
import torch
import transformers
from json_lines import serve
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
model = None
optimizer = None


def threads(payload):
    import trl

    torch.set_num_threads(payload["count"])
    return f"transformers {transformers.__version__}, TRL {trl.__version__}, torch {torch.__version__}"


def load(payload):
    global model, optimizer
    model = AutoModelForCausalLM.from_pretrained(payload["folder"], dtype=torch.bfloat16)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, fused=True)


def train(payload):
    """One optimizer step over batches of sequences, padded on the right; the context has no loss."""
    begun = time.perf_counter()
    total = sum(len(one["tokens"]) - max(one["context"], 1) for batch in payload["batches"] for one in batch)
    for batch in payload["batches"]:
        longest = max(len(one["tokens"]) for one in batch)
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        attention = torch.zeros_like(ids)
        labels = torch.full_like(ids, -100)
        for row, one in enumerate(batch):
            tokens = torch.tensor(one["tokens"])
            ids[row, : len(tokens)] = tokens
            attention[row, : len(tokens)] = 1
            labels[row, one["context"] : len(tokens)] = tokens[one["context"] :]
        model(ids, attention_mask=attention, labels=labels, num_items_in_batch=total).loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return time.perf_counter() - begun


class Clock(TrainerCallback):
    """Notes how long each step took, generation included."""

    def __init__(self):
        self.seconds = []

    def on_step_begin(self, *_, **__):
        self.begun = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.seconds.append(time.perf_counter() - self.begun)


def checksum(completions, **_):
    return [sum(map(ord, completion[0]["content"])) % 997 / 997 for completion in completions]


def grpo(payload):
    """Steps of TRL's GRPO trainer: every completion is exactly `count` tokens long."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    global model, optimizer
    model = optimizer = None
    count, group, questions = payload["count"], payload["group"], payload["questions"]
    clock = Clock()
    prompts = [[{"role": "user", "content": question}] for question in questions]
    with tempfile.TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=AutoModelForCausalLM.from_pretrained(payload["folder"], dtype=torch.bfloat16),
            processing_class=AutoTokenizer.from_pretrained(payload["folder"], padding_side="left"),
            reward_funcs=checksum,
            train_dataset=Dataset.from_list([{"prompt": prompt} for prompt in prompts] * payload["steps"]),
            callbacks=[clock],
            args=GRPOConfig(
                output_dir=folder,
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                per_device_train_batch_size=group * len(questions),
                num_generations=group,
                max_completion_length=count,
                generation_kwargs={"min_new_tokens": count},
                learning_rate=1e-6,
                beta=0.0,
                temperature=1.0,
                max_steps=payload["steps"],
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                logging_strategy="no",
            ),
        )
        trainer.train()
    return clock.seconds


WORK = {work.__name__: work for work in (threads, load, train, grpo)}
serve(lambda payload: WORK[payload["do"]](payload))
