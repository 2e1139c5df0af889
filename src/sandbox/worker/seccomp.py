"""The system-call filter of a snippet: rules for what is refused, assembled to classic BPF."""

import ctypes
import errno
import platform
import struct

from . import system_calls
from .denied_calls import COMMON, NUMBERS, SHARED_IDENTITY, WITHOUT_NAMESPACES

_AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FILTERING = 2  # SECCOMP_MODE_FILTER
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_KILL_PROCESS = 0x80000000
_LOAD_WORD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_INSTRUCTION_BYTES = 8

_CLONE_THREAD = 0x00010000
_NAMESPACE_BITS = 0x7E020000
_UNIX_SOCKETS = 1
_OWNER_COMMANDS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals sent by the kernel
_OWNER_REQUESTS = (0x8901, 0x8902, 0x5412)  # FIOSETOWN, SIOCSPGRP, TIOCSTI


def supported():
    return platform.machine() in _AUDIT_ARCHITECTURE


class Filter:
    """Bytes of a program in the form in which the kernel takes them."""

    def __init__(self, program):
        self._program = ctypes.create_string_buffer(program, len(program))
        record = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(self._program))
        self._record = ctypes.create_string_buffer(record, len(record))
        self.address = ctypes.addressof(self._record)

    def install(self):
        system_calls.prctl(system_calls.PR_SET_SECCOMP, _FILTERING, self.address)


def build(own_pid, processes, namespaces, shared_identity):
    """The filter of a snippet.

    processes: whether new processes are allowed (threads always are).
    namespaces: False adds what a private pid and ipc namespace would otherwise make harmless.
    shared_identity: True where the snippet has the user id of something outside its sandbox.
    """
    table = NUMBERS[platform.machine()]
    names = COMMON | (set() if namespaces else WITHOUT_NAMESPACES)
    names |= SHARED_IDENTITY if shared_identity else set()
    rules = {table[name]: _refuse(errno.EPERM) for name in names if name in table}
    rules[table["clone3"]] = _refuse(errno.ENOSYS)
    rules[table["clone"]] = _if_bits(_NAMESPACE_BITS, errno.EPERM)
    rules[table["socketpair"]] = _unless_values((_UNIX_SOCKETS,), errno.EPERM)
    if not processes:
        rules[table["clone"]] += _unless_bits(_CLONE_THREAD, errno.EAGAIN)
        rules |= {table[name]: _refuse(errno.EAGAIN) for name in ("fork", "vfork") if name in table}
    if not namespaces:
        rules |= _only_itself(table, own_pid)
    return Filter(_prologue() + _search(_stretches(rules)))


def _only_itself(table, own_pid):
    """Signals and limits of other processes are out of reach; its own stay usable."""
    rules = {n: _unless_values((own_pid,), errno.EPERM) for n in ("kill", "tgkill", "rt_sigqueueinfo")}
    scheduling = ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setattr")
    rules |= {n: _unless_values((0, own_pid), errno.EPERM) for n in scheduling}
    rules["prctl"] = _if_value(system_calls.PR_SET_PDEATHSIG, errno.EPERM)
    rules["fcntl"] = b"".join(_if_value(v, errno.EPERM, 1) for v in _OWNER_COMMANDS)
    rules["ioctl"] = b"".join(_if_value(v, errno.EPERM, 1) for v in _OWNER_REQUESTS)
    return {table[name]: rule for name, rule in rules.items()}


def _stretches(rules):
    """(first number, rule) of each run of numbers with one rule, in ascending order; no rule is empty."""
    found = [(0, b"")]
    for number in sorted(rules):
        if found[-1][0] == number:
            found.pop()
        if not found or found[-1][1] != rules[number]:
            found.append((number, rules[number]))
        found.append((number + 1, b""))
    return found


def _search(stretches):
    """Halves the numbers until one rule is left, then follows it; what it does not refuse is allowed.

    The kernel tries every filter on every number when it is installed, so that a list would cost it as many
    steps as there are numbers times rules (measured: 0.2 ms for each snippet).
    """
    if len(stretches) == 1:
        return stretches[0][1] + _instruction(_RETURN, _ALLOW)
    half = len(stretches) // 2
    below, above = _search(stretches[:half]), _search(stretches[half:])
    return _instruction(_JUMP_AT_LEAST, stretches[half][0], len(below) // _INSTRUCTION_BYTES, 0) + below + above


def _instruction(code, value, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


def _prologue():
    architecture = _AUDIT_ARCHITECTURE[platform.machine()]
    program = [
        _instruction(_LOAD_WORD, _ARCHITECTURE_AT),
        _instruction(_JUMP_EQUAL, architecture, 1, 0),
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD_WORD, _NUMBER_AT),
    ]
    if platform.machine() == "x86_64":  # the x32 numbers would go round the list
        program += [
            _instruction(_JUMP_AT_LEAST, 0x40000000, 0, 1),
            _instruction(_RETURN, _ERRNO | errno.ENOSYS),
        ]
    return b"".join(program)


def _refuse(error):
    return _instruction(_RETURN, _ERRNO | error)


def _argument(index):
    return _instruction(_LOAD_WORD, _FIRST_ARGUMENT_AT + 8 * index)


def _if_value(value, error, index=0):
    test = _instruction(_JUMP_EQUAL, value, 0, 1)
    return _argument(index) + test + _refuse(error)


def _unless_values(values, error):
    tests = [_instruction(_JUMP_EQUAL, v, len(values) - i, 0) for i, v in enumerate(values)]
    return _argument(0) + b"".join(tests) + _refuse(error)


def _if_bits(bits, error):
    test = _instruction(_JUMP_ANY_BIT, bits, 0, 1)
    return _argument(0) + test + _refuse(error)


def _unless_bits(bits, error):
    test = _instruction(_JUMP_ANY_BIT, bits, 1, 0)
    return _argument(0) + test + _refuse(error)
