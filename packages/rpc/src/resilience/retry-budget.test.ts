import { ManualPlatform } from '@holon/contract/manual-platform'
import fc from 'fast-check'
import { expect, inject, it } from 'vitest'

import { RetryBudget } from './retry-budget.ts'

it('retries stay a share of the calls, plus a trickle, however often one asks', () => {
  const step = fc.oneof(fc.constant('call'), fc.constant('retry'), fc.nat(300))
  const property = fc.property(fc.array(step, { maxLength: 500 }), (steps) => {
    const platform = new ManualPlatform({ lateMs: inject('lateMs') })
    const budget = new RetryBudget(platform)
    let calls = 0
    let retries = 0
    let passedMs = 0
    for (const what of steps) {
      if (what === 'call') {
        budget.onCall()
        calls++
      } else if (what === 'retry') retries += budget.tryRetry() ? 1 : 0
      else {
        platform.advance(what)
        passedMs += what
      }
    }
    expect(retries).toBeLessThanOrEqual(10 + 0.2 * calls + (passedMs / 1000) * 10 + 0.001)
  })
  fc.assert(property)
})

it('a budget that is used up fills again with time', () => {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const budget = new RetryBudget(platform)
  while (budget.tryRetry()) platform.advance(0)
  platform.advance(1_000)
  expect(budget.tryRetry()).toBe(true)
})
