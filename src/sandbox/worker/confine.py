"""What a forked child gives up before it runs a snippet: its view, its identity, its rights."""

import os
import resource
import signal
import sys

from . import landlock, seccomp
from . import system_calls as calls

NAMESPACED = ("ns-root", "ns-user")
# Where descriptors lie that a fork is given: its box, if there are boxes, then the groups that it joins.
BOX = 3
_NONE, _READS_ALL = calls.capabilities(0), calls.capabilities(1 << 2)  # CAP_DAC_READ_SEARCH
_NICENESS = 5  # the supervisor, and the trainer beside it, come first
FIRST_PRIVATE, LAST_PRIVATE = 3, 1024


class Confinement:
    """Decided once per zygote; `enter` is called in each child."""

    def __init__(self, tier, processes, readable):
        self.tier = tier
        self.namespaced = tier in NAMESPACED
        self.first_group = BOX + 1 if self.namespaced else BOX
        self._processes = processes
        self._readable = readable
        self.address_space = _own_address_space()
        self._reads_all = os.geteuid() == 0 and not _open_to_all(readable)
        self.filter = seccomp.build(0, processes, True, False) if self.namespaced else None

    def enter(self, order, descriptors):
        """Irrevocable; the descriptors stay open until `only_standard`. confine.c does the same in boxes."""
        os.setsid()
        os.nice(_NICENESS)
        for group in descriptors[self.first_group : len(descriptors) - order.controls]:
            os.write(group, b"0")
        _prefer_as_victim()
        if self.namespaced:
            calls.setns(descriptors[BOX], calls.NEW_MOUNTS)
        os.chdir(order.message["scratch"])
        self._limit(order)
        self._change_identity(order.user)
        if self.tier != "unsafe":
            calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
            if not self.namespaced:
                landlock.restrict(self._readable, order.message["scratch"])
            shared = order.user is None
            chosen = self.filter or seccomp.build(os.getpid(), self._processes, False, shared)
            chosen.install()

    def _limit(self, order):
        bounds = {
            resource.RLIMIT_CPU: (order.cpu_seconds, order.cpu_seconds + 1),
            resource.RLIMIT_NOFILE: (order.open_files,) * 2,
            resource.RLIMIT_FSIZE: (order.file_bytes,) * 2,
            resource.RLIMIT_CORE: (0, 0),
        }
        if self.tier != "unsafe":
            bounds[resource.RLIMIT_NPROC] = (order.processes,) * 2
            bounds[resource.RLIMIT_MEMLOCK] = (0, 0)
        if sys.platform == "linux":
            bounds[resource.RLIMIT_AS] = (self.address_space + order.address_bytes,) * 2
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
