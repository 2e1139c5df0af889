"""Starts the processes of a worker that live inside: the box maker and the two zygotes."""

import os
import signal
import socket
import sys
import time

from . import boxes, channel, confine, fresh_start, native_fork_loop, root, zygote
from . import system_calls as calls

_STANDARD = (
    "argparse array bisect cmath collections copy csv dataclasses datetime decimal enum fractions "
    "functools hashlib heapq inspect io itertools json math operator pathlib queue random re secrets "
    "statistics string struct tempfile textwrap threading time types typing unicodedata uuid"
).split()
_ALL_SPACES = (
    calls.NEW_MOUNTS | calls.NEW_NETWORK | calls.NEW_HOSTNAME | calls.NEW_IPC | calls.NEW_CGROUPS
) if sys.platform == "linux" else 0
_PATIENCE_SECONDS = 2


class World:
    """The supervisor's ends of the channels. `maker` is None in tiers without boxes."""

    def __init__(self, settings):
        readable = root.interpreter_folders() + settings["readable"]
        settings = {**settings, "readable": readable}
        self.namespaced = settings["tier"] in confine.NAMESPACED
        self.light, light = channel.pair()
        self.heavy, heavy = channel.pair()
        self.maker, maker = channel.pair() if self.namespaced else (None, None)
        self.pid = os.fork()
        if self.pid == 0:
            _run(lambda: _inhabit(settings, light, heavy, maker))
        for connection in filter(None, (light, heavy, maker)):
            connection.close()

    def end(self):
        """Ends what lives inside and waits until the kernel has cleared it away."""
        for connection in filter(None, (self.light, self.heavy, self.maker)):
            connection.shutdown(socket.SHUT_WR)
        if not self._ended_within(_PATIENCE_SECONDS):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def _ended_within(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if os.waitpid(self.pid, os.WNOHANG)[0] != 0:
                return True
            time.sleep(0.005)
        return False


def _inhabit(settings, light, heavy, maker):
    unseen = fresh_start.opened(settings["library"])
    _detach_from_client(unseen, light, heavy, maker)
    enter(settings["tier"], settings["readable"])
    _die_with_parent(settings)  # a change of identity would have cleared it
    if settings["tier"] in confine.NAMESPACED:
        _go_on_in_fork(settings)
    if maker is not None:
        scratch = settings["scratchMb"], settings["scratchFiles"]
        own_ids = settings["tier"] == "ns-root"
        furniture = boxes.Furniture(*scratch, settings["readable"], own_ids)
        _fork(settings, lambda: boxes.serve(maker, furniture), (light, heavy))
    small = {**settings, "preload": _STANDARD, "preloadMayLack": True}
    be_zygote = _starter(unseen)
    _fork(settings, lambda: be_zygote(light, small), (heavy, maker))
    _close(light, maker)
    be_zygote(heavy, settings)


def _starter(unseen):
    """How a process becomes a zygote: by a fresh start where that is possible."""
    if fresh_start.can_start():
        return lambda connection, settings: fresh_start.become_zygote(connection, settings, unseen)
    for descriptor in unseen:
        os.close(descriptor)
    return zygote.serve


def run_zygote(settings, connection, library):
    """`library` is the descriptor of what is compiled, or None."""
    loaded = None if library is None else native_fork_loop.loaded(library)
    _run(lambda: zygote.serve(connection, settings, loaded))


def _go_on_in_fork(settings):
    """Only a child is in the new pid namespace. When its first process ends, all in it end."""
    pid = os.fork()
    if pid != 0:
        os.closerange(3, confine.LAST_PRIVATE)
        os.waitpid(pid, 0)
        os._exit(0)
    _die_with_parent(settings)


def enter(tier, readable):
    """Takes the calling process into the tier's namespaces, for good."""
    if tier == "ns-user":
        _become_root_of_own_users()
    if tier in confine.NAMESPACED:
        calls.unshare(_ALL_SPACES | calls.NEW_PIDS)
        root.build(readable)
    if tier != "unsafe":
        calls.prctl(calls.PR_SET_NO_NEW_PRIVS, 1)


def _become_root_of_own_users():
    user, group = os.geteuid(), os.getegid()
    calls.unshare(calls.NEW_USERS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _detach_from_client(unseen, *connections):
    empty = os.open("/dev/null", os.O_RDWR)
    os.dup2(empty, 0)
    os.dup2(empty, 1)
    keep = sorted({2, *unseen, *(c.fileno() for c in connections if c is not None)})
    for low, high in zip(keep, keep[1:] + [confine.LAST_PRIVATE]):
        os.closerange(low + 1, high)


def _die_with_parent(settings):
    if settings["tier"] != "unsafe":
        calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)


def _fork(settings, action, others):
    if os.fork() == 0:
        _die_with_parent(settings)
        _close(*others)
        _run(action)


def _close(*connections):
    for connection in connections:
        if connection is not None:
            connection.close()


def _run(action):
    status = 70
    try:
        action()
        status = 0
    except BaseException as problem:
        told = f"{problem}" if isinstance(problem, SystemExit) else f"{type(problem).__name__}: {problem}"
        print(f"sandbox worker: {told}", file=sys.stderr, flush=True)
    finally:
        os._exit(status)
