// Numeric and sympy programs of two hundred lines and more, put together from pieces by a seed.

type Draw = (least: number, most: number) => number
/** Statements that print; `n` keeps their names apart. */
type Piece = (n: number, draw: Draw) => string

const pieces: readonly Piece[] = [
  (n, draw) => `def collatz_${n}(start):
    steps, highest = 0, start
    while start != 1:
        start = start // 2 if start % 2 == 0 else 3 * start + 1
        steps += 1
        highest = max(highest, start)
    return steps, highest

for start in range(${draw(2, 20)}, ${draw(30, 60)}, ${draw(2, 5)}):
    print("collatz", start, *collatz_${n}(start))`,
  (
    n,
    draw,
  ) => `primes_${n} = [p for p in range(2, ${draw(100, 400)}) if all(p % d for d in range(2, int(p**0.5) + 1))]
print(len(primes_${n}), sum(primes_${n}), primes_${n}[-5:])
gaps_${n} = collections.Counter(b - a for a, b in zip(primes_${n}, primes_${n}[1:]))
for gap, count in sorted(gaps_${n}.items()):
    print(f"{gap:>4} {count:>4} {count / len(primes_${n}):.6%}")`,
  (n, draw) => `total_${n} = fractions.Fraction(0)
for k in range(1, ${draw(10, 40)}):
    total_${n} += fractions.Fraction((-1) ** k, k * k + ${draw(1, 9)})
print(total_${n}, float(total_${n}), total_${n}.limit_denominator(1000))
decimal.getcontext().prec = ${draw(20, 60)}
print(decimal.Decimal(${draw(2, 99)}).sqrt(), decimal.Decimal(1) / decimal.Decimal(${draw(3, 97)}))`,
  (n, draw) => `rng_${n} = np.random.default_rng(${draw(0, 10_000)})
a_${n} = rng_${n}.normal(size=(${draw(3, 6)}, 4))
print(a_${n})
print(np.round(np.linalg.svd(a_${n}, compute_uv=False), 10))
print(a_${n}.T @ a_${n}, a_${n}.mean(axis=0), a_${n}.std(axis=1, ddof=1))
print(repr(np.sort(a_${n}, axis=None)[:5]), a_${n}.argmax(), np.isfinite(a_${n}).all())`,
  (
    n,
    draw,
  ) => `m_${n} = np.array([[${draw(2, 9)}.0, 1, 0], [1, ${draw(10, 19)}, 2], [0, 2, ${draw(20, 29)}]])
print(np.linalg.eigvalsh(m_${n}), np.linalg.det(m_${n}), np.linalg.inv(m_${n}))
print(np.linalg.solve(m_${n}, np.arange(3)), np.linalg.cond(m_${n}), np.trace(m_${n}))
print(np.fft.fft(np.arange(${draw(4, 9)})), np.polyfit([0, 1, 2, 3], [1, 3, 7, ${draw(10, 15)}], 2))`,
  (_n, draw) => `x, y, z = sympy.symbols("x y z")
print(sympy.solve(x**2 - ${draw(2, 30)}*x + ${draw(1, 20)}, x))
print(sympy.factor(x**${draw(4, 8)} - 1), sympy.expand((x + ${draw(2, 5)}*y)**${draw(3, 5)}))
print(sympy.integrate(x**${draw(1, 4)} * sympy.exp(-x), x), sympy.diff(sympy.sin(x**2) / x, x))
print(sympy.series(sympy.cos(${draw(1, 4)}*x), x, 0, 7), sympy.limit(sympy.sin(${draw(2, 9)}*x) / x, x, 0))`,
  (
    n,
    draw,
  ) => `k_${n} = sympy.Matrix([[${draw(1, 9)}, 2, 3], [4, ${draw(10, 19)}, 6], [7, 8, ${draw(20, 29)}]])
print(k_${n}.det(), k_${n}.inv(), k_${n}.rank())
sympy.pprint(k_${n})
print(sympy.latex(k_${n}), sympy.simplify(k_${n}.charpoly().as_expr()))
print(sympy.factorint(${draw(10_000, 999_999)}), sympy.totient(${draw(100, 999)}), sympy.nextprime(${draw(1000, 9999)}))`,
  (
    _n,
    draw,
  ) => `print(sympy.summation(sympy.Symbol("k")**${draw(2, 4)}, (sympy.Symbol("k"), 1, sympy.Symbol("n"))))
print(sympy.Rational(${draw(1, 9)}, ${draw(10, 19)}).evalf(${draw(20, 50)}), sympy.pi.evalf(${draw(30, 80)}))
print(sympy.nsimplify(0.1 * ${draw(2, 9)}), sympy.trigsimp(sympy.sin(sympy.Symbol("t"))**2 + sympy.cos(sympy.Symbol("t"))**2))
print(sympy.binomial(${draw(10, 40)}, ${draw(2, 9)}), sympy.fibonacci(${draw(50, 200)}), sympy.bernoulli(${draw(2, 20)}))`,
  (_n, draw) => `print(scipy.integrate.quad(lambda t: math.exp(-t * t), 0, ${draw(1, 5)})[0])
print(scipy.optimize.brentq(lambda t: t**3 - ${draw(2, 50)}, 0, 10), scipy.special.gamma(${draw(2, 9)}.5))
print(scipy.linalg.expm(np.array([[0.0, ${draw(1, 3)}.0], [0.0, 0.0]])), scipy.special.comb(${draw(10, 30)}, 5, exact=True))`,
  (n, draw) => `@dataclasses.dataclass(order=True)
class Point_${n}:
    x: float
    y: float = ${draw(1, 9)}.5

    def norm(self):
        return math.hypot(self.x, self.y)

points_${n} = [Point_${n}(i * 1.5 - ${draw(1, 5)}, i % ${draw(2, 5)}) for i in range(${draw(5, 12)})]
for point in sorted(points_${n}, key=Point_${n}.norm):
    print(point, round(point.norm(), 12))
print(max(points_${n}), dataclasses.asdict(points_${n}[0]))`,
  (n, draw) => `@functools.lru_cache(maxsize=None)
def ways_${n}(amount, coins):
    if amount == 0:
        return 1
    if amount < 0 or not coins:
        return 0
    return ways_${n}(amount - coins[0], coins) + ways_${n}(amount, coins[1:])

print([ways_${n}(amount, (1, 2, 5, 10, ${draw(11, 40)})) for amount in range(0, ${draw(40, 90)}, 7)])
print(ways_${n}.cache_info().hits > 0)`,
  (
    n,
    draw,
  ) => `for index_${n}, words in enumerate(itertools.islice(itertools.permutations("abcd"), ${draw(5, 20)})):
    text = "".join(words)
    print(f"{index_${n}:03d}|{text:^8}|{text[::-1]!r:>8}|{hash((index_${n}, 3)) % 7}")
try:
    [1, 2, 3][${draw(5, 9)}]
except IndexError as problem:
    print(type(problem).__name__, problem)
print(json.dumps({"n": ${draw(1, 99)}, "list": [1.5, None, True]}, sort_keys=True), re.findall(r"\\d+", "a1b22c${draw(100, 999)}"))`,
  (n, draw) => `random.seed(${draw(0, 999)})
walk_${n} = list(itertools.accumulate(random.choice([-1, 1]) for _ in range(${draw(50, 200)})))
print(walk_${n}[-1], min(walk_${n}), max(walk_${n}), statistics.pstdev(walk_${n}))
print(random.sample(range(100), 5), random.gauss(0, 1), random.shuffle([1]))
print(heapq.nlargest(3, walk_${n}), bisect.bisect(sorted(walk_${n}), 0), cmath.exp(1j * ${draw(1, 6)}))`,
]

const imports = `import bisect, cmath, collections, dataclasses, decimal, fractions, functools, heapq, itertools
import json, math, random, re, statistics
import numpy as np
import scipy.integrate, scipy.linalg, scipy.optimize, scipy.special
import sympy`
const fewestLines = 200

export function longProgram(seed: number): string {
  let state = (seed * 2654435761) >>> 0
  const draw: Draw = (least, most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return least + (state % (most - least + 1))
  }
  const parts = [imports]
  while (parts.join('\n').split('\n').length < fewestLines) {
    const piece = pieces[draw(0, pieces.length - 1)]
    if (piece) parts.push(piece(parts.length, draw))
  }
  return `${parts.join('\n')}\n`
}
