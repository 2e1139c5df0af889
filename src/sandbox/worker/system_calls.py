"""Linux system calls that the standard library lacks, by ctypes. Each raises OSError naming the call."""

import ctypes
import os
import platform

NEW_MOUNTS = 0x00020000
NEW_CGROUPS = 0x02000000
NEW_HOSTNAME = 0x04000000
NEW_IPC = 0x08000000
NEW_USERS = 0x10000000
NEW_PIDS = 0x20000000
NEW_NETWORK = 0x40000000

MOUNT_NOSUID = 0x2
MOUNT_NODEV = 0x4
MOUNT_NOEXEC = 0x8
MOUNT_NO_ACCESS_TIMES = 0x400
MOUNT_BIND = 0x1000
MOUNT_RECURSIVE = 0x4000
MOUNT_PRIVATE = 0x40000
DETACH = 2

_ATTRIBUTE_READ_ONLY = 0x1
_ATTRIBUTE_NOSUID = 0x2
_ATTRIBUTE_NODEV = 0x4
_AT_RECURSIVE = 0x8000

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47

_MOUNT_SETATTR = 442
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}.get(platform.machine())

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4


def _checked(name, result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags):
    _checked("unshare", _libc.unshare(flags))


def setns(descriptor, flags):
    _checked("setns", _libc.setns(descriptor, flags))


def mount(source, target, kind=None, flags=0, data=None):
    arguments = [None if a is None else os.fsencode(a) for a in (source, target, kind)]
    options = None if data is None else data.encode()
    _checked(f"mount {target}", _libc.mount(*arguments, ctypes.c_ulong(flags), options))


def unmount(target):
    _checked(f"umount {target}", _libc.umount2(os.fsencode(target), DETACH))


def make_read_only(target, all_below=True):
    """Makes the mount, or it and all below it, read-only, without devices and set-uid programs."""
    attributes = (ctypes.c_uint64 * 4)(
        _ATTRIBUTE_READ_ONLY | _ATTRIBUTE_NOSUID | _ATTRIBUTE_NODEV, 0, 0, 0
    )
    path, flags = os.fsencode(target), _AT_RECURSIVE if all_below else 0
    raw("mount_setattr", _MOUNT_SETATTR, -100, path, flags, attributes, 32)


def pivot_root(new_root, old_root):
    raw("pivot_root", _PIVOT_ROOT, os.fsencode(new_root), os.fsencode(old_root))


def prctl(option, first=0, second=0):
    """The second argument may be an address."""
    return _checked("prctl", _libc.prctl(option, first, second, 0, 0))


def raw(name, number, *arguments):
    """A system call by number; integers are passed as long."""
    if number is None:
        raise OSError(38, f"{name}: unknown on this processor")
    longs = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(name, _libc.syscall(ctypes.c_long(number), *longs))


def capabilities(mask):
    """What `set_capabilities` takes: `mask` effective and permitted, none inheritable."""
    low, high = mask & 0xFFFFFFFF, mask >> 32
    return (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)


def set_capabilities(records):
    _checked("capset", _libc.capset(*records))


def drop_capability_bounds():
    """Nothing executed later can gain a capability. Stops at the kernel's last capability."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            return
