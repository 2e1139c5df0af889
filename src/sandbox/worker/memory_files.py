"""The descriptors that a snippet is started with: code, input, both ends of the output."""

import json
import os
import tempfile


def opened(header, body):
    """[source, input, output's writing end, output's reading end]; the caller closes them.

    The source is the code and, behind it, the contents of the files that the snippet is given.
    """
    size, stdin_size = header["sourceBytes"], header["stdinBytes"]
    code = memory_file(body[:size])
    given = os.open("/dev/null", os.O_RDONLY) if stdin_size is None else memory_file(body[size:])
    reader, writer = os.pipe()
    return [code, given, writer, reader]


def memory_file(content):
    descriptor = _empty_file()
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def json_file(content):
    return memory_file(json.dumps(content).encode())


def _empty_file():
    if hasattr(os, "memfd_create"):
        return os.memfd_create("snippet", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def read_report(descriptor):
    """A report too large for a message; closes the descriptor."""
    size = os.fstat(descriptor).st_size
    content = os.pread(descriptor, size, 0)
    os.close(descriptor)
    return json.loads(content)
