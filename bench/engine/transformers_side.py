# transformers' side of the benchmarks: one request, one measurement, times in seconds.

import time

import torch
import transformers
from json_lines import serve
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessor, LogitsProcessorList

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
model = None


class Clock(LogitsProcessor):
    """Notes when the logits of each step were there."""

    def __init__(self):
        self.times = []

    def __call__(self, input_ids, scores):
        self.times.append(time.perf_counter())
        return scores


def threads(payload):
    torch.set_num_threads(payload["count"])
    return f"transformers {transformers.__version__}, torch {torch.__version__}"


def load(payload):
    global model
    model = None
    begun = time.perf_counter()
    AutoTokenizer.from_pretrained(payload["folder"])
    model = AutoModelForCausalLM.from_pretrained(payload["folder"], dtype=DTYPES[payload["dtype"]])
    model.eval()
    return time.perf_counter() - begun


def overhead(payload):
    a, b = torch.ones(1), torch.ones(1)
    for _ in range(1000):
        torch.add(a, b)
    begun = time.perf_counter()
    for _ in range(payload["count"]):
        torch.add(a, b)
    return (time.perf_counter() - begun) / payload["count"]


@torch.inference_mode()
def prefill(payload):
    ids = torch.tensor(payload["prompts"])
    begun = time.perf_counter()
    model(ids, use_cache=True, logits_to_keep=1)
    return time.perf_counter() - begun


def generate(prompts, count, processors=None):
    ids = torch.tensor(prompts)
    made = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=count,
        min_new_tokens=count,
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        pad_token_id=0,
        logits_processor=processors,
    )
    return made[:, ids.shape[1]:].tolist()


def decode(payload):
    """Time from the first step's logits to the last step's: prefill is not in it."""
    clock = Clock()
    generate(payload["prompts"], payload["count"], LogitsProcessorList([clock]))
    return clock.times[-1] - clock.times[0]


def turns(payload):
    """The usual loop: all trajectories write a turn, all wait for their tools, all are read again."""
    contexts = [list(prompt) for prompt in payload["prompts"]]
    processor = time.process_time()
    begun = time.perf_counter()
    for turn in range(payload["turns"]):
        written = generate(contexts, payload["count"])
        for context, tokens in zip(contexts, written, strict=True):
            context += tokens
        if turn + 1 < payload["turns"]:
            time.sleep(payload["toolSeconds"])
            for context in contexts:
                context += payload["output"]
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "processorSeconds": time.process_time() - processor}


WORK = {work.__name__: work for work in (threads, load, overhead, prefill, decode, turns)}
serve(lambda payload: WORK[payload["do"]](payload))
