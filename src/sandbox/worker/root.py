"""The read-only file system in which snippets run: the interpreter, its libraries, little else."""

import os
import sys

from . import system_calls as calls

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32")
_SETTINGS = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_MOUNT_POINTS = ("/mnt", "/media", "/srv", "/opt", "/home", "/var", "/tmp")
_ACCOUNTS = "sandbox:x:{0}:{0}::/tmp:/bin/sh\n"


def interpreter_folders():
    """The folders that the running interpreter needs, less those inside /usr."""
    found = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    found |= {os.path.dirname(os.path.dirname(os.path.realpath(sys.executable)))}
    found |= {path for path in sys.path if os.path.isdir(path)}
    real = {os.path.realpath(path) for path in found} | found
    return _outermost(path for path in real if not _inside(path, "/usr") and path != "/")


def build(folders):
    """Replaces the root of the calling process, which must have a mount namespace of its own."""
    os.umask(0o022)
    calls.mount("none", "/", None, calls.MOUNT_RECURSIVE | calls.MOUNT_PRIVATE)
    new = next(p for p in _MOUNT_POINTS if os.path.isdir(p) and not _holds(p, folders))
    flags = calls.MOUNT_NOSUID | calls.MOUNT_NODEV
    calls.mount("retool", new, "tmpfs", flags, "mode=755,size=4m,nr_inodes=4096")
    for path in _SYSTEM + _SETTINGS + tuple(folders):
        _place(path, new)
    _make_devices(new)
    _make_rest(new)
    os.chdir(new)
    calls.pivot_root(".", ".")
    calls.unmount(".")
    os.chdir("/")
    calls.make_read_only("/", all_below=False)


def _make_devices(new):
    os.makedirs(new + "/dev/shm")
    for name in _DEVICES:
        open(f"{new}/dev/{name}", "w").close()
        calls.mount(f"/dev/{name}", f"{new}/dev/{name}", None, calls.MOUNT_BIND)
    for name, target in (("fd", "self/fd"), ("stdin", "self/fd/0"), ("stdout", "self/fd/1")):
        os.symlink(f"/proc/{target}", f"{new}/dev/{name}")


def _make_rest(new):
    for folder in ("tmp", "proc", "etc"):
        os.makedirs(f"{new}/{folder}", exist_ok=True)
    with open(new + "/etc/passwd", "w") as accounts:
        accounts.write(_ACCOUNTS.format(65534))
    # A user namespace may mount its own /proc only where one is already visible; it is covered
    # by the box's own before a snippet sees it.
    calls.mount("/proc", new + "/proc", None, calls.MOUNT_BIND | calls.MOUNT_RECURSIVE)


def _place(path, new):
    """The same path below the new root: links as links, the rest bound."""
    target = new + path
    if os.path.islink(path):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target):
            os.symlink(os.readlink(path), target)
    elif os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
        calls.mount(path, target, None, calls.MOUNT_BIND | calls.MOUNT_RECURSIVE)
        calls.make_read_only(target)
    elif os.path.isfile(path):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").close()
        calls.mount(path, target, None, calls.MOUNT_BIND)
        calls.make_read_only(target)


def _inside(path, folder):
    return path == folder or path.startswith(folder + "/")


def _holds(folder, paths):
    return any(_inside(path, folder) for path in paths)


def _outermost(paths):
    kept = []
    for path in sorted(paths):
        if not any(_inside(path, outer) for outer in kept):
            kept.append(path)
    return kept
