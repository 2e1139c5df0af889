"""Runs a snippet's text as `python3 file.py` would, in a child that is already confined."""

import ast
import atexit
import builtins
import gc
import io
import linecache
import os
import random
import sys
import threading
import types

from . import tracebacks

SET_UP_FAILED = 113
FILE = "main.py"
_OUTPUT_LOST = 120
# From `begin` to the first line of the snippet; before Python 3.12 those into C too.
_CALLS_TO_COME = 2 if sys.version_info < (3, 12) else 1
_PACKAGE = __name__.rpartition(".")[0]


def read_all(descriptor):
    """A memory file's whole content as text; it was checked to be UTF-8 before it got here."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0).decode("utf-8", "replace")


def prepare():
    """Once, in the zygote: whatever a child can inherit it need not make, nor copy pages to make.

    Call it where the calls into C on the way are those on the way to the snippet.
    """
    sys.setrecursionlimit(sys.getrecursionlimit() + _calls_without_frame())
    open_streams()
    _spare_logging()
    for name in [n for n in sys.modules if n == _PACKAGE or n.startswith(_PACKAGE + ".")]:
        del sys.modules[name]
    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    sys.argv = [FILE]
    sys.path[0:1] = [""]
    return module


def run(module, source, settings, report):
    """Runs the snippet to its very end and returns the exit status."""
    begin(module, settings)
    report.begin()
    status = guarded(lambda: execute(source, module.__dict__), report)
    return finish(module, status)


def open_streams():
    """Lines reach the pipe as they are printed, so that a program stopped later leaves its output."""
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8", errors="surrogateescape")
    sys.stdout, sys.stderr = (_writer(number) for number in (1, 2))
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr


def _spare_logging():
    """Its end owns sixty pages; with the handlers that were there before the snippet it has nothing to do."""
    logging = sys.modules.get("logging")
    if logging is None:
        return
    before = logging._handlerList[:]
    atexit.unregister(logging.shutdown)
    atexit.register(lambda: logging.shutdown() if logging._handlerList != before else None)


def _writer(number):
    buffer = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
    return io.TextIOWrapper(buffer, "utf-8", errors="backslashreplace", line_buffering=True)


def begin(module, settings):
    """What only the child can do."""
    sys.path[0] = folder = os.getcwd()
    module.__dict__["__file__"] = f"{folder}/{FILE}"
    if settings.get("integerDigits") is not None:
        sys.set_int_max_str_digits(settings["integerDigits"])
    sys.setrecursionlimit(sys.getrecursionlimit() + _depth() + _CALLS_TO_COME)


def _depth():
    """Calls of ours, which are none of the snippet's."""
    frame, count = sys._getframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count


def _calls_without_frame():
    """Before Python 3.12 calls into C, as of a class, are counted too."""
    return sys.getrecursionlimit() - _room(0) - _depth()


def _room(count):
    try:
        return _room(count + 1)
    except RecursionError:
        return count


def seed_generators(value):
    """Before the fork: the generators would otherwise repeat in each snippet."""
    random.seed(value)
    if "numpy.random" in sys.modules:
        bits = int.from_bytes(os.urandom(4), "little") if value is None else value % 2**32
        sys.modules["numpy.random"].seed(bits)
    if "sympy.core.random" in sys.modules:
        sys.modules["sympy.core.random"].seed(value)


def execute(source, names, file=FILE):
    """Runs the statements; the value of a last expression is shown, unless a semicolon ends it."""
    source = _as_from_file(source)
    lines = [line + "\n" for line in source.split("\n")]
    linecache.cache[file] = (len(source), None, lines, file)
    body, last = _compiled(source, file)
    exec(body, names)
    if last is not None:
        value = eval(last, names)
        if value is not None:
            print(repr(value))


def _as_from_file(source):
    """With the line ends and without the mark at the beginning, as Python reads a file."""
    if source[:1] != "\ufeff" and "\r" not in source:
        return source
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _compiled(source, file):
    try:
        tree = compile(source, file, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except ValueError as problem:  # NUL characters, before Python 3.12
        raise SyntaxError(str(problem)) from None
    last = None
    shows = tree.body and isinstance(tree.body[-1], ast.Expr)
    if shows and not (";" in source and _ends_with_semicolon(source, tree)):
        expression = ast.Expression(tree.body.pop().value)
        last = compile(expression, file, "eval", dont_inherit=True)
    return compile(tree, file, "exec", dont_inherit=True), last


def _ends_with_semicolon(source, tree):
    last = tree.body[-1]
    lines = source.encode("utf-8", "surrogateescape").split(b"\n")
    rest = lines[last.end_lineno - 1][last.end_col_offset :]
    return rest.lstrip().startswith(b";")


def guarded(action, report):
    """The exit status of `action`; an uncaught exception goes into the report."""
    try:
        action()
        return 0
    except SystemExit as request:
        return _exit_status(request.code)
    except BaseException as exception:
        _tell(exception, report)
        return 1


def _exit_status(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _tell(exception, report):
    described = tracebacks.describe(exception)
    if sys.excepthook is not sys.__excepthook__:
        try:
            sys.excepthook(type(exception), exception, exception.__traceback__)
            described["text"] = ""
        except BaseException:
            pass
    report.write({"exception": described})


def finish(module, status):
    """What the interpreter does at its end: threads, exit functions, finalizers, buffers."""
    for step in (_wait_for_threads, atexit._run_exitfuncs, lambda: _clear(module)):
        try:
            step()
        except BaseException as exception:
            sys.__excepthook__(type(exception), exception, exception.__traceback__)
    return flush(status)


def _wait_for_threads():
    """The interpreter's own way of it owns forty pages more, also where there is no other thread."""
    others = len(getattr(threading, "_active", ())) != 1
    if others or getattr(threading, "_threading_atexits", True):
        threading._shutdown()


def flush(status):
    """The status, or the interpreter's own for output that could not be written."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name, None)
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException:
            status = status or _OUTPUT_LOST
    return status


def _clear(module):
    """Finalizers run in the order in which the interpreter drops a module's names."""
    names = module.__dict__
    for private in (True, False):
        for name in list(names):
            if name != "__builtins__" and (name[:1] == "_" and name[:2] != "__") == private:
                names[name] = None
    # The program's objects are the only ones; a collection of the oldest also empties lists of free memory.
    gc.collect(2 if gc.get_objects(2) else 1)
