import fc from 'fast-check'
import { expect, test } from 'vitest'

import { KeyLoans } from './key-loans.ts'

interface Item {
  readonly key: string
  readonly number: number
}

/** What a bus does with it: lends what it may, in the order of arrival, and gives room to what was parked. */
function lendAll(loans: KeyLoans<Item>, waiting: Item[]): readonly Item[] {
  const lent: Item[] = []
  while (loans.hasRoom) {
    const unparked = loans.unpark()
    if (unparked !== undefined) {
      lent.push(unparked)
      continue
    }
    const next = waiting.shift()
    if (next === undefined) break
    if (loans.admit(next)) lent.push(next)
  }
  return lent
}

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e')

test('whatever comes and goes, each key keeps its order, the window holds, and everything is lent in the end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(keys, { maxLength: 200 }),
      fc.array(fc.nat(), { maxLength: 60 }),
      (window, arriving, choices) => {
        const loans = new KeyLoans<Item>(window)
        const waiting = arriving.map((key, number) => ({ key, number }))
        const onLoan: Item[] = []
        const lent: Item[] = []
        const lend = (): void => {
          const more = lendAll(loans, waiting)
          onLoan.push(...more)
          lent.push(...more)
          expect(loans.onLoan).toBe(onLoan.length)
          expect(onLoan.length).toBeLessThanOrEqual(window)
        }
        lend()
        for (const choice of choices) {
          const [returned] = onLoan.length === 0 ? [] : onLoan.splice(choice % onLoan.length, 1)
          if (returned) loans.release(returned.key)
          lend()
        }
        while (onLoan.length > 0) {
          loans.release(onLoan.shift()?.key ?? '')
          lend()
        }
        expect(lent.length).toBe(arriving.length)
        expect(loans.parked).toBe(0)
        for (const key of new Set(arriving)) {
          const numbers = lent.filter((item) => item.key === key).map(({ number }) => number)
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
        }
      },
    ),
  )
})

test('however many keys keep what they have, another one finds room as long as there are fewer than half the window', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 300 }), fc.integer({ min: 1, max: 20 }), (window, each) => {
      const loans = new KeyLoans<Item>(window)
      const stuck = Math.floor((window - 1) / 2 / 8) + Math.floor(window / 4)
      const waiting: Item[] = []
      for (let number = 0; number < each; number += 1)
        for (let key = 0; key < Math.min(stuck, window - 9); key += 1) waiting.push({ key: `stuck${key}`, number })
      lendAll(loans, waiting)
      expect(lendAll(loans, [{ key: 'other', number: 0 }]).map(({ key }) => key)).toEqual(['other'])
    }),
  )
})
