# Stands in for the solver pycosat where it could not be compiled (it needs Python's headers), so that
# reasoning_gym can be imported; the one family of problems that needs it says so when it is asked for.


def itersolve(*_arguments, **_options):
    raise RuntimeError(
        "this family of problems needs pycosat, which could not be compiled: install Python's headers "
        "(Debian and Ubuntu: apt-get install python3-dev), remove the Python environment from the cache "
        "folder (retool-rl doctor names it) and run the set-up again"
    )


solve = itersolve
