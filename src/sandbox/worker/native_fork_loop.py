"""The loop of a zygote in C, `fork_loop.c`, which leaves the interpreter's memory as it is between two forks.

A fork copies a page for nearly every object that it looks at. So what it looks at is prepared here before it is
born, and is memory with numbers rather than fields with names.
"""

import ctypes
import functools
import gc
import marshal
import os

from . import orders, report
from .birth import Birth

_MOST_DESCRIPTORS = 12
_LARGEST_ORDER = 131072
_NUMBER = 8
# Kept, since making a type takes a fork longer than all else here.
_SMALL_REPORT = ctypes.c_char * report.size(with_files=False)


class _Place(ctypes.Structure):
    _fields_ = (("own_address_bytes", ctypes.c_uint64), ("filter", ctypes.c_void_p))


class _Birth(ctypes.Structure):
    _fields_ = (
        ("order_bytes", ctypes.c_uint64),
        ("message_at", ctypes.c_uint64),
        ("descriptors", ctypes.c_int32 * _MOST_DESCRIPTORS),
        ("descriptor_count", ctypes.c_uint64),
        ("report", ctypes.c_void_p),
        ("report_bytes", ctypes.c_uint64),
        ("begun", ctypes.c_void_p),
        ("failed_step", ctypes.c_char_p),
        ("error", ctypes.c_int64),
    )


_ORDER_BYTES, _MESSAGE_AT, _COUNT, _REPORT, _REPORT_BYTES, _FAILED_STEP = (
    getattr(_Birth, name).offset // _NUMBER
    for name in ("order_bytes", "message_at", "descriptor_count", "report", "report_bytes", "failed_step")
)


def loaded(descriptor):
    """The library, whose descriptor is closed; None where the interpreter cannot load it."""
    try:
        return ctypes.PyDLL(f"/proc/self/fd/{descriptor}")
    except OSError:
        return None
    finally:
        os.close(descriptor)


def await_birth(library, connection, place, own_namespace):
    """Returns in each fork, with its `Birth`, and never in the zygote. Raises OSError."""
    given = _Birth()
    order = _memory(ctypes.addressof(ctypes.c_char.in_dll(library, "order_text")), _LARGEST_ORDER)
    numbers = _memory(ctypes.addressof(given), ctypes.sizeof(given)).cast("Q")
    descriptors = _memory(ctypes.addressof(given) + _Birth.descriptors.offset, _Birth.descriptors.size).cast("i")
    begin = functools.partial(library.mark_beginning, ctypes.byref(given))
    boxed = None
    if place.namespaced:
        boxed = ctypes.byref(_Place(place.address_space, place.filter.address))
    namespace = -1 if own_namespace is None else own_namespace
    _leave_nothing_to_collect()
    result = library.serve_forks(connection.fileno(), namespace, boxed, ctypes.byref(given))
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    own = descriptors[: numbers[_COUNT]].tolist()
    reported = report.Report(lambda: _memory(numbers[_REPORT], numbers[_REPORT_BYTES]), begin)
    if boxed is None:
        told = orders.unpacked(bytes(order[: numbers[_ORDER_BYTES]]))
        return Birth(told.message, own, reported, lambda: place.enter(told, own))
    message = marshal.loads(order[numbers[_MESSAGE_AT] : numbers[_ORDER_BYTES]])
    return Birth(message, own, reported, lambda: numbers[_FAILED_STEP] and _fail(given))


def _leave_nothing_to_collect():
    """What was made since the zygote settled; each fork would look at it, and free it, at its end."""
    gc.collect()
    gc.freeze()


def _memory(address, size):
    return memoryview((ctypes.c_char * size).from_address(address)).cast("B")


def _fail(given):
    """It would be confined already, had not a step of that failed."""
    step = given.failed_step.decode()
    raise OSError(given.error, f"{step}: {os.strerror(given.error)}")
