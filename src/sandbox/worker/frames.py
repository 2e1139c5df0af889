"""Messages between the supervisor and its client: two lengths, a JSON header, a body of bytes."""

import json
import struct

_LENGTHS = struct.Struct("<II")


def encode(header, body=b""):
    text = json.dumps(header, separators=(",", ":")).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


class Reader:
    """Feed bytes, take whole frames."""

    def __init__(self):
        self._buffer = bytearray()

    def feed(self, chunk):
        self._buffer += chunk
        while len(self._buffer) >= _LENGTHS.size:
            header_size, body_size = _LENGTHS.unpack_from(self._buffer)
            end = _LENGTHS.size + header_size + body_size
            if len(self._buffer) < end:
                return
            text = bytes(self._buffer[_LENGTHS.size : _LENGTHS.size + header_size])
            body = bytes(self._buffer[_LENGTHS.size + header_size : end])
            del self._buffer[:end]
            yield json.loads(text), body
