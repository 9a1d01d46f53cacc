import type { Platform } from '@holon/contract'
import { ManualPlatform, settle } from '@holon/contract/manual-platform'
import { expect, inject, it } from 'vitest'

import { memoryNetwork } from '../network/memory-network.ts'
import type { ByteStream } from '../network/network.ts'
import { frameTypes, LinkRefused } from '../wire/frames.ts'
import { Link } from './link.ts'

interface Pair {
  readonly platform: ManualPlatform
  readonly link: Link
  readonly peer: ByteStream
  readonly closed: (Error | undefined)[]
  readonly heard: () => number
  /** Time passes, and nothing is called meanwhile. */
  readonly standStill: (ms: number) => void
}

async function pair(lateMs: number = inject('lateMs')): Promise<Pair> {
  const platform = new ManualPlatform({ lateMs })
  const network = memoryNetwork()
  let accept: (stream: ByteStream) => void = () => {}
  const accepted = new Promise<ByteStream>((resolve) => (accept = resolve))
  const listener = await network.listen({ host: 'm', port: 0 }, accept)
  const stream = await network.connect(listener.address, 1000)
  const peer = await accepted
  const closed: (Error | undefined)[] = []
  let bytes = 0
  peer.onData((chunk) => (bytes += chunk.length))
  peer.onClose(() => {})
  let stoodStillMs = 0
  const halting: Platform = {
    now: () => platform.now(),
    monotonicMs: () => platform.monotonicMs() + stoodStillMs,
    setTimer: (callback, delayMs) => platform.setTimer(callback, delayMs),
    random: () => platform.random(),
    randomBytes: (length) => platform.randomBytes(length),
  }
  const link = new Link(stream, halting, { onFrame: () => {}, onClosed: (error) => closed.push(error) })
  return { platform, link, peer, closed, heard: () => bytes, standStill: (ms) => void (stoodStillMs += ms) }
}

const pong = Uint8Array.of(5, 0, 0, 0, frameTypes.pong, 0, 0, 0, 0)

it('a silent peer is asked, and cut off if it stays silent', async () => {
  const { platform, link, closed, heard } = await pair()
  link.opened()
  await platform.pass(29_000)
  expect(heard()).toBeGreaterThan(0)
  expect(closed).toEqual([])
  await platform.pass(3_000)
  expect(closed).toHaveLength(1)
  expect(closed[0]?.message).toMatch(/silent for/)
  expect(platform.timers).toBe(0)
})

it('a peer that answers pings lives on', async () => {
  const { platform, link, peer, closed } = await pair()
  link.opened()
  for (let minute = 0; minute < 10; minute++) {
    await platform.pass(20_000)
    peer.write(pong)
    await settle()
  }
  expect(closed).toEqual([])
  await link.close()
})

it('a quiet link whose pings are answered at once lives on, however late its timers are', async () => {
  for (const lateMs of [0, 2, 40, 4_000]) {
    const { platform, link, peer, closed } = await pair(lateMs)
    link.opened()
    let pings = 0
    peer.onData(() => {
      pings++
      peer.write(pong)
    })
    await platform.pass(60 * 60_000)
    expect({ lateMs, closed }).toEqual({ lateMs, closed: [] })
    expect(pings).toBeGreaterThan(180)
    await link.close()
  }
})

it('what came while the process itself stood still is read before the link is judged', async () => {
  for (const answered of ['before a ping', 'after one']) {
    const { platform, link, peer, closed, standStill } = await pair()
    link.opened()
    await platform.pass(answered === 'before a ping' ? 14_000 : 29_000)
    peer.write(pong)
    // When a process goes on, its timers are called first; only then does it read.
    standStill(60_000)
    platform.advance(1_500)
    await platform.pass(10_000)
    expect({ answered, closed }).toEqual({ answered, closed: [] })
    await link.close()
  }
})

it('a handshake that is not finished in time is given up, even if bytes keep trickling in', async () => {
  const { platform, peer, closed } = await pair()
  for (let second = 0; second < 6; second++) {
    peer.write(second === 0 ? Uint8Array.of(100, 0, 0, 0) : Uint8Array.of(1))
    await platform.pass(1_000)
  }
  expect(closed).toEqual([expect.any(LinkRefused)])
  expect(platform.timers).toBe(0)
})

it('closing does not wait for a peer that never closes its side', async () => {
  const { platform, link, peer, closed } = await pair()
  link.opened()
  link.writer.frame(frameTypes.item, 1, new Uint8Array(2_000_000)) // more than the window lets out
  const done = link.close()
  await platform.pass(2_100)
  await done
  expect(closed).toEqual([undefined])
  peer.destroy()
})

it('a connection that ends inside a frame is a violation', async () => {
  const { link, peer, closed } = await pair()
  link.opened()
  peer.write(Uint8Array.of(50, 0, 0, 0, 8))
  await settle()
  peer.end()
  await settle()
  expect(closed[0]?.message).toMatch(/ended inside a frame/)
})
