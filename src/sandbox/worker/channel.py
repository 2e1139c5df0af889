"""Messages with descriptors between our own processes: JSON over a packet socket."""

import array
import json
import socket

_LARGEST = 131072
_MOST_DESCRIPTORS = 8


def pair():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(connection, message, descriptors=()):
    rights = []
    if descriptors:
        packed = array.array("i", descriptors)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, packed)]
    connection.sendmsg([json.dumps(message, separators=(",", ":")).encode()], rights)


def receive(connection):
    """(message, descriptors), or (None, []) when the other side is gone."""
    space = socket.CMSG_SPACE(_MOST_DESCRIPTORS * 4)
    data, ancillary, _, _ = connection.recvmsg(_LARGEST, space, socket.MSG_CMSG_CLOEXEC)
    descriptors = array.array("i")
    for level, kind, packed in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(packed[: len(packed) - len(packed) % 4])
    return (json.loads(data), list(descriptors)) if data else (None, list(descriptors))
