"""A folder for snippets where there are no boxes: looked after while one runs, emptied after it.

Snippets nest folders deeper than a path or a recursion can reach, so nothing here follows them down.
"""

import fcntl
import os
import tempfile

_PREFIX = "retool-sandbox-"
_LONGEST_PATH = 600


class ScratchFolder:
    """One snippet's at a time."""

    def __init__(self, path, user):
        self.path = path
        os.mkdir(path, 0o700)
        if user is not None:
            os.chown(path, user, user)

    def overfull(self, most_bytes, most_files):
        """Whether it holds more than it may, or goes deeper than anybody needs."""
        waiting, size, files = [self.path], 0, 0
        while waiting:
            for entry in _entries(waiting.pop()):
                files += 1
                size += _allocated(entry)
                if _is_folder(entry):
                    waiting.append(entry.path)
                if size > most_bytes or files > most_files or len(entry.path) > _LONGEST_PATH:
                    return True
        return False

    def clean(self):
        empty(self.path)


class ScratchFolders:
    """The folder around the folders of one worker. A lock on it says that the worker lives."""

    def __init__(self):
        _remove_left_over(tempfile.gettempdir())
        self._path, self._lock = _own_folder()
        os.chmod(self._path, 0o711)

    def make(self, number, user):
        return ScratchFolder(os.path.join(self._path, str(number)), user)

    def remove(self):
        _remove(self._path)
        os.close(self._lock)


def empty(path):
    """Whatever is in it. Folders within folders are first moved up, so that no path gets long."""
    moved = 0
    while True:
        entries = list(_entries(path))
        if not entries:
            return
        for entry in entries:
            if not _is_folder(entry):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, 0o700)
            for inner in list(_entries(entry.path)):
                if _is_folder(inner):
                    moved += 1
                    os.rename(inner.path, os.path.join(path, f".moved-{os.getpid()}-{moved}"))
                else:
                    os.unlink(inner.path)
            os.rmdir(entry.path)


def _remove(path):
    try:
        empty(path)
        os.rmdir(path)
    except OSError:
        pass


def _own_folder():
    """A new folder and its lock. Whoever clears up takes one without a lock for left over."""
    while True:
        path = tempfile.mkdtemp(prefix=_PREFIX)
        try:
            lock = _locked(path)
        except FileNotFoundError:
            continue
        if lock is not None and os.path.exists(path):
            return path, lock
        if lock is not None:
            os.close(lock)


def _remove_left_over(parent):
    """Folders of workers that were killed; others may be at it, too."""
    for entry in _entries(parent):
        if not entry.name.startswith(_PREFIX):
            continue
        try:
            own = entry.stat(follow_symlinks=False).st_uid == os.geteuid()
            lock = _locked(entry.path) if own else None
        except OSError:
            continue
        if lock is not None:
            _remove(entry.path)
            os.close(lock)


def _locked(path):
    """A descriptor that holds the lock, or None where somebody else does."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor
    except OSError:
        os.close(descriptor)
        return None


def _entries(path):
    """Nothing where it cannot be read: what a snippet cannot enter again, it cannot fill either."""
    try:
        with os.scandir(path) as entries:
            yield from entries
    except OSError:
        return


def _is_folder(entry):
    return entry.is_dir(follow_symlinks=False)


def _allocated(entry):
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return 0
