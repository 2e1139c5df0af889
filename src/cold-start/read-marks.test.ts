import { expect, test } from 'vitest'
import { handComputed } from './hand-computed.ts'
import { clips } from './problem.fixture.ts'
import { readMarks } from './read-marks.ts'

/** Expressions and results of the steps, or why there are none. */
function stepsOf(question: string, answer: string, solution: string) {
  const found = readMarks({ ...clips, question, answer, solution: `${solution}\n#### ${answer}` })
  if (found.kind === 'unreadable') return found.reason
  return found.calculation.steps.map(({ expression, result }) => `${expression}=${result}`)
}

test('the marks are the steps, named by the words that follow', () => {
  const found = readMarks(clips)
  expect(found).toMatchObject({
    kind: 'calculation',
    calculation: {
      steps: [
        {
          expression: '48/2',
          result: 24,
          name: 'clips_may',
          sentence: 'Natalia sold 48/2 clips in May.',
        },
        { expression: '48+24', result: 72 },
      ],
      ending: 'She sold {result} clips altogether.',
    },
  })
})

const unmarked: readonly (readonly [string, string, string, string, readonly string[]])[] = [
  [
    'what an unmarked line worked out becomes a step',
    'He makes $30000 and got a 10% raise.',
    '33000',
    'His raise is 30,000*.10 = $3,000.00\nHe makes 30,000+3,000 = $<<30000+3000=33000>>33,000.',
    ['30000*.10=3000', '30000+3000=33000'],
  ],
  [
    'units stand between numbers and signs',
    'Anna gets 14 pieces at each of 60 houses, Bill 11 at each of 75.',
    '15',
    'Anna: 14 pieces/house * 60 houses = 840 pieces\nBill: <<11*75=825>>825\nThat is 840-825=<<840-825=15>>15 more.',
    ['14*60=840', '11*75=825', '840-825=15'],
  ],
  [
    'signs are written as words and products without a sign',
    'He has 30 and 28, sold 86 and then twice as many.',
    '230',
    'He has 30 plus 28 equals 58.\nThen 86(2)=172.\nIn all 58+172=<<58+172=230>>230.',
    ['30+28=58', '86*(2)=172', '58+172=230'],
  ],
  [
    'a percentage is a fraction',
    'Of 200 apples 17% are bad.',
    '166',
    'Bad are 17% * 200 = 34 apples.\nGood are 200-34=<<200-34=166>>166.',
    ['(17/100)*200=34', '200-34=166'],
  ],
  [
    'the last step may be without a mark',
    'He sold 29 and 17 bags of 7kg.',
    '322',
    'He sold 29+17 = <<29+17=46>>46 bags.\n46 bags weigh 46*7kg = 322kg.',
    ['29+17=46', '46*7=322'],
  ],
  [
    'a bare mark has its calculation before it',
    'Ian jogs 500 feet on 5 days and burns one calory every 25 feet.',
    '100',
    'He jogs 500*5= <<2500=2500>>2500 feet.\nHe burns 2500/25=<<2500/25=100>>100.',
    ['500*5=2500', '2500/25=100'],
  ],
  [
    'a mark that calculates nothing is no step',
    'He earned 1956, she half of that.',
    '2934',
    'She earned 1956/2 = <<1956/2=978>>978.\nBoth 1956 + 978 = <<1956+978=2934>>2934, that is <<2934=2934>>2934.',
    ['1956/2=978', '1956+978=2934'],
  ],
]

test.each(unmarked)('%s', (_, question, answer, solution, steps) => {
  expect(stepsOf(question, answer, solution)).toEqual(steps)
})

test('a long solution without any calculation is read through', () => {
  const found = stepsOf('Which?', '23', '12 red ones and + '.repeat(2_000))
  expect(found).toBe('no calculator marks')
})

test('without a calculation there is a reason', () => {
  expect(stepsOf('Which?', '23', 'It is 23.')).toBe('no calculator marks')
  expect(stepsOf('Which?', '2', 'So <<x*2=4>>4.')).toBe('a mark that is no arithmetic')
})

test('weeks in days, millions and quarters of a dollar are given, not worked out', () => {
  expect(handComputed('14 * 25 + 3000000', ['two weeks, 3 million and 4 quarters'])).toEqual([])
  expect(handComputed('14 * 25 + 3000000', ['two days'])).toEqual([14, 25, 3_000_000])
})
