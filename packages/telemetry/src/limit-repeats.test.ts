import { type CallContext, type Observation, ServiceError } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, it } from 'vitest'

import { limitRepeats } from './limit-repeats.ts'
import type { LogLevel } from './log-level.ts'

function observed(level: LogLevel = 'info'): {
  readonly told: Observation[]
  readonly platform: ManualPlatform
  readonly observe: (...observations: readonly Observation[]) => void
} {
  const told: Observation[] = []
  const platform = new ManualPlatform()
  const observer = limitRepeats({ observe: (each) => void told.push(each) }, { platform, level })
  return { told, platform, observe: (...all) => all.forEach((each) => observer.observe(each)) }
}

const call: CallContext = {
  operation: 'orders.place',
  caller: 'gateway',
  identity: undefined,
  idempotencyKey: undefined,
  trace: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true },
  signal: new AbortController().signal,
  remainingMs: () => 1_000,
}
const made = (code: 'unavailable' | 'deadline_exceeded', operation = 'orders.place'): Observation => ({
  kind: 'call-made',
  service: 'gateway',
  call: { ...call, operation },
  durationMs: 1,
  error: new ServiceError(code, 'x'),
  remote: true,
})
const fine: Observation = {
  kind: 'call-handled',
  service: 'orders',
  call,
  durationMs: 1,
  error: undefined,
  cause: undefined,
}
const violated: Observation = { kind: 'link', state: 'violated', peer: 'from a stranger', reason: 'nonsense' }
const own: Observation = {
  kind: 'log',
  service: 'orders',
  level: 'warn',
  message: 'm',
  fields: undefined,
  call: undefined,
}

it('of failures of one kind the first twenty are told, and then how many more there were', () => {
  const { told, platform, observe } = observed()
  observe(...Array.from({ length: 9_028 }, () => made('unavailable')))
  expect(told).toHaveLength(20)
  observe(made('deadline_exceeded'), made('unavailable', 'orders.get'), fine, own)
  expect(told).toHaveLength(24)
  platform.advance(10_000)
  expect(told.slice(24)).toEqual([
    {
      kind: 'log',
      service: 'gateway',
      level: 'warn',
      message: 'calls orders.place failed (unavailable): 9008 more in 10 s are not told one by one',
      fields: { count: 9008 },
      call: undefined,
    },
  ])
})

it('a stranger who tries a thousand times to link is told of in a few lines', () => {
  const { told, platform, observe } = observed()
  observe(...Array.from({ length: 1_000 }, () => violated))
  platform.advance(10_000)
  expect(told).toHaveLength(21)
  expect(told[20]).toMatchObject({ message: 'links violated: 980 more in 10 s are not told one by one' })
})

it('they are told again in the next ten seconds', () => {
  const { told, platform, observe } = observed()
  observe(...Array.from({ length: 30 }, () => made('unavailable')))
  platform.advance(10_000)
  observe(made('unavailable'))
  expect(told).toHaveLength(22)
})

it('what is no failure, what a service logs itself, and everything at level debug always passes', () => {
  for (const each of [fine, own]) {
    const { told, observe } = observed()
    observe(...Array.from({ length: 100 }, () => each))
    expect(told).toHaveLength(100)
  }
  const { told, observe } = observed('debug')
  observe(...Array.from({ length: 100 }, () => made('unavailable')))
  expect(told).toHaveLength(100)
})
