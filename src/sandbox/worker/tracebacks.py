"""The traceback that the model reads: its own frames, at most one library frame after each, the error."""

import json
import os
import sys
import traceback

_MOST_FRAMES = 1000  # the innermost, as Python shows
_MOST_CHARACTERS = 16384
_MOST_ENCODED = 60_000
_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
_LIBRARY_FOLDERS = tuple(
    {os.path.realpath(p) for p in (sys.prefix, sys.base_prefix)} | {sys.prefix, "/usr/lib", "<frozen"}
)


def describe(exception):
    """{type, message, text} of an uncaught exception, whatever its own methods do."""
    try:
        formatted = traceback.TracebackException(
            type(exception), exception, exception.__traceback__, limit=-_MOST_FRAMES, compact=True
        )
        for part in _chain(formatted):
            _trim(part)
        text = "".join(formatted.format())
    except BaseException as problem:
        text = f"{_name(exception)}: (its text cannot be shown: {type(problem).__name__})\n"
    return _fitting(_name(exception), _message(exception), text)


def _chain(formatted):
    waiting, seen = [formatted], set()
    while waiting:
        part = waiting.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += [part.__cause__, part.__context__, *(getattr(part, "exceptions", None) or [])]


def _trim(part):
    if part.stack is None:
        return
    kept = []
    for frame in part.stack:
        if frame.filename.startswith(_OWN_FOLDER):
            continue
        if kept and _is_library(frame) and _is_library(kept[-1]):
            kept[-1] = frame
        else:
            kept.append(frame)
    part.stack[:] = kept
    if not kept:
        part.stack = None  # as Python prints a syntax error: without a heading


def _is_library(frame):
    return frame.filename.startswith(_LIBRARY_FOLDERS)


def _name(exception):
    kind = type(exception)
    module = kind.__module__
    return kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"


def _message(exception):
    try:
        return str(exception)
    except BaseException:
        return ""


def _fitting(name, message, text):
    """Shortened until it fits into a message between our processes, however wide its characters are."""
    most = _MOST_CHARACTERS
    while True:
        told = {"type": name[:most], "message": _bounded(message, most), "text": _bounded(text, most)}
        if len(json.dumps(told)) <= _MOST_ENCODED:
            return told
        most //= 2


def _bounded(text, most):
    if len(text) <= most:
        return text
    return f"{text[: most // 4]}\n[{len(text) - most} characters omitted]\n{text[-most * 3 // 4 :]}"
