"""A fork that leaves out what the interpreter does after one, where that has no purpose.

With a single thread there is no lock to mend and no thread to forget, and a third of the memory that a small
program would come to own is touched by that work alone. The hooks stay registered for forks of the program's.
"""

import ctypes
import os

# They mend locks and forget threads; `random` draws a new seed, which here is done before the fork.
_NEEDLESS = {"random", "threading", "logging", "concurrent.futures.thread", "asyncio.events"}
_register = getattr(os, "register_at_fork", None)
_libc = ctypes.PyDLL(None, use_errno=True)
_registered = set()


def watch_registrations():
    """From now on it is noted whose hooks there are; call it before importing much."""
    if _register is not None:
        os.register_at_fork = _noted


def _noted(**hooks):
    _registered.update(getattr(hook, "__module__", None) or "" for hook in hooks.values())
    _register(**hooks)


def stop_watching():
    """Gives back the function that programs know. Returns the fork to use."""
    if _register is not None:
        os.register_at_fork = _register
    threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
    return plain_fork if threads == 1 and _registered <= _NEEDLESS else os.fork


def plain_fork():
    pid = _libc.fork()
    if pid < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"fork: {os.strerror(number)}")
    return pid
