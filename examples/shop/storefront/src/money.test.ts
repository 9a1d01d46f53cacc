import { expect, test } from 'vitest'

import { formatMoney } from './money.ts'

test('an amount in cents is shown in euros with two decimals', () => {
  expect(formatMoney(4490, 'EUR')).toBe('€44.90')
  expect(formatMoney(0, 'EUR')).toBe('€0.00')
  expect(formatMoney(5, 'EUR')).toBe('€0.05')
})

test('thousands are grouped', () => {
  expect(formatMoney(123_456_789, 'EUR')).toBe('€1,234,567.89')
})

test('a currency without decimals is not divided by a hundred', () => {
  expect(formatMoney(500, 'JPY', 'en')).toBe('¥500')
})

test('the locale decides how the amount is written', () => {
  expect(formatMoney(4490, 'EUR', 'de-DE').replaceAll(/\s/g, ' ')).toBe('44,90 €')
})
