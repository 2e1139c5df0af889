"""Uses each library once, so that its caches and lazy imports are filled before the first snippet."""

import sys


def run():
    for name, use in (("numpy", _numpy), ("scipy", _scipy), ("sympy", _sympy)):
        if name in sys.modules:
            use()


def _numpy():
    import numpy

    numpy.linalg.solve(numpy.eye(3), numpy.ones(3))
    numpy.linalg.eigvals(numpy.eye(3))
    repr(numpy.arange(3.0))
    numpy.random.default_rng(0).normal(size=3)
    numpy.random.seed(0)


def _scipy():
    import scipy.integrate
    import scipy.linalg
    import scipy.optimize
    import scipy.special

    scipy.integrate.quad(lambda x: x, 0, 1)
    scipy.optimize.brentq(lambda x: x - 0.5, 0, 1)
    scipy.optimize.minimize(lambda x: (x[0] - 1) ** 2, [0.0])
    scipy.linalg.expm([[0.0, 1.0], [0.0, 0.0]])


def _sympy():
    import sympy

    x, y = sympy.symbols("x y")
    sympy.solve(x**2 - 3 * x + 2, x)
    sympy.solve([x + y - 3, x - y - 1], [x, y])
    sympy.factor(x**4 - 1)
    sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2)
    sympy.integrate(x * sympy.exp(x), x)
    sympy.diff(sympy.sin(x) / x, x)
    sympy.factorint(360)
    sympy.nsolve(sympy.cos(x) - x, x, 1)
    sympy.Rational(1, 3).evalf(30)
    sympy.Matrix([[1, 2], [3, 4]]).inv()
    str(sympy.sqrt(8) + sympy.pi)
