"""A place in which a program runs, seen from the supervisor."""

import os
import signal

_EXITING = 0x4  # PF_EXITING


class Box:
    """A handle by which everything in a box, or a child without one, is ended."""

    def __init__(self, handle, pid=None, rooms=()):
        self.pid = pid
        self._handle = handle
        self._rooms = rooms
        self._unused = [_traces(room) for room in rooms]

    def is_untouched(self):
        """Whether its rooms are as they were made: nothing was ever written, not even for a while."""
        return self.pid is not None and self._unused == [_traces(room) for room in self._rooms]

    def descriptor(self):
        return self._handle

    def kill(self):
        try:
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def is_ending(self):
        """Whether its first process was killed by somebody else: then what is in it was killed too."""
        try:
            with open(f"/proc/self/fdinfo/{self._handle}") as lines:
                pid = next(line.split()[1] for line in lines if line.startswith("Pid:"))
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except (OSError, StopIteration):
            return True
        return bool(int(fields[6]) & _EXITING)

    def close(self):
        for descriptor in (self._handle, *self._rooms):
            os.close(descriptor)


def _traces(room):
    """What changes for good when anything is written into a folder, or left below it."""
    space, folder = os.fstatvfs(room), os.stat(room)
    return space.f_bfree, space.f_ffree, folder.st_mtime_ns, folder.st_ctime_ns
