"""Makes boxes ahead of need: a pid and mount namespace whose first process only reaps.

Killing that first process ends everything in the box. The kernel reaps its children, because SIGCHLD is ignored.
It is spawned, since that copies no memory, as forking this program would.
"""

import os
import select
import signal

from . import channel, first_process
from . import system_calls as calls

_SCRATCH = "mode=1777,size={}m,nr_inodes={}"
_COVERS = ("/tmp/", "/dev/shm/")
_PRIVATE = calls.MOUNT_NOSUID | calls.MOUNT_NODEV
_TRACELESS = calls.MOUNT_NO_ACCESS_TIMES  # what was only read looks as it did
_PROCESS_VIEW = "hidepid=2,subset=pid"


class Furniture:
    """What each box has: room to write in, and what of the read-only world that room would cover."""

    def __init__(self, scratch_mb, scratch_files, readable, own_ids):
        # The view is of all boxes; it shows a snippet its own processes where those have an id of their own.
        self.process_view = own_ids
        self.scratch = _SCRATCH.format(scratch_mb, scratch_files)
        self.covered = [path for path in readable if path.startswith(_COVERS)]


def serve(connection, furniture):
    """Makes boxes as they are ordered and announces each by pid with its pidfd and the folders in it, and each death."""
    calls.drop_capability_bounds()
    alive = {}
    ordered = 0
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    home = os.pidfd_open(os.getppid())
    first = first_process.command()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        for _ in range(ordered):
            pid, handle, rooms = _make_box(home, furniture, first)
            alive[handle] = pid
            poll.register(handle, select.POLLIN)
            channel.send(connection, {"box": pid}, [handle, *rooms])
            for room in rooms:
                os.close(room)
        ordered = 0
        for ready, _ in poll.poll():
            if ready == connection.fileno():
                ordered += _order(connection)
                continue
            poll.unregister(ready)
            os.close(ready)
            channel.send(connection, {"dead": alive.pop(ready)})


def _order(connection):
    """How many more boxes are wanted."""
    message, _ = channel.receive(connection)
    if message is None:
        os._exit(0)
    return message["make"]


def try_one():
    """Makes a box and ends it, without a way back home: for the probe."""
    first = first_process.command()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    pid, handle, rooms = _make_box(None, Furniture(1, 16, [], own_ids=True), first)
    os.kill(pid, signal.SIGKILL)
    for descriptor in (handle, *rooms):
        os.close(descriptor)


def _make_box(home, furniture, first):
    """Puts the first process into new namespaces, furnishes them from outside and goes back home."""
    calls.unshare(calls.NEW_PIDS | calls.NEW_MOUNTS)
    try:
        pid = os.posix_spawn(*first, {})  # while its program can be reached by /proc
        _mount_scratch(furniture)
        _mount_process_view(furniture)
        rooms = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY) for folder in _COVERS]
    finally:
        if home is not None:
            calls.setns(home, calls.NEW_PIDS | calls.NEW_MOUNTS)
    return pid, os.pidfd_open(pid), rooms


def _mount_scratch(furniture):
    """Private room to write in; an interpreter that lies below it stays in sight, read-only as it was."""
    kept = [(path, os.open(path, os.O_PATH)) for path in furniture.covered]
    for folder in _COVERS:
        calls.mount("scratch", folder, "tmpfs", _PRIVATE | _TRACELESS, furniture.scratch)
    for path, handle in kept:
        os.makedirs(path)
        calls.mount(f"/proc/self/fd/{handle}", path, None, calls.MOUNT_BIND | calls.MOUNT_RECURSIVE)
        os.close(handle)


def _mount_process_view(furniture):
    """A /proc with the snippet's own processes; where that cannot be had, an empty one."""
    try:
        if furniture.process_view:
            calls.mount("proc", "/proc", "proc", _PRIVATE | calls.MOUNT_NOEXEC, _PROCESS_VIEW)
            return
    except PermissionError:
        pass
    calls.mount("empty", "/proc", "tmpfs", _PRIVATE, "mode=555,size=4k")
