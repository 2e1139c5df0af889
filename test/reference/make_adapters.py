"""Makes the adapter fixtures: low-rank adapters as peft writes them, and what peft computes with them.

    python test/reference/make_adapters.py            writes test/fixtures/adapters/<name>/
    python test/reference/make_adapters.py --check    compares with what is there, writes nothing

The README of this folder tells the format of the files. Run it after make_models.py.
"""

import copy
import json
from dataclasses import dataclass
from pathlib import Path

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from fixture_files import TOLERANCE, write_or_check
from reference_model import load_model, logits_one_by_one, relative_gap

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "test" / "fixtures" / "models"
ADAPTERS = ROOT / "test" / "fixtures" / "adapters"


@dataclass(frozen=True)
class Case:
    name: str
    base: str
    options: dict


CASES = [
    Case("list", "llama", dict(r=3, lora_alpha=5, target_modules=["q_proj", "v_proj", "down_proj"])),
    Case(
        "pattern",
        "qwen2-tied",
        dict(r=2, lora_alpha=4, use_rslora=True, target_modules=r".*\.layers\.1\..*(k_proj|o_proj|up_proj)"),
    ),
    Case(
        "all-linear",
        "llama-tied-biases",
        dict(r=2, lora_alpha=3, lora_dropout=0.1, init_lora_weights="gaussian", target_modules="all-linear"),
    ),
]


def make(case: Case, folder: Path, seed: int) -> None:
    base = load_model(str(MODELS / case.base))
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **case.options)).eval()
    model.peft_config["default"].base_model_name_or_path = f"test/fixtures/models/{case.base}"
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if ".lora_" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.3
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    tidy(folder / "adapter_config.json")
    ids = load_file(MODELS / case.base / "expected.safetensors")["ids.0"].tolist()
    with torch.no_grad():
        beside = logits_one_by_one(model, [ids])[0]
        merged = copy.deepcopy(model).merge_and_unload()
        gap = relative_gap(logits_one_by_one(merged, [ids])[0], beside)
    if gap > TOLERANCE:
        raise SystemExit(f"{case.name}: peft's merged model differs from its own adapter by {gap:.1e}")
    adapted = {name for name in load_file(folder / "adapter_model.safetensors")}
    tensors = {"logits.0": beside.contiguous()}
    for name, parameter in merged.named_parameters():
        if f"base_model.model.{name.removesuffix('.weight')}.lora_A.weight" in adapted:
            tensors[f"merged.{name}"] = parameter.data.contiguous()
    save_file(tensors, folder / "expected.safetensors")
    computed = f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}"
    (folder / "expected.json").write_text(json.dumps({"base": case.base, "computed": computed}, indent=2) + "\n")


def tidy(path: Path) -> None:
    """peft keeps the modules in a set, whose order changes from run to run."""
    config = json.loads(path.read_text())
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    path.write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    write_or_check(__doc__.splitlines()[0], CASES, ADAPTERS, make)
