"""The descriptors that a snippet is started with: code, input, both ends of the output."""

import os
import tempfile


def opened(header, body):
    """[code, input, output's writing end, output's reading end]; the caller closes them."""
    size = header["codeBytes"]
    code = memory_file(body[:size])
    given = memory_file(body[size:]) if header["stdin"] else os.open("/dev/null", os.O_RDONLY)
    reader, writer = os.pipe()
    return [code, given, writer, reader]


def memory_file(content):
    descriptor = _empty_file()
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _empty_file():
    if hasattr(os, "memfd_create"):
        return os.memfd_create("snippet", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
