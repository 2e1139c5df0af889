"""Which tiers this machine offers: each is tried for real in a child process, none is assumed."""

import os
import sys

from . import boxes, cgroups, landlock, root, seccomp, slots, world
from . import system_calls as calls

STRONGEST_FIRST = ("ns-root", "ns-user", "landlock")
_REMEDIES = {
    "ns-root": "run as root with CAP_SYS_ADMIN (a container needs --privileged)",
    "ns-user": "allow unprivileged user namespaces "
    "(sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0; "
    "in a container a seccomp profile that permits unshare)",
    "landlock": "Linux 5.13 or later with landlock in the lsm= list, on x86_64 or aarch64",
}


def probe():
    """Per tier: usable or why not and what would make it so; and how memory is bounded."""
    tiers = {name: _tried(name) for name in STRONGEST_FIRST}
    return {"tiers": tiers, "groups": cgroups.kind()}


def _tried(name):
    problem = _general_problem(name) or _failure(lambda: _ATTEMPTS[name]())
    if problem is None:
        return {"usable": True}
    return {"usable": False, "why": problem, "remedy": _REMEDIES[name]}


def _general_problem(name):
    if sys.version_info < (3, 9):
        return "needs Python 3.9 or later"
    if not seccomp.supported():
        return f"no system-call filter for {os.uname().machine}"
    if name == "ns-root" and os.geteuid() != 0:
        return "not root"
    if name == "ns-root" and not slots.users_available():
        return "user ids above a million are not mapped here, as in a rootless container"
    return None


def _failure(attempt):
    """What the attempt raised in a process of its own, or None."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        told = ""
        try:
            attempt()
        except BaseException as problem:
            told = f"{problem}" or type(problem).__name__
        finally:
            os.write(writer, told.encode()[:1000])
            os._exit(0)
    os.close(writer)
    told = os.read(reader, 4096).decode(errors="replace")
    os.close(reader)
    os.waitpid(pid, 0)
    return told or None


def _enter_namespaces(name):
    world.enter(name, root.interpreter_folders())
    problem = _failure(boxes.try_one)  # in a fork, which alone is in the new pid namespace
    if problem is not None:
        raise OSError(problem)
    seccomp.build(0, False, True, False).install()


def _enter_landlock():
    if landlock.version() == 0:
        raise OSError("Landlock is absent or switched off")
    calls.prctl(calls.PR_SET_NO_NEW_PRIVS, 1)
    landlock.restrict([], "/tmp")
    try:
        os.listdir("/etc")
        raise OSError("Landlock accepted its rules but does not enforce them")
    except PermissionError:
        pass
    seccomp.build(os.getpid(), False, False, True).install()


_ATTEMPTS = {
    "ns-root": lambda: _enter_namespaces("ns-root"),
    "ns-user": lambda: _enter_namespaces("ns-user"),
    "landlock": _enter_landlock,
}
