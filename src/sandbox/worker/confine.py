"""What a forked child gives up before it runs a snippet: its view, its identity, its rights."""

import os
import resource
import signal
import sys

from . import landlock, seccomp
from . import system_calls as calls

NAMESPACED = ("ns-root", "ns-user")
_MEBIBYTE = 1 << 20
_NONE, _READS_ALL = calls.capabilities(0), calls.capabilities(1 << 2)  # CAP_DAC_READ_SEARCH
_NICENESS = 5  # the supervisor, and the trainer beside it, come first
FIRST_PRIVATE, LAST_PRIVATE = 3, 1024


class Confinement:
    """Decided once per zygote; `enter` is called in each child."""

    def __init__(self, tier, processes, readable):
        self.tier = tier
        self.namespaced = tier in NAMESPACED
        self._processes = processes
        self._readable = readable
        self._address_space = _own_address_space()
        self._reads_all = os.geteuid() == 0 and not _open_to_all(readable)
        self._filter = seccomp.build(0, processes, True, False) if self.namespaced else None

    def enter(self, run, box, groups):
        """Irrevocable. `run` is the supervisor's message; descriptors stay open until `only_standard`."""
        os.setsid()
        os.nice(_NICENESS)
        for group in groups:
            os.write(group, b"0")
        _prefer_as_victim()
        if self.namespaced:
            calls.setns(box, calls.NEW_MOUNTS)
        os.chdir(run["scratch"])
        self._limit(run["limits"])
        self._change_identity(run["user"])
        if self.tier != "unsafe":
            calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
            if not self.namespaced:
                landlock.restrict(self._readable, run["scratch"])
            shared = run["user"] is None
            chosen = self._filter or seccomp.build(os.getpid(), self._processes, False, shared)
            chosen.install()

    def _limit(self, limits):
        memory = limits["memoryMb"] * _MEBIBYTE
        # A group bounds what is used; addresses may be reserved more generously beside it.
        addresses = memory * 2 + 1024 * _MEBIBYTE if limits["grouped"] else memory
        cpu = max(1, -(-limits["cpuMs"] // 1000))
        bounds = {
            resource.RLIMIT_CPU: (cpu, cpu + 1),
            resource.RLIMIT_NOFILE: (limits["files"],) * 2,
            resource.RLIMIT_FSIZE: (limits["fileMb"] * _MEBIBYTE,) * 2,
            resource.RLIMIT_CORE: (0, 0),
        }
        if self.tier != "unsafe":
            bounds[resource.RLIMIT_NPROC] = (limits["processes"],) * 2
            bounds[resource.RLIMIT_MEMLOCK] = (0, 0)
        if sys.platform == "linux":
            bounds[resource.RLIMIT_AS] = (self._address_space + addresses,) * 2
        for which, pair in bounds.items():
            resource.setrlimit(which, pair)

    def _change_identity(self, user):
        if user is not None:
            if not self.namespaced and self._reads_all:
                calls.prctl(8, 1)  # PR_SET_KEEPCAPS, for the one right kept below
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        if self.tier != "unsafe":
            keeps = user is not None and not self.namespaced and self._reads_all
            calls.set_capabilities(_READS_ALL if keeps else _NONE)


def only_standard(standard_input, output):
    """Descriptors 0, 1 and 2 and no other."""
    os.dup2(standard_input, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(FIRST_PRIVATE, LAST_PRIVATE)


def _prefer_as_victim():
    try:
        file = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(file, b"1000")
        os.close(file)
    except OSError:
        pass


def _own_address_space():
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _open_to_all(paths):
    """Whether another user could reach the folders; where not, reading is allowed by a capability
    that Landlock's rules still bound."""
    return all(_reachable(path) for path in paths)


def _reachable(path):
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True
