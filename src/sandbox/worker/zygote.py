"""A process with the libraries imported and warm, of which each snippet is a fork.

It runs no code of a snippet itself. Orders come over a packet socket with their descriptors; the end of each
fork is told with its exit status, its use of the machine, and what its harness reported.
"""

import gc
import importlib
import os
import traceback

from . import arenas, channel, confine, fork_loop, forks, given_files, harness, huge_pages, mappings
from . import native_fork_loop, session, spare, warm_up
from . import system_calls as calls


def serve(connection, settings, library=None):
    """Never returns. `settings`: tier, processes, readable, preload, preloadMayLack.

    `library` is what is compiled of a zygote, or None.
    """
    if settings["tier"] in confine.NAMESPACED:
        calls.drop_capability_bounds()
    stretch = None if library is None else arenas.Stretch(library)
    _warm(settings)
    if stretch is not None:
        stretch.settle()
    _settle()
    place = confine.Confinement(settings["tier"], settings["processes"], settings["readable"])
    own_namespace = os.pidfd_open(os.getpid()) if place.namespaced else None
    fork, main = forks.stop_watching(), harness.prepare()
    channel.send(connection, {"ready": os.getpid()})
    if library is not None and fork is forks.plain_fork:
        birth = native_fork_loop.await_birth(library, connection, place, own_namespace)
    else:
        birth = fork_loop.await_birth(connection, place, own_namespace, fork)
    _be_snippet(birth, main)


def _warm(settings):
    for name in settings["preload"]:
        try:
            importlib.import_module(name)
        except ImportError as problem:
            if not settings["preloadMayLack"]:
                raise SystemExit(f"preload: {name}: {problem}") from None
    if settings["preload"]:
        warm_up.run()


def _settle():
    """Brings memory into the shape in which a fork is quickest."""
    gc.collect()
    gc.freeze()
    mappings.join()
    huge_pages.settle()


def _be_snippet(birth, main):
    message, report = birth.message, birth.report
    status = harness.SET_UP_FAILED
    try:
        birth.confine()
        harness.seed_generators(message["seed"])
        if "session" in message:
            status = session.keep(birth.descriptors[-1], main, message, report)
        else:
            status = _run_program(birth, main)
    except BaseException:
        report.write({"setUp": traceback.format_exc()})
    finally:
        os._exit(status)


def _run_program(birth, main):
    message, (code, standard_input, output) = birth.message, birth.descriptors[:3]
    if "spare" in message:
        program, (code, standard_input, output) = spare.awaited(birth.descriptors[-1])
        message = {**message, **program}
    source = given_files.unpack(code, message)
    confine.only_standard(standard_input, output)
    status = harness.run(main, source, message, birth.report)
    given_files.fetch(message["scratch"], message["fetch"], birth.report)
    return status
