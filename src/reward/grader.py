"""Judges answers. Each is judged in a forked child that is killed when it takes too long.

One JSON object per line comes in, one goes out; replies leave through a private copy of standard
output, so that whatever an answer makes a library print cannot pass for a reply.

Some verifiers evaluate the text that they judge. The child therefore gives up, before it looks at an
answer and for good, what no verifier needs: writing files, starting processes, opening sockets, much
memory. That is a fence and not a sandbox: it stops programs that models write, not a determined
attacker.
"""

import json
import os
import resource
import select
import signal
import sys
import sysconfig
import time

MEMORY_BYTES = 4 << 30
ANSWER_LIMIT = 4_000
REFUSED = (
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.spawn", "os.kill", "os.remove",
    "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
    "os.chown", "os.utime", "os.setxattr", "os.putenv", "subprocess.", "socket.", "shutil.",
    "ctypes.", "pty.", "tempfile.", "gc.get_", "mmap.", "fcntl.", "syslog.", "resource.",
)
PYTHON_FOLDERS = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def fence():
    """Gives up, for the life of this process, what no verifier needs."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT

    def hook(event, arguments):
        if event == "open":
            path, _mode, flags = arguments
            reads = isinstance(flags, int) and not flags & writing
            if not (reads and isinstance(path, str) and path.startswith(PYTHON_FOLDERS)):
                raise PermissionError("an answer may not open files")
        elif event.startswith(REFUSED):
            raise PermissionError("an answer may not do this")

    sys.addaudithook(hook)


def parsed(text):
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse

    configs = [LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig()]
    # The library's own time limits need signals and do not stop every expression; the kill does.
    return parse("\\boxed{" + text + "}", extraction_config=configs, parsing_timeout=None)


def equivalence(request):
    """Whether two answers are mathematically equal."""
    from math_verify import verify

    gold, answer = parsed(request["reference"]), parsed(request["answer"])
    return 1.0 if gold and answer and verify(gold, answer, timeout_seconds=None) else 0.0


DATASETS = {}


def problem_of(request):
    """The data set and entry of a generated problem, made again from family, seed and index."""
    import reasoning_gym

    key = json.dumps([request["family"], request["seed"], request["settings"]], sort_keys=True)
    if key not in DATASETS:
        DATASETS[key] = reasoning_gym.create_dataset(
            request["family"], seed=request["seed"], size=1 << 30, **request["settings"]
        )
    return DATASETS[key], DATASETS[key][request["index"]]


def in_child(judge, seconds):
    """The number that `judge` returns in a fenced child; 0 if it raises, dies or takes too long."""
    reader, writer = os.pipe()
    # Text that an answer gets written into the pipe is not a verdict.
    seal = os.urandom(16).hex()
    child = os.fork()
    if child == 0:
        try:
            os.closerange(0, writer)
            os.closerange(writer + 1, 256)
            fence()
            os.write(writer, f"{seal}{float(judge())!r}".encode())
        except BaseException:
            pass
        finally:
            os._exit(0)
    os.close(writer)
    reply, end = b"", time.monotonic() + seconds
    while select.select([reader], [], [], max(0.0, end - time.monotonic()))[0]:
        piece = os.read(reader, 100)
        reply += piece
        if not piece or len(reply) > 100:
            break
    os.close(reader)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        sealed, score = reply[: len(seal)].decode(), float(reply[len(seal) :])
    except ValueError:
        return 0.0
    if sealed != seal:
        return 0.0
    return score if 0.0 <= score <= 1.0 else 0.0


def judged(request):
    """The score in [0, 1] of one answer."""
    if len(request["answer"]) > ANSWER_LIMIT:
        return 0.0
    if request["kind"] == "equivalence":
        return in_child(lambda: equivalence(request), request["seconds"])
    if request["kind"] == "reasoning-gym":
        dataset, entry = problem_of(request)
        answer = request["answer"]
        score = lambda: dataset.score_answer(answer=answer, entry=entry)
        return in_child(score, request["seconds"])
    raise ValueError(f"unknown kind {request['kind']!r}")


def warm_up():
    """Imports in the parent what children would otherwise import again and again."""
    import reasoning_gym  # noqa: F401

    for text in ("1/2", "\\frac{\\sqrt{2}}{2}", "x^2 + 1", "\\{1, 2\\}", "(1, 2]", "50\\%", "x = 2"):
        equivalence({"reference": text, "answer": text + " + 0"})


def main():
    import logging

    logging.disable(logging.CRITICAL)
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warm_up()
    for line in sys.stdin:
        message = json.loads(line)
        try:
            reply = {"result": judged(message["payload"])}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps({"id": message["id"], **reply}) + "\n")
        replies.flush()


main()
