import { expect, test } from 'vitest'

import { OpenedTopics } from './opened-topics.ts'

function world(): { readonly topics: OpenedTopics<number>; readonly looks: string[]; away: boolean } {
  const looks: string[] = []
  const state = {
    looks,
    away: false,
    topics: new OpenedTopics(async (name) => {
      looks.push(name)
      await Promise.resolve()
      if (state.away) throw new Error('away')
      return looks.length
    }),
  }
  return state
}

test('a topic is looked at once, however many use it, and again when it was forgotten', async () => {
  const { topics, looks } = world()
  expect(await Promise.all([topics.get('a'), topics.get('a'), topics.get('b')])).toEqual([2, 2, 2])
  expect(await topics.get('a')).toBe(2)
  topics.forget('a')
  expect(await topics.get('a')).toBe(3)
  expect(looks).toEqual(['a', 'b', 'a'])
  topics.forgetAll()
  await Promise.all([topics.get('a'), topics.get('b')])
  expect(looks).toEqual(['a', 'b', 'a', 'a', 'b'])
})

test('one that is being looked at is not looked at twice for being forgotten', async () => {
  const { topics, looks } = world()
  const first = topics.get('a')
  topics.forget('a')
  topics.forgetAll()
  await Promise.all([first, topics.get('a')])
  expect(looks).toEqual(['a'])
})

test('one that could not be looked at is, the next time', async () => {
  const state = world()
  state.away = true
  await expect(state.topics.get('a')).rejects.toThrow('away')
  state.away = false
  expect(await state.topics.get('a')).toBe(2)
})
