"""Goes on as a fresh interpreter, whose memory has no past.

A fork enters each of its mappings into the books of every ancestor that the mapping was forked from. A zygote that is
itself a fork of a fork has three, so each snippet would be entered four times, and the libraries' mappings could
not be joined (`mappings`): measured, 131 of them instead of 101, and a snippet took a sixth longer.
"""

import json
import os
import socket
import sys

_FOLDER, _PACKAGE = os.path.split(os.path.dirname(os.path.abspath(__file__)))


def opened(library):
    """Descriptors of what is out of sight where a zygote starts: our own files and, unless None, the library."""
    descriptors = [os.open(_FOLDER, os.O_PATH | os.O_DIRECTORY)]
    try:
        if library is not None:
            descriptors.append(os.open(library, os.O_RDONLY))
    except OSError:
        pass  # somebody has emptied the cache; it can be done without
    return descriptors


def can_start():
    """Whether the interpreter can be started where we are now: it, or a library of it, may be out of sight."""
    silent = [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
    try:
        pid = os.posix_spawn(sys.executable, [sys.executable, "-S", "-c", ""], os.environ, file_actions=silent)
    except OSError:
        return False
    return os.waitpid(pid, 0)[1] == 0


def become_zygote(connection, settings, descriptors):
    """Never returns. `descriptors` are those that were `opened`."""
    passed = [connection.fileno(), *descriptors]
    for descriptor in passed:
        os.set_inheritable(descriptor, True)
    program = f"/proc/self/fd/{descriptors[0]}/{_PACKAGE}/main.py"
    command = [sys.executable, "-s", "-B", program, "zygote", json.dumps(settings), *map(str, passed)]
    os.execv(sys.executable, command)


def taken_over(arguments):
    """(connection, descriptor of the library or None) of those that `become_zygote` passed; the folder is closed."""
    connection, folder, *library = (int(number) for number in arguments)
    os.close(folder)
    return socket.socket(fileno=connection), library[0] if library else None
