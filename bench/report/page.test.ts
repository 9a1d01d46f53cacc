import { describe, expect, it } from 'vitest'

import type { Measurement } from '../harness/result.ts'
import { judgeAims } from './aims.ts'
import { compare } from './comparison.ts'
import { resultOf } from './fixtures.ts'
import { lossesOf } from './losses.ts'
import { makePage } from './page.ts'

function rounds(variant: string, callsPerS: number, cpuUs: number): Partial<Measurement>[] {
  return [0.9, 1, 1.1].map((factor) => ({ variant, figures: { callsPerS: callsPerS * factor, cpuUs } }))
}

const result = resultOf([
  ...rounds('raw-unix', 800_000, 1.2),
  ...rounds('holon-unix', 400_000, 5),
  ...rounds('grpc-js', 10_000, 85),
])
const verdictOf = (aim: string) => judgeAims({ rpc: result }).find((one) => one.aim.startsWith(aim))

describe('aims', () => {
  it('are met or missed by the figure that was measured', () => {
    expect(verdictOf('≥ 35 × @grpc')).toMatchObject({ figure: '40.0 ×', verdict: 'met' })
    expect(verdictOf('≥ 0.55 of raw')).toMatchObject({ figure: '0.50', verdict: 'missed' })
    expect(verdictOf('≤ 4 µs')).toMatchObject({ figure: '5.0 µs', verdict: 'missed' })
  })

  it('are not judged by what was not measured, or failed', () => {
    expect(verdictOf('≥ 5 × the better')).toMatchObject({ verdict: 'not measured' })
    const broken = { ...result, measurements: result.measurements.map((one) => ({ ...one, errors: 1 })) }
    expect(judgeAims({ rpc: broken }).every(({ verdict }) => verdict === 'not measured')).toBe(true)
  })
})

describe('page', () => {
  const { text, charts } = makePage({ rpc: result })

  it('has a table with medians, spread and ratios, best first', () => {
    const lines = text.split('\n')
    const at = lines.findIndex((line) => line.startsWith('| Raw echo '))
    expect(lines.slice(at, at + 3)).toEqual([
      '| Raw echo | 800 k (720 k–880 k) | 1.2 | 80.0 | 1.00 |  |',
      '| Holon | 400 k (360 k–440 k) | 5.0 | 40.0 | 0.50 | everything \\| on |',
      '| grpc-js | 10 k (9.0 k–11 k) | 85.0 | 1.00 | 0.01 |  |',
    ])
  })

  it('tells the machine, the commit, the versions, the method and what is not measured', () => {
    for (const part of ['`0123456789`', 'Node v24.0.0', '@grpc/grpc-js 1.14.7', 'Closed loop.', 'A real network.']) {
      expect(text).toContain(part)
    }
  })

  it('links to a chart for each cell, in which only Holon stands out', () => {
    expect(text).toContain('](performance/rpc-get-64.svg)')
    expect(charts['rpc-get-64.svg']?.match(/<rect class="own"/g)).toHaveLength(1)
    expect(charts['rpc-get-64.svg']?.match(/<rect class="peer"/g)).toHaveLength(2)
  })

  it('shows what failed and what was missing', () => {
    const failed = makePage({
      rpc: resultOf(rounds('holon-unix', 1, 1), {
        failures: [{ variant: 'grpc-js', cell: 'get-64', round: 1, message: 'no answer\nat line 3' }],
        missing: [{ variant: 'nats', reason: 'nats-server is not installed' }],
      }),
    })
    expect(failed.text).toContain('**failed: no answer**')
    expect(failed.text).toContain('nats (nats-server is not installed)')
  })

  it('tells how calm the machine was, of the windows that count', () => {
    const [first, second, third] = [{ canaryMs: 4 }, { canaryMs: 6, disturbed: true }, { canaryMs: 5 }]
    const again: Partial<Measurement> = { canaryMs: 90, disturbed: true, superseded: true }
    const { text } = makePage({ rpc: resultOf([first, again, second, third]) })
    expect(text).toContain('Of 3 windows 1 were disturbed; the canary took 5.0 ms.')
  })

  it('says so when nothing is stored', () => {
    expect(makePage({}).text).toContain('No complete run is stored yet.')
  })
})

describe('losses', () => {
  it('name every figure in which a peer is better, and no yardstick', () => {
    const slow = resultOf([
      ...rounds('raw-unix', 900_000, 1),
      ...rounds('holon-unix', 10, 5),
      ...rounds('grpc-js', 20, 85),
    ])
    expect(lossesOf(slow)).toEqual([
      { cell: 'Unary, 64 in flight', peer: 'grpc-js', figures: ['calls/s: 20.0 against 10.0'] },
    ])
  })
})

describe('comparison', () => {
  it('gives the ratio to the newest earlier median of each row, and marks what got slower', () => {
    const now = resultOf([...rounds('holon-unix', 200_000, 5), ...rounds('grpc-js', 11_000, 85)])
    const older = resultOf([...rounds('grpc-js', 10_000, 85)], { startedAt: '2026-11-19T10:00:00.000Z', quick: true })
    const newer = resultOf([...rounds('holon-unix', 400_000, 5)])
    expect(compare(now, [newer, older]).lines).toEqual([
      ['holon-unix get-64', '400 k', '200 k', 'calls/s', '× 0.50', 'slower', '2026-11-20T10:00, 01234567'],
      ['grpc-js get-64', '10 k', '11 k', 'calls/s', '× 1.10', '', '2026-11-19T10:00 quick, 01234567'],
    ])
  })
})
