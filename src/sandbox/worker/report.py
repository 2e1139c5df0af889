"""What a child tells of itself: its exception. It is text in shared memory without a descriptor.

A snippet could forge it, and would gain nothing: whether it ended well is the kernel's word.
"""

import json
import struct

SIZE = 65536
SIZE_WITH_FILES = 32 << 20
_HEADER = struct.Struct("I")


def write(shared, content):
    encoded = json.dumps(content).encode()
    if len(encoded) + _HEADER.size > len(shared):
        encoded = json.dumps({"exception": content.get("exception")}).encode()
    shared[: _HEADER.size + len(encoded)] = _HEADER.pack(len(encoded)) + encoded


def read(shared):
    """The written object, or None where there is none or it is not one."""
    (length,) = _HEADER.unpack(shared[: _HEADER.size])
    if not 0 < length <= len(shared) - _HEADER.size:
        return None
    try:
        content = json.loads(shared[_HEADER.size : _HEADER.size + length])
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
