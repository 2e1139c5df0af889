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


def turn(payload):
    """One turn of the usual loop: all trajectories are read again, write, and wait for their tools.

    Of the tokens of a turn only `measured` are written; each of the others is taken to last as long as
    these did on average, though it would see a longer history."""
    clock = Clock()
    processor, begun = time.process_time(), time.perf_counter()
    written = generate(payload["contexts"], payload["measured"], LogitsProcessorList([clock]))
    if payload["waits"]:
        time.sleep(payload["toolSeconds"])
    seconds = time.perf_counter() - begun
    processorSeconds = time.process_time() - processor
    step = (clock.times[-1] - clock.times[0]) / (payload["measured"] - 1)
    return {
        "seconds": seconds + step * (payload["count"] - payload["measured"]),
        "measuredSeconds": seconds,
        "processorSeconds": processorSeconds,
        "written": written,
    }


WORK = {work.__name__: work for work in (threads, load, overhead, prefill, decode, turn)}
serve(lambda payload: WORK[payload["do"]](payload))
