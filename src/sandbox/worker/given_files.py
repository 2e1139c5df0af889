"""Files that a snippet is given before it runs, and those that are wanted of it afterwards."""

import base64
import os
import stat

_LARGEST = 16 << 20


def unpack(descriptor, message):
    """Writes the files into the working folder, as the snippet's own user; returns the code."""
    content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    at = message["codeBytes"]
    for path, size in message["files"]:
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        with open(path, "wb") as file:
            file.write(content[at : at + size])
        at += size
    return content[: message["codeBytes"]].decode("utf-8", "replace")


def fetch(folder, paths, report):
    """Adds regular files of at most 16 MB together to the report; what is not there is left out."""
    if not paths:
        return
    found, room = {}, _LARGEST
    for path in paths:
        content = _content(os.path.join(folder, path), room)
        if content is not None:
            room -= len(content)
            found[path] = base64.b64encode(content).decode()
    report.add({"files": found})


def _content(path, room):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_size > room:
            return None
        return os.pread(descriptor, about.st_size, 0)
    finally:
        os.close(descriptor)
