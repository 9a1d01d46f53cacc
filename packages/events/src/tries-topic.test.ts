import { ServiceError } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, it } from 'vitest'

import type { Bus } from './bus.ts'
import { memoryBus } from './embedded/memory-bus.ts'
import { countOnBus } from './tries-topic.ts'
import type { TryCount } from './workplace.ts'

const platform = new ManualPlatform()
const away = new ServiceError('unavailable', 'away')
/** Came after everything that was read. */
const now = (): number => platform.monotonicMs()
const before = -1

function lab(around: (bus: Bus) => Partial<Bus> = () => ({})): { readonly here: TryCount; readonly there: TryCount } {
  const server = memoryBus(platform)
  const bus = server.connect()
  const of = (used: Bus): TryCount => countOnBus({ bus: used, platform, subscription: 's' })
  return { here: of({ ...bus, ...around(bus) }), there: of(server.connect()) }
}

it('what one member counts another one finds, until it is removed', async () => {
  const { here, there } = lab()
  await here.begin('m')
  await here.begin('m')
  await here.fail('m')
  expect(await there.look('m', now())).toMatchObject({ received: false, tries: { begun: 2, failed: 1 } })
  await here.takeBack('m')
  expect(await there.look('m', now())).toMatchObject({ tries: { begun: 1, failed: 1 } })
  await here.discard('m')
  expect(await there.look('m', now())).toMatchObject({ received: true })
  await there.remove('m')
  expect(await here.look('m', now())).toEqual({ received: false, tries: undefined })
})

it('a note of which the bus keeps two copies counts once', async () => {
  const { here, there } = lab((bus) => ({ publish: (messages) => bus.publish([...messages, ...messages]) }))
  await here.begin('m')
  await here.begin('m')
  expect(await there.look('m', now())).toMatchObject({ tries: { begun: 2 } })
})

it('a note that may have been stored although publishing failed is looked for', async () => {
  const { here } = lab((bus) => ({
    publish: async (messages) => {
      await bus.publish(messages)
      throw away
    },
  }))
  expect(await here.look('m', before)).toEqual({ received: false, tries: undefined })
  await expect(here.begin('m')).rejects.toBe(away)
  expect(await here.look('m', before)).toMatchObject({ tries: { begun: 1 } })
})

it('while the topic cannot be read, what is known of messages that came before stays', async () => {
  let isAway = false
  const { here } = lab((bus) => ({
    subscribe: (options, deliver) => (isAway ? Promise.reject(away) : bus.subscribe(options, deliver)),
  }))
  await here.look('m', before)
  isAway = true
  await expect(here.look('later', now())).rejects.toBe(away)
  await here.begin('m')
  expect(await here.look('m', before)).toMatchObject({ tries: { begun: 1 } })
})

it('of what was never counted nothing needs to be removed, or published', async () => {
  const { here } = lab(() => ({ publish: () => expect.fail('It was published.') }))
  await here.remove('m')
})
