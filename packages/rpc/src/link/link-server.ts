import type { Buffer } from 'node:buffer'

import { type Platform, randomId, type ServiceError } from '@holon/contract'

import type { CallEnvironment } from '../call/call.ts'
import type { BoundOperation, Dispatcher } from '../call/dispatcher.ts'
import { decodeGivingUp, tooManyCalls } from '../call/giving-up.ts'
import { type Replies, ServedCall } from '../call/served-call.ts'
import type { Codec } from '../codec/codec.ts'
import type { ByteStream } from '../network/network.ts'
import {
  frameTypes,
  jsonInputVersion,
  LinkRefused,
  maxCallsInFlight,
  ProtocolViolation,
  protocolVersions,
  requestFlags,
} from '../wire/frames.ts'
import { parseJson } from '../wire/parse-json.ts'
import { isJsonText, readPayload, sizeOf, unsendable, writePayload } from '../wire/payload.ts'
import { RequestReader } from '../wire/request-head.ts'
import {
  commonVersion,
  decodeAuthenticate,
  decodeHello,
  encodeHandshake,
  type Hello,
  isSameProof,
  proofOf,
} from './handshake.ts'
import { Link } from './link.ts'

/** What may come for a call after its request. */
const ofRunningCalls: readonly number[] = [frameTypes.cancel, frameTypes.item, frameTypes.end, frameTypes.credit]

export interface LinkServerOptions {
  readonly stream: ByteStream
  readonly environment: CallEnvironment
  readonly dispatcher: Dispatcher
  readonly instance: string
  readonly secret: string | undefined
  /** `peer`: the instance at the other end, once it has said who it is. */
  onOpen(peer: string): void
  onClosed(server: LinkServer, peer: string, error: Error | undefined): void
}

/** The called end of a link: handshake → open → closed. Calls in flight are cancelled when it closes. */
export class LinkServer implements Replies {
  readonly #link: Link
  readonly #options: LinkServerOptions
  readonly #platform: Platform
  readonly #nonce: string
  #state: 'handshake' | 'open' | 'closed' = 'handshake'
  #peer: Hello | undefined
  /** Whether the peer may send inputs as JSON text. */
  #takesJson = false
  #requests: RequestReader | undefined
  #operations: readonly BoundOperation[] = []
  readonly #calls = new Map<number, ServedCall>()

  constructor(options: LinkServerOptions) {
    this.#options = options
    this.#platform = options.environment.platform
    this.#nonce = randomId(this.#platform, 16, 'base64url')
    this.#link = new Link(options.stream, this.#platform, this)
    const hello: Hello = { versions: protocolVersions, instance: options.instance, nonce: this.#nonce }
    this.#link.writer.frame(frameTypes.hello, 0, encodeHandshake(hello))
  }

  /** Asks the peer to send no new calls over this link. */
  goAway(): void {
    if (this.#state === 'open') this.#link.writer.frame(frameTypes.goAway, 0)
  }

  /** Cuts the connection, which is not wanted. */
  refuse(reason: string): void {
    this.#link.abort(new LinkRefused(reason))
  }

  /** Sends what waits and closes; calls that still run are cancelled. Resolves when the connection is closed. */
  close(): Promise<void> {
    return this.#link.close()
  }

  onFrame(type: number, id: number, buffer: Buffer, start: number, end: number): void {
    if (this.#state === 'handshake') return this.#onHandshakeFrame(type, buffer.subarray(start, end))
    if (type === frameTypes.request) return this.#onRequest(id, buffer, start, end)
    if (!ofRunningCalls.includes(type)) throw new ProtocolViolation(`a frame of type ${type} is not expected here`)
    const served = this.#calls.get(id)
    // The call may have been answered while this frame was on its way.
    if (served === undefined) return
    if (type === frameTypes.cancel) served.cancel(decodeGivingUp(buffer.subarray(start, end)))
    else if (type === frameTypes.item)
      served.onItem(
        readPayload(buffer, start, end, served.itemCodec, this.#link.texts),
        sizeOf(end - start, this.#link.texts),
      )
    else if (type === frameTypes.end) served.onEnd(end === start ? 'done' : 'broken')
    else if (type === frameTypes.credit && end - start === 4) served.onCredit(buffer.readUInt32LE(start))
    else throw new ProtocolViolation(`a credit frame has ${end - start} bytes instead of 4`)
  }

  onClosed(error: Error | undefined): void {
    this.#state = 'closed'
    for (const served of this.#calls.values()) served.cancel('cancelled')
    this.#calls.clear()
    this.#options.onClosed(this, this.#peer?.instance ?? this.#options.stream.peer, error)
  }

  #onHandshakeFrame(type: number, body: Buffer): void {
    if (type === frameTypes.hello && this.#peer === undefined) {
      this.#peer = decodeHello(body)
      const version = commonVersion(this.#peer.versions)
      if (version === undefined)
        this.#refuse(
          `protocol versions ${this.#peer.versions.join(', ')} are not spoken here; ${protocolVersions.join(', ')} are`,
        )
      else this.#takesJson = version >= jsonInputVersion
      return
    }
    if (type !== frameTypes.authenticate || this.#peer === undefined)
      throw new ProtocolViolation(`a frame of type ${type} came during the handshake`)
    const { proof, callers } = decodeAuthenticate(body)
    const { secret } = this.#options
    const nonces = { own: this.#peer.nonce, other: this.#nonce }
    if (!isSameProof(proof, proofOf(secret, 'caller', nonces)))
      return this.#refuse('the secret of this app is not known to you')
    this.#operations = this.#options.dispatcher.bound()
    this.#requests = new RequestReader({ operations: this.#operations, callers })
    this.#state = 'open'
    this.#link.opened()
    const operations = this.#operations.map(({ operation }) => ({
      id: operation.id,
      fingerprint: operation.compiled.fingerprint,
    }))
    this.#link.writer.frame(
      frameTypes.welcome,
      0,
      encodeHandshake({ proof: proofOf(secret, 'called', { own: this.#nonce, other: this.#peer.nonce }), operations }),
    )
    this.#options.onOpen(this.#peer.instance)
  }

  #refuse(reason: string): void {
    this.#link.writer.frame(frameTypes.refuse, 0, encodeHandshake({ reason }))
    void this.#link.close(new LinkRefused(reason))
  }

  #onRequest(id: number, buffer: Buffer, from: number, end: number): void {
    if (this.#calls.has(id))
      throw new ProtocolViolation(`a request came with the number ${id} of a call that is running`)
    // Frames other than the handshake's come here only after it, when there is a reader; it has looked the operation up.
    const reader = this.#requests as RequestReader
    // Counted from when it came: what waits behind others of the same read has waited for that long.
    const start = reader.read(buffer, from, end, this.#link.heardMs)
    const bound = this.#operations[reader.operation] as BoundOperation // see above
    const { flags } = reader
    const agrees = (flags & requestFlags.agrees) !== 0
    const link = { id, replies: this, agrees, json: (flags & requestFlags.json) !== 0 }
    const served = new ServedCall(this.#options.environment, start, link)
    this.#calls.set(id, served)
    if (this.#calls.size > maxCallsInFlight) return served.failed(tooManyCalls(bound.operation))
    if (!reader.allowed) return served.failed(reader.refusal(start, bound))
    const { bodyStart } = reader
    if (this.#takesJson && isJsonText(buffer, bodyStart, end)) {
      try {
        served.input = parseJson(buffer.subarray(bodyStart + 1, end))
      } catch (error) {
        return served.failed(error as ServiceError) // parseJson throws nothing else
      }
    } else {
      const codec = agrees ? this.#options.environment.codecs.get(bound.operation, 'input') : undefined
      served.input = readPayload(buffer, bodyStart, end, codec, this.#link.texts)
      // Decoded by position: for some schemas that is a check in full.
      served.inputChecked = codec?.validates === true && buffer[bodyStart] === codec.encoding && bodyStart < end
    }
    served.run(this.#options.dispatcher, bound, (flags & requestFlags.items) !== 0)
  }

  /** Sends a frame with a value; an error of its encoding is thrown. */
  send(type: number, id: number, value: unknown, codec: Codec | undefined): void {
    if (this.#state !== 'open') return
    const { writer } = this.#link
    writer.begin(type, id)
    try {
      writePayload(writer, value, codec)
    } catch (error) {
      writer.abandon()
      throw error
    }
    writer.finish()
    this.#link.holdBack()
  }

  sendCredit(id: number, count: number): void {
    if (this.#state !== 'open') return
    this.#link.writer.number(frameTypes.credit, id, count)
    // At once: while the rest of what came is read here, the peer goes on.
    this.#link.writer.flush()
  }

  finish(type: number, id: number, value: unknown, codec: Codec | undefined): void {
    this.#calls.delete(id)
    try {
      this.send(type, id, value, codec)
    } catch (error) {
      // The caller must hear of it all the same.
      const told = unsendable('The answer', error)
      this.send(frameTypes.error, id, told.toJSON(), undefined)
    }
  }
}
