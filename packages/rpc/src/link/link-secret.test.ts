import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'

import type { Observation } from '@holon/contract'
import { ManualPlatform, settle } from '@holon/contract/manual-platform'
import { expect, it } from 'vitest'

import { DeadlineWheel } from '../call/deadline-wheel.ts'
import { Dispatcher } from '../call/dispatcher.ts'
import { TraceIds } from '../call/trace-ids.ts'
import { OperationCodecs } from '../codec/operation-codecs.ts'
import { memoryNetwork } from '../network/memory-network.ts'
import type { ByteStream } from '../network/network.ts'
import { FrameReader } from '../wire/frame-reader.ts'
import { FrameWriter } from '../wire/frame-writer.ts'
import { frameTypes } from '../wire/frames.ts'
import { createLinkListener } from './link-listener.ts'
import { Router } from './router.ts'

const address = { host: 'm', port: 7 }
const nonce = 'n'.repeat(22)

/** What anybody can compute who does not know the secret. */
const emptyProof = (role: string, theirs: string): string =>
  createHmac('sha256', '').update(`holon ${role} ${theirs} ${nonce}`).digest('base64url')

/** Speaks the handshake of one role with the empty secret. Returns the types of the frames that came. */
function impostor(stream: ByteStream, role: 'caller' | 'called'): readonly number[] {
  const came: number[] = []
  const writer = new FrameWriter(stream)
  const send = (type: number, body: object): void => writer.frame(type, 0, Buffer.from(JSON.stringify(body)))
  let theirs = ''
  const reader = new FrameReader((type, _call, buffer, start, end) => {
    came.push(type)
    if (type === frameTypes.hello)
      ({ nonce: theirs } = JSON.parse(buffer.toString('utf8', start, end)) as { nonce: string })
    if (role === 'caller' && type === frameTypes.hello)
      send(frameTypes.authenticate, { proof: emptyProof('caller', theirs), callers: [] })
    if (role === 'called' && type === frameTypes.authenticate)
      send(frameTypes.welcome, { proof: emptyProof('called', theirs), operations: [] })
  })
  stream.onData((bytes) => reader.push(bytes))
  stream.onClose(() => {})
  send(frameTypes.hello, { versions: [1, 2], instance: 'impostor', nonce })
  return came
}

it.each([undefined, ''])(
  'a caller without a secret (%j) takes nobody for its peer, whatever that proves',
  async (secret) => {
    const platform = new ManualPlatform()
    const network = memoryNetwork()
    const links: (readonly number[])[] = []
    await network.listen(address, (stream) => void links.push(impostor(stream, 'called')))
    const observations: Observation[] = []
    const router = new Router({
      identity: { instance: 'caller', secret, callers: [{ name: 'test', uses: ['store'] }] },
      codecs: new OperationCodecs(true),
      network,
      platform,
      observer: { observe: (seen) => void observations.push(seen) },
    })
    router.setPeers([{ instance: 'a', address, services: [{ name: 'store', fingerprint: '', uses: [] }] }])
    await platform.pass(1_000)
    expect(router.reaches('store')).toBe(false)
    expect(links[0]).toEqual([frameTypes.hello])
    expect(observations[0]).toMatchObject({
      kind: 'link',
      state: 'refused',
      reason: expect.stringMatching(/no secret/),
    })
    router.close()
  },
)

it.each([undefined, ''])(
  'a listener without a secret (%j) opens no link, whatever its caller proves',
  async (secret) => {
    const platform = new ManualPlatform()
    const network = memoryNetwork()
    const observations: Observation[] = []
    const observer = { observe: (seen: Observation): void => void observations.push(seen) }
    const environment = {
      platform,
      wheel: new DeadlineWheel(platform),
      traceIds: new TraceIds(platform),
      codecs: new OperationCodecs(true),
    }
    const dispatcher = new Dispatcher(platform, observer)
    const listener = await createLinkListener({
      network,
      listen: address,
      environment,
      dispatcher,
      observer,
      instance: 'called',
      secret,
    })
    const came = impostor(await network.connect(address, 1_000), 'caller')
    await settle()
    expect(came).not.toContain(frameTypes.welcome)
    expect(observations).toMatchObject([{ kind: 'link', state: 'refused', reason: expect.stringMatching(/no secret/) }])
    await listener.close()
  },
)
