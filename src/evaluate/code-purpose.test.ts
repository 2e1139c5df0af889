import { expect, test } from 'vitest'
import { type CodePurpose, codePurpose } from './code-purpose.ts'

const expected: readonly [CodePurpose, string][] = [
  ['calculation', 'a = 48 / 2\nprint(48 + a)'],
  ['calculation', 'total = sum([1, 2, 3])\nprint(total)'],
  ['calculation', 'import math\nprint(math.gcd(12, 18))'],
  ['symbolic', "from sympy import symbols, solve\nx = symbols('x')\nprint(solve(x**2 - 2, x))"],
  ['verification', 'x = 7\nassert x ** 2 == 49'],
  ['verification', 'print(3 * 4 == 12)'],
  ['enumeration', 'n = 0\nfor a in range(10):\n    if a % 3 == 0:\n        n += 1\nprint(n)'],
  ['enumeration', 'from itertools import permutations\nprint(len(list(permutations("abc"))))'],
  ['enumeration', 'print(len([a for a in range(100) if a % 7 == 1]))'],
  ['search', 'n = 639\nwhile n % 2:\n    n += 1\nprint(n)'],
  ['search', 'def f(n):\n    return 1 if n < 2 else f(n - 1) + f(n - 2)\nprint(f(9))'],
  ['simulation', 'import random\nprint(sum(random.random() < 0.5 for _ in range(100)))'],
  ['numeric', 'import numpy as np\nprint(np.linalg.det(np.eye(2)))'],
  ['text', 'print("ammonia"[::-1])'],
  ['none', 'x = 5'],
  ['none', ''],
]

test.each(expected)('%s: %s', (purpose, code) => {
  expect(codePurpose(code)).toBe(purpose)
})

test('comments and strings are no code', () => {
  expect(codePurpose('# assert random.random()\nprint("import sympy", 1 + 2)')).toBe('calculation')
})
