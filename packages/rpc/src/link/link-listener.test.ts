import type { Observation } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { afterEach, expect, inject, it } from 'vitest'

import { DeadlineWheel } from '../call/deadline-wheel.ts'
import { Dispatcher } from '../call/dispatcher.ts'
import { TraceIds } from '../call/trace-ids.ts'
import { OperationCodecs } from '../codec/operation-codecs.ts'
import { memoryNetwork } from '../network/memory-network.ts'
import type { ByteStream } from '../network/network.ts'
import { createLinkListener } from './link-listener.ts'
import { Router } from './router.ts'

const address = { host: 'm', port: 7 }
const secret = 'a secret of this test, which both ends know'

interface World {
  readonly platform: ManualPlatform
  readonly ended: () => readonly string[]
  stranger(): Promise<ByteStream>
  caller(): Router
}

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function listening(): Promise<World> {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const network = memoryNetwork()
  const observations: Observation[] = []
  const observer = { observe: (seen: Observation): void => void observations.push(seen) }
  const codecs = new OperationCodecs(true)
  const listener = await createLinkListener({
    network,
    listen: address,
    environment: { platform, wheel: new DeadlineWheel(platform), traceIds: new TraceIds(platform), codecs },
    dispatcher: new Dispatcher(platform, observer),
    observer,
    instance: 'called',
    secret,
  })
  closers.push(() => listener.close())
  return {
    platform,
    ended: () => observations.flatMap((seen) => (seen.kind === 'link' && seen.state !== 'open' ? [seen.state] : [])),
    stranger: async () => {
      const stream = await network.connect(address, 1_000)
      stream.onData(() => {})
      stream.onClose(() => {})
      return stream
    },
    caller: () => {
      const identity = { instance: 'caller', secret, callers: [{ name: 'test', uses: ['store'] }] }
      const router = new Router({ identity, codecs, network, platform, observer: { observe: () => {} } })
      router.setPeers([{ instance: 'a', address, services: [{ name: 'store', fingerprint: '', uses: [] }] }])
      closers.push(() => router.close())
      return router
    },
  }
}

it('strangers who fill all places of the handshake and say nothing do not keep a peer out', async () => {
  const { platform, stranger, caller } = await listening()
  for (let each = 0; each < 300; each++) await stranger()
  const router = caller()
  await platform.pass(100)
  expect(router.reaches('store')).toBe(true)
})

it('how a connection ended that never became a link is told', async () => {
  const { platform, ended, stranger } = await listening()
  ;(await stranger()).destroy()
  ;(await stranger()).write(Uint8Array.of(255, 255, 255, 255, 1, 2, 3, 4, 5))
  await stranger()
  await platform.pass(6_000)
  expect(ended()).toEqual(['closed', 'violated', 'refused'])
})
