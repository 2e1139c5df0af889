"""The descriptors that a snippet is started with: code, input, both ends of the output."""

import fcntl
import os

_SET_PIPE_SIZE = 1031  # fcntl.F_SETPIPE_SZ, from Python 3.10
_PIPE_BYTES = 1 << 20


def opened(header, body):
    """[source, input, output's writing end, output's reading end]; the caller closes them.

    The source is the code and, behind it, the contents of the files that the snippet is given.
    """
    size, stdin_size = header["sourceBytes"], header["stdinBytes"]
    made = []
    try:
        made.append(memory_file(body[:size]))
        made.append(_nothing() if stdin_size is None else memory_file(body[size:]))
        reader, writer = _wide_pipe()
    except OSError:
        for descriptor in made:
            os.close(descriptor)
        raise
    return [*made, writer, reader]


def _wide_pipe():
    """Who prints much is not held up while nobody reads for a moment."""
    reader, writer = os.pipe()
    try:
        fcntl.fcntl(writer, _SET_PIPE_SIZE, _PIPE_BYTES)
    except OSError:
        pass  # no room for more than the usual 64 KB
    return reader, writer


def _nothing():
    return os.open("/dev/null", os.O_RDONLY)


def memory_file(content):
    descriptor = os.memfd_create("snippet", os.MFD_CLOEXEC)
    view = memoryview(content)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        os.close(descriptor)
        raise
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
