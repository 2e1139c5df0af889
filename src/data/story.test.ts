import { expect, test } from 'vitest'
import { present } from '../base/check.ts'
import { stories } from './stories.ts'
import { tellStory } from './story.ts'

test('a story repeats for its seed and index and changes with either', () => {
  const story = present(stories[0], 'a story')
  expect(tellStory(story, 1, 5)).toEqual(tellStory(story, 1, 5))
  expect(tellStory(story, 1, 5).question).not.toBe(tellStory(story, 1, 6).question)
  expect(tellStory(story, 1, 5).question).not.toBe(tellStory(story, 2, 5).question)
})

test('every answer is what its formula gives, a positive whole number, and every quantity is told', () => {
  for (const story of stories) {
    for (let index = 0; index < 60; index++) {
      const problem = tellStory(story, 7, index)
      const quantities = problem.metadata?.['quantities'] as Record<string, number>
      const expression = story.formula
        .replace('//', '/')
        .replace(/[a-zA-Z]+/g, (name) => String(quantities[name]))
      expect(problem.answer).toBe(String(new Function(`return ${expression}`)()))
      expect(Number(problem.answer)).toBeGreaterThan(0)
      for (const value of Object.values(quantities)) {
        expect(problem.question).toContain(String(value))
      }
      expect(problem.question).not.toMatch(/[{}]/)
    }
  }
})
