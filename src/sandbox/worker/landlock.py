"""File-system, network and signal rules of one snippet where there are no namespaces."""

import ctypes
import os

from . import system_calls as calls

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_PATH_BENEATH = 1
_VERSION_FLAG = 1

_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_WRITE_FILE, _TRUNCATE, _REFER = 1 << 1, 1 << 14, 1 << 13
_READ = _READ_FILE | _READ_FOLDER
# Everything but executing, making devices, sockets and links to other folders.
_REMOVE_AND_MAKE = (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8) | (1 << 10) | (1 << 12)
_BITS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_ALL_TCP = 0b11
_ALL_SCOPES = 0b11

_READABLE = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def version():
    """The kernel's Landlock version, 0 where it is absent or switched off."""
    try:
        return calls.raw("landlock", _CREATE, 0, 0, _VERSION_FLAG)
    except OSError:
        return 0


def restrict(readable, scratch):
    """Confines the calling process for good. Needs no_new_privs."""
    kernel = version()
    handled = (1 << _BITS_BY_VERSION.get(kernel, 16)) - 1
    attributes = (ctypes.c_uint64 * 3)(
        handled, _ALL_TCP if kernel >= 4 else 0, _ALL_SCOPES if kernel >= 6 else 0
    )
    size = 24 if kernel >= 6 else 16 if kernel >= 4 else 8
    rules = calls.raw("landlock_create_ruleset", _CREATE, attributes, size, 0)
    for path in _READABLE + tuple(readable):
        _allow(rules, path, _READ & handled)
    for path in _DEVICES:
        _allow(rules, path, _READ_FILE | _WRITE_FILE)
    writable = _READ | _WRITE_FILE | _TRUNCATE | _REMOVE_AND_MAKE
    _allow(rules, scratch, writable & handled)
    calls.raw("landlock_restrict_self", _RESTRICT, rules, 0)
    os.close(rules)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def _allow(rules, path, access):
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        access &= _READ_FILE | _WRITE_FILE | _TRUNCATE
    rule = _PathBeneath(access, parent)
    calls.raw("landlock_add_rule", _ADD, rules, _PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(parent)
