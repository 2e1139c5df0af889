"""The loop of a zygote in C, `fork_loop.c`, which leaves the interpreter's memory as it is between two forks."""

import ctypes
import marshal
import os

from . import orders, report
from .birth import Birth

_MOST_DESCRIPTORS = 12


class _Place(ctypes.Structure):
    _fields_ = (("own_address_bytes", ctypes.c_uint64), ("filter", ctypes.c_void_p))


class _Birth(ctypes.Structure):
    _fields_ = (
        ("order", ctypes.c_void_p),
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
    boxed = None
    if place.namespaced:
        boxed = ctypes.byref(_Place(place.address_space, place.filter.address))
    namespace = -1 if own_namespace is None else own_namespace
    result = library.serve_forks(connection.fileno(), namespace, boxed, ctypes.byref(given))
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    data = ctypes.string_at(given.order, given.order_bytes)
    descriptors = given.descriptors[: given.descriptor_count]
    if boxed is None:
        message, confine = _confining_itself(place, orders.unpacked(data), descriptors)
    else:
        message, confine = marshal.loads(data[given.message_at :]), lambda: _check(given)
    return Birth(message, descriptors, _report(library, given), confine)


def _confining_itself(place, order, descriptors):
    return order.message, lambda: place.enter(order, descriptors)


def _check(given):
    """It is confined already, unless a step of that failed."""
    if given.failed_step is not None:
        step = given.failed_step.decode()
        raise OSError(given.error, f"{step}: {os.strerror(given.error)}")


def _report(library, given):
    shared = (ctypes.c_char * given.report_bytes).from_address(given.report)
    return report.Report(memoryview(shared).cast("B"), lambda: library.mark_beginning(ctypes.byref(given)))
