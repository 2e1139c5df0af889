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


def opened_folder():
    """A descriptor by which our own files are found where they are out of sight."""
    return os.open(_FOLDER, os.O_PATH | os.O_DIRECTORY)


def can_start():
    """Whether the interpreter can be started where we are now: it, or a library of it, may be out of sight."""
    silent = [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
    try:
        pid = os.posix_spawn(sys.executable, [sys.executable, "-S", "-c", ""], os.environ, file_actions=silent)
    except OSError:
        return False
    return os.waitpid(pid, 0)[1] == 0


def become_zygote(connection, settings, folder):
    """Never returns."""
    for descriptor in (connection.fileno(), folder):
        os.set_inheritable(descriptor, True)
    descriptors = [str(connection.fileno()), str(folder)]
    program = f"/proc/self/fd/{folder}/{_PACKAGE}/main.py"
    command = [sys.executable, "-s", "-B", program, "zygote", json.dumps(settings), *descriptors]
    os.execv(sys.executable, command)


def connection_and_folder(arguments):
    """What `become_zygote` gave, on the other side of it."""
    connection, folder = (int(number) for number in arguments)
    return socket.socket(fileno=connection), folder
