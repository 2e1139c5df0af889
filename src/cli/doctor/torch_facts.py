# Prints as JSON what torch sees on this machine; for `retool-rl doctor`.

import json
import os
import warnings

import torch


def devices():
    found = [{"name": "cpu", "model": "", "memoryBytes": None}]
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        properties = torch.cuda.get_device_properties(index)
        found.append(
            {
                "name": f"cuda:{index}",
                "model": properties.name,
                "memoryBytes": properties.total_memory,
            }
        )
    return found


def trouble():
    if torch.cuda.is_available() or not os.path.exists("/proc/driver/nvidia/version"):
        return None
    try:
        torch.cuda.init()
    except Exception as error:
        return str(error).split("\n")[0]
    return "no device is visible"


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    print(
        json.dumps(
            {
                "version": torch.__version__,
                "cuda": torch.version.cuda,
                "threads": torch.get_num_threads(),
                "capability": torch.backends.cpu.get_cpu_capability(),
                "devices": devices(),
                "trouble": trouble(),
            }
        )
    )
