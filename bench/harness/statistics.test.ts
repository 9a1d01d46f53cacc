import { describe, expect, it } from 'vitest'

import { resultOf } from '../report/fixtures.ts'
import { Histogram } from './histogram.ts'
import { figureOf, median, rowsOf } from './statistics.ts'

describe('median', () => {
  it('is the middle of an odd number of rounds and the mean of the two in the middle of an even one', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([9, 1, 5, 3])).toBe(4)
  })

  it('does not exist without rounds', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('rows', () => {
  it('sum up the rounds with median and spread', () => {
    const [row] = rowsOf(resultOf([30, 10, 20].map((callsPerS) => ({ figures: { callsPerS } }))))
    expect(row).toMatchObject({ valid: true, figures: { callsPerS: { median: 20, min: 10, max: 30, rounds: 3 } } })
  })

  it('leave out a disturbed round that was measured again, and count one that was not', () => {
    const result = resultOf([
      { figures: { callsPerS: 1 }, disturbed: true, superseded: true },
      { figures: { callsPerS: 10 } },
      { figures: { callsPerS: 12 }, disturbed: true },
    ])
    expect(rowsOf(result)[0]).toMatchObject({ disturbedRounds: 1, figures: { callsPerS: { min: 10, rounds: 2 } } })
  })

  it('are invalid when a call failed, and give no figure then', () => {
    const rows = rowsOf(resultOf([{ figures: { callsPerS: 10 } }, { figures: { callsPerS: 10 }, errors: 1 }]))
    expect(rows[0]).toMatchObject({ valid: false, errors: 1 })
    expect(figureOf(rows, 'holon-unix', 'get-64', 'callsPerS')).toBeUndefined()
  })

  it('show a variant that never came through', () => {
    const failure = { variant: 'grpc-js', cell: 'get-64', round: 1, message: 'no answer' }
    expect(rowsOf(resultOf([], { failures: [failure] }))).toMatchObject([{ variant: 'grpc-js', valid: false }])
  })
})

describe('histogram', () => {
  it('gives quantiles within 0.2 % from microseconds to seconds', () => {
    for (const scale of [0.002, 0.05, 3, 20]) {
      const histogram = new Histogram()
      for (let n = 1; n <= 1000; n++) histogram.add(n * scale)
      for (const share of [0.5, 0.99]) {
        const wantedUs = 1000 * share * scale * 1000
        expect(Math.abs(histogram.quantile(share) / wantedUs - 1), `${share} of ${scale}`).toBeLessThan(0.0021)
      }
    }
  })

  it('counts what takes too long as 21 s', () => {
    const histogram = new Histogram()
    histogram.add(100_000)
    expect(histogram.quantile(1) / 1e6).toBeCloseTo(21.5, 0)
  })

  it('is 0 while it is empty', () => {
    expect(new Histogram().quantile(0.5)).toBe(0)
  })
})
