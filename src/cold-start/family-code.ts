// Code that solves a problem of a reasoning-gym family, in several ways.

import type { Problem } from '../data/problem.ts'

/** What a demonstration says and the ways in which it may be programmed. */
export interface FamilyPlan {
  readonly plans: readonly string[]
  readonly programs: readonly string[]
}

const text = (problem: Problem, key: string): string => String(problem.metadata?.[key] ?? '')

const list = (problem: Problem, key: string): readonly string[] => {
  const value = problem.metadata?.[key]
  return Array.isArray(value) ? value.map(String) : []
}

/** Plans by family; undefined where the problem's form is not one the rule knows. */
export const familyPlans: Readonly<Record<string, (problem: Problem) => FamilyPlan | undefined>> = {
  products: (problem) => arithmetic(text(problem, 'expression'), 'product'),
  chain_sum: (problem) => arithmetic(text(problem, 'expression'), 'total'),
  basic_arithmetic: (problem) => wholeNumber(text(problem, 'expression')),
  decimal_chain_sum: (problem) => decimals(text(problem, 'expression')),
  gcd: (problem) => commonDivisor(list(problem, 'numbers')),
  lcm: (problem) => commonMultiple(list(problem, 'numbers')),
  prime_factorization: (problem) => primeFactors(text(problem, 'number')),
  base_conversion: (problem) =>
    inBase(
      text(problem, 'source_repr'),
      text(problem, 'source_base'),
      text(problem, 'target_base'),
    ),
  time_intervals: duration,
  count_bits: (problem) => bits(text(problem, 'number')),
  letter_counting: (problem) => letters(list(problem, 'span'), text(problem, 'target_letter')),
  spell_backward: (problem) => backward(text(problem, 'word')),
}

function arithmetic(expression: string, name: string): FamilyPlan | undefined {
  if (!/^[\d\s+*-]+$/.test(expression)) return undefined
  const numbers = expression.split(/\s*[+*-]\s*/)
  const variables = numbers.map((_, index) => 'abcdefgh'[index] ?? `x${index}`)
  const symbolic = expression.split(/(\s*[+*-]\s*)/)
  const named = symbolic.map((part, index) => (index % 2 ? part : variables[index / 2])).join('')
  const assignments = numbers.map((number, index) => `${variables[index]} = ${number}`)
  return {
    plans: ['', `I evaluate ${expression}.`, `We need the ${name} of these numbers.`],
    programs: [
      `print(${expression})`,
      `${name} = ${expression}\nprint(${name})`,
      `result = ${expression}\nprint(result)`,
      `${assignments.join('\n')}\nprint(${named})`,
    ],
  }
}

function wholeNumber(expression: string): FamilyPlan | undefined {
  if (!/^[\d\s+*/()-]+$/.test(expression)) return undefined
  return {
    plans: ['', `I evaluate ${expression}.`, 'Python follows the order of operations.'],
    programs: [
      `print(int(${expression}))`,
      `value = ${expression}\nprint(int(value))`,
      `result = int(${expression})\nprint(result)`,
    ],
  }
}

function decimals(expression: string): FamilyPlan | undefined {
  if (!/^[\d\s.+-]+$/.test(expression)) return undefined
  const places = Math.max(...expression.split(/[\s+-]+/).map((n) => n.split('.')[1]?.length ?? 0))
  return {
    plans: ['', `I evaluate ${expression}.`, `The numbers have up to ${places} decimals.`],
    programs: [
      `print(round(${expression}, ${places}))`,
      `result = ${expression}\nprint(f"{result:.${places}f}")`,
      `total = round(${expression}, ${places})\nprint(total)`,
    ],
  }
}

function commonDivisor(numbers: readonly string[]): FamilyPlan | undefined {
  const [a, b] = numbers
  if (numbers.length !== 2 || a === undefined || b === undefined) return undefined
  return {
    plans: ['', `I need the greatest common divisor of ${a} and ${b}.`, 'The math module has gcd.'],
    programs: [
      `import math\nprint(math.gcd(${a}, ${b}))`,
      `from math import gcd\nprint(gcd(${a}, ${b}))`,
      `import math\na = ${a}\nb = ${b}\nprint(math.gcd(a, b))`,
      `a, b = ${a}, ${b}\nwhile b:\n    a, b = b, a % b\nprint(a)`,
    ],
  }
}

function commonMultiple(numbers: readonly string[]): FamilyPlan | undefined {
  const [a, b] = numbers
  if (numbers.length !== 2 || a === undefined || b === undefined) return undefined
  return {
    plans: ['', `I need the least common multiple of ${a} and ${b}.`, 'The math module has lcm.'],
    programs: [
      `import math\nprint(math.lcm(${a}, ${b}))`,
      `from math import gcd\nprint(${a} * ${b} // gcd(${a}, ${b}))`,
      `import math\na = ${a}\nb = ${b}\nprint(math.lcm(a, b))`,
    ],
  }
}

function primeFactors(number: string): FamilyPlan | undefined {
  if (!/^\d+$/.test(number)) return undefined
  return {
    plans: [
      '',
      `I divide ${number} by its smallest factor again and again.`,
      'Trial division finds the prime factors.',
    ],
    programs: [
      `n = ${number}\nfactors = []\nd = 2\nwhile n > 1:\n    if n % d == 0:\n        factors.append(str(d))\n        n //= d\n    else:\n        d += 1\nprint(" × ".join(factors))`,
      `n = ${number}\nfactors = []\nd = 2\nwhile n > 1:\n    while n % d == 0:\n        factors.append(d)\n        n = n // d\n    d += 1\nprint(" × ".join(str(f) for f in factors))`,
      `from sympy import factorint\nfactors = []\nfor p, k in factorint(${number}).items():\n    factors += [str(p)] * k\nprint(" × ".join(factors))`,
    ],
  }
}

function inBase(digits: string, from: string, to: string): FamilyPlan | undefined {
  if (!/^[\da-z]+$/.test(digits) || !/^\d+$/.test(from) || !/^\d+$/.test(to)) return undefined
  const alphabet = Number(to) > 10 ? '"0123456789abcdef"[n % base]' : 'str(n % base)'
  return {
    plans: [
      '',
      `I read ${digits} in base ${from} and write it in base ${to}.`,
      `First the value of ${digits} in base ${from}, then its digits in base ${to}.`,
    ],
    programs: [
      `n = int("${digits}", ${from})\nbase = ${to}\ndigits = ""\nwhile n > 0:\n    digits = ${alphabet} + digits\n    n //= base\nprint(digits)`,
      `base = ${to}\nn = int("${digits}", ${from})\nout = []\nwhile n:\n    out.append(${alphabet})\n    n = n // base\nprint("".join(reversed(out)))`,
    ],
  }
}

function duration(problem: Problem): FamilyPlan | undefined {
  const found =
    /(\d\d:\d\d(?::\d\d)?) and [a-z ]*?(\d\d:\d\d(?::\d\d)?)|from (\d\d:\d\d(?::\d\d)?) to (\d\d:\d\d(?::\d\d)?)/.exec(
      problem.question,
    )
  const start = found?.[1] ?? found?.[3]
  const end = found?.[2] ?? found?.[4]
  if (!start || !end || !/HH:MM(:SS)?\.$/.test(problem.question)) return undefined
  const seconds = problem.question.endsWith('HH:MM:SS.')
  const format = start.length > 5 ? '%H:%M:%S' : '%H:%M'
  const last = seconds ? ':{s % 60:02d}' : ''
  const clock = (time: string) => {
    const [h, m, s] = time.split(':').map(Number)
    return `${h} * 3600 + ${m} * 60${s === undefined ? '' : ` + ${s}`}`
  }
  return {
    plans: ['', `I subtract ${start} from ${end}.`, 'The difference of the two times is needed.'],
    programs: [
      `from datetime import datetime\na = datetime.strptime("${start}", "${format}")\nb = datetime.strptime("${end}", "${format}")\ns = (b - a).seconds\nprint(f"{s // 3600:02d}:{s % 3600 // 60:02d}${last}")`,
      `start = ${clock(start)}\nend = ${clock(end)}\ns = end - start\nprint(f"{s // 3600:02d}:{s % 3600 // 60:02d}${last}")`,
    ],
  }
}

function bits(number: string): FamilyPlan | undefined {
  if (!/^\d+$/.test(number)) return undefined
  return {
    plans: ['', `I write ${number} in binary and count the ones.`],
    programs: [`print(bin(${number}).count("1"))`, `n = ${number}\nprint(bin(n).count("1"))`],
  }
}

function letters(words: readonly string[], letter: string): FamilyPlan | undefined {
  const span = words.join(' ')
  if (!/^[\w\s'.,;-]+$/.test(span) || !/^\w$/.test(letter)) return undefined
  return {
    plans: ['', `I count the letter ${letter} in the text.`],
    programs: [
      `text = ${JSON.stringify(span)}\nprint(text.lower().count("${letter}"))`,
      `print(sum(1 for c in ${JSON.stringify(span)}.lower() if c == "${letter}"))`,
    ],
  }
}

function backward(word: string): FamilyPlan | undefined {
  if (!/^\w+$/.test(word)) return undefined
  return {
    plans: ['', `I reverse the word ${word}.`],
    programs: [`print("${word}"[::-1])`, `word = "${word}"\nprint("".join(reversed(word)))`],
  }
}
