import {
  causesOf,
  codeOf,
  fieldOf,
  headlineOf,
  isInstance,
  isServiceError,
  messageOf,
  ServiceError,
  stackOf,
  toldError,
  toldFields,
  toServiceError,
} from '@holon/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { foreignValue, made, type Recipe, strangest } from '../support/foreign-values.ts'

const size = (value: unknown): number => JSON.stringify(value).length

describe('whatever a value is', () => {
  test('it is told, as bounded plain data and text, and nothing throws', () => {
    fc.assert(
      fc.property(foreignValue(), (recipe) => {
        const value = made(recipe)
        expect(size(toldError(value))).toBeLessThan(80_000)
        expect(size(toldFields({ value }))).toBeLessThan(80_000)
        expect(structuredClone(toldError(value))).toEqual(toldError(value))
        for (const text of [
          messageOf(value),
          headlineOf(value, 2_000),
          stackOf(value),
          ...causesOf(value, 10, 2_000),
        ]) {
          expect(typeof text).toBe('string')
          expect(text).not.toContain('\u0000')
          expect(text.isWellFormed()).toBe(true)
        }
        expect(messageOf(value).length).toBeLessThanOrEqual(8_192)
        expect(headlineOf(value, 200).length).toBeLessThanOrEqual(200)
      }),
      { examples: Object.keys(strangest).map((strange): [Recipe] => [{ strange }]) },
    )
  })

  test('asking what it is does not throw, and an error for a caller comes of it', () => {
    fc.assert(
      fc.property(foreignValue(), (recipe) => {
        const value = made(recipe)
        expect(typeof isServiceError(value)).toBe('boolean')
        expect(typeof isInstance(value, ServiceError)).toBe('boolean')
        expect(codeOf(value)).toMatch(/^[a-z_]+$/)
        expect(toServiceError(value, 'a.b')).toSatisfy(isServiceError)
        fieldOf(value, 'code')
      }),
    )
  })
})
