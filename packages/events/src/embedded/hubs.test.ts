import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, inject, it } from 'vitest'

import { Hubs } from './hubs.ts'
import { memoryLog } from './memory-log.ts'

it('an ephemeral subscription does not outlive the process of the bus, and so holds back no message for good', async () => {
  const log = memoryLog()
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const killed = new Hubs({ log, platform })
  const member = { window: 1, deliver: () => undefined, revoke: () => Promise.resolve() }
  const options = { topics: ['depot.moved'], start: 'new', window: 1 } as const
  await killed.join({ ...options, subscription: 'durable' }, member)
  const seat = await killed.join({ ...options, subscription: 'looking on', ephemeral: true }, member)
  await killed.publish([{ id: '1', topic: 'depot.moved', key: 'k', attributes: {}, body: '{}', timeMs: 0 }])
  seat.hub.ack(member, [1])
  await killed.setPaused('looking on', true)
  await platform.pass(5_000)
  expect(new Hubs({ log, platform }).reports().map(({ name }) => name)).toStrictEqual(['durable'])
})
