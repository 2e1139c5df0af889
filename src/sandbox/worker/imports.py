"""Whether a snippet may need the heavy libraries: if not, a fork of a small process will do."""

import re
import sys

_NAME = rb"[A-Za-z_]\w*"
_PATH = _NAME + rb"(?:\." + _NAME + rb")*"
_ITEM = _PATH + rb"(?:\s+as\s+" + _NAME + rb")?"
_IMPORT = re.compile(rb"\s*import\s+(" + _ITEM + rb"(?:\s*,\s*" + _ITEM + rb")*)\s*(?:#.*)?$")
_FROM = re.compile(rb"\s*from\s+(" + _NAME + rb")(?:\." + _NAME + rb")*\s+import\s+[\w\s,*()]+(?:#.*)?$")
_DYNAMIC = frozenset((b"importlib", b"runpy", b"pickle", b"code", b"pkgutil", b"zipimport"))
_STANDARD = frozenset(name.encode() for name in getattr(sys, "stdlib_module_names", ()))


def only_standard(code):
    """True where every import is plainly of the standard library; False whenever in doubt."""
    if b"import" not in code and b"exec" not in code and b"eval" not in code:
        return True
    return all(_is_standard(part) for line in code.split(b"\n") for part in line.split(b";"))


def _is_standard(statement):
    if b"exec" in statement or b"eval" in statement:
        return False
    if b"import" not in statement:
        return True
    plain = _IMPORT.match(statement)
    if plain:
        names = [item.split()[0].split(b".")[0] for item in plain[1].split(b",")]
    else:
        some = _FROM.match(statement)
        names = [some[1]] if some else [b""]
    return all(name in _STANDARD and name not in _DYNAMIC for name in names)
