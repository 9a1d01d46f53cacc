import type { Buffer } from 'node:buffer'

import { fromWireError, type Operation, type Platform, randomId, ServiceError } from '@holon/contract'

import type { Call, GivingUp } from '../call/call.ts'
import type { CallerListing } from '../call/caller-role.ts'
import { abandoned, type Exchange } from '../call/exchange.ts'
import { encodeGivingUp, tooManyCalls } from '../call/giving-up.ts'
import type { Codec } from '../codec/codec.ts'
import { jsonCodec } from '../codec/json-codec.ts'
import type { OperationCodecs } from '../codec/operation-codecs.ts'
import type { ByteStream } from '../network/network.ts'
import {
  depthVersion,
  frameTypes,
  jsonInputVersion,
  LinkRefused,
  maxCallsInFlight,
  ProtocolViolation,
  protocolVersions,
  requestFlags,
} from '../wire/frames.ts'
import { JsonText } from '../wire/json-text.ts'
import { packPayload, readPayload, sizeOf, writePayload } from '../wire/payload.ts'
import { writeRequestHead } from '../wire/request-head.ts'
import {
  commonVersion,
  decodeHello,
  decodeRefuse,
  decodeWelcome,
  encodeHandshake,
  type Hello,
  isSameProof,
  proofOf,
} from './handshake.ts'
import { EncodedIdentities } from './identity-cache.ts'
import { Link } from './link.ts'
import { PeerOffer } from './peer-offer.ts'

/** With so many calls in flight, what a call waits for is mostly the others. */
const busyCalls = 8

/** What this side shows of itself, and who may call over the link. */
export interface LinkIdentity {
  readonly instance: string
  readonly secret: string | undefined
  readonly callers: readonly CallerListing[]
}

export interface LinkClientOptions {
  readonly codecs: OperationCodecs
  readonly stream: ByteStream
  readonly platform: Platform
  readonly identity: LinkIdentity
  /** The handshake has succeeded. */
  onOpen(client: LinkClient): void
  /** What waited to be sent is sent. */
  onDrain(): void
  /** The peer takes no new calls any more. */
  onGoAway(client: LinkClient): void
  /** Called once; every call that was in flight has been failed. */
  onClosed(client: LinkClient, error: Error | undefined): void
}

/** The calling end of a link: handshake → open → (draining →) closed. */
export class LinkClient {
  readonly #link: Link
  readonly #options: LinkClientOptions
  readonly #nonce: string
  #state: 'handshake' | 'open' | 'draining' | 'closed' = 'handshake'
  #peer: Hello | undefined
  /** Whether the peer reads inputs that are JSON text. */
  #takesJson = false
  /** Whether the peer reads the depth of calls. */
  #takesDepth = false
  readonly #offer: PeerOffer
  readonly #callers: ReadonlyMap<string, number>
  readonly #exchanges: (Exchange | undefined)[] = []
  readonly #free: number[] = []
  readonly #identities = new EncodedIdentities(packPayload)
  #inFlight = 0

  constructor(options: LinkClientOptions) {
    this.#options = options
    this.#nonce = randomId(options.platform, 16, 'base64url')
    this.#offer = new PeerOffer(options.codecs)
    this.#callers = new Map(options.identity.callers.map(({ name }, number) => [name, number]))
    this.#link = new Link(options.stream, options.platform, this)
    const hello: Hello = { versions: protocolVersions, instance: options.identity.instance, nonce: this.#nonce }
    this.#link.writer.frame(frameTypes.hello, 0, encodeHandshake(hello))
  }

  get open(): boolean {
    return this.#state === 'open'
  }

  get closed(): boolean {
    return this.#state === 'closed'
  }

  /** Whether so much waits to be sent that a new call should wait, too. */
  get congested(): boolean {
    return this.#link.congested
  }

  onDrain(): void {
    this.#options.onDrain()
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Whether the peer offers the operation. */
  offers(operation: Operation): boolean {
    return this.#offer.carried(operation) !== undefined
  }

  /** Whether the peer holds the same contract of the operation. */
  agrees(operation: Operation): boolean {
    return this.#offer.carried(operation)?.agrees === true
  }

  /** Closes; calls in flight fail with `unavailable`. */
  close(): void {
    void this.#link.close()
  }

  /** Takes no new calls; closes at once, or (`gracefully`) after the calls in flight. */
  closeWhenIdle(gracefully: boolean): void {
    if (gracefully) this.#drain()
    else void this.#link.close()
  }

  onFrame(type: number, id: number, buffer: Buffer, start: number, end: number): void {
    if (this.#state === 'handshake') return this.#onHandshakeFrame(type, buffer.subarray(start, end))
    if (type === frameTypes.goAway) return this.#drain()
    const exchange = this.#exchanges[id]
    if (exchange === undefined)
      throw new ProtocolViolation(`a frame of type ${type} came for call ${id}, which is not running`)
    if (type === frameTypes.credit && end - start === 4) return exchange.onCredit(buffer.readUInt32LE(start))
    // The answer to a call that was given up is not even decoded.
    const value =
      exchange === abandoned || type === frameTypes.end
        ? undefined
        : readPayload(
            buffer,
            start,
            end,
            type === frameTypes.error ? undefined : exchange.answerCodec,
            this.#link.texts,
          )
    if (type === frameTypes.item) return exchange.onItem(value, sizeOf(end - start, this.#link.texts))
    // Released only after it was told: if telling it fails, the link breaks, and that fails whatever is not released.
    if (type === frameTypes.response) exchange.onResponse(value)
    else if (type === frameTypes.error) exchange.onError(fromWireError(value))
    else if (type === frameTypes.end) exchange.onEnd()
    else throw new ProtocolViolation(`a frame of type ${type} is not expected here`)
    this.#release(id)
  }

  onClosed(error: Error | undefined): void {
    this.#state = 'closed'
    const lost = 'The connection was lost while the call was running; it may or may not have been carried out.'
    for (const exchange of this.#exchanges.splice(0)) exchange?.onError(new ServiceError('unavailable', lost))
    this.#options.onClosed(this, error)
  }

  #onHandshakeFrame(type: number, body: Buffer): void {
    const { identity } = this.#options
    if (type === frameTypes.refuse) throw new LinkRefused(`the peer refuses the link: ${decodeRefuse(body).reason}`)
    if (type === frameTypes.hello && this.#peer === undefined) {
      this.#peer = decodeHello(body)
      const version = commonVersion(this.#peer.versions)
      if (version === undefined)
        throw new LinkRefused(
          `the peer speaks protocol versions ${this.#peer.versions.join(', ')}; this side speaks ${protocolVersions.join(', ')}`,
        )
      this.#takesJson = version >= jsonInputVersion
      this.#takesDepth = version >= depthVersion
      const proof = proofOf(identity.secret, 'caller', { own: this.#nonce, other: this.#peer.nonce })
      this.#link.writer.frame(frameTypes.authenticate, 0, encodeHandshake({ proof, callers: identity.callers }))
      return
    }
    if (type !== frameTypes.welcome || this.#peer === undefined)
      throw new ProtocolViolation(`a frame of type ${type} came during the handshake`)
    const { proof, operations } = decodeWelcome(body)
    const expected = proofOf(identity.secret, 'called', { own: this.#peer.nonce, other: this.#nonce })
    if (!isSameProof(proof, expected)) throw new LinkRefused('the peer does not know the secret of this app')
    this.#offer.set(operations)
    this.#state = 'open'
    this.#link.opened()
    this.#options.onOpen(this)
  }

  #drain(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    this.#options.onGoAway(this)
    if (this.#inFlight === 0) void this.#link.close()
  }

  /** Sends the request, whose input may be {@link JsonText}; throws a `ServiceError` when it cannot. Returns the call's number on this link. */
  begin(call: Call, input: unknown, exchange: Exchange, hasItems: boolean): number {
    const { operation } = call.start
    if (this.#state !== 'open')
      throw new ServiceError('unavailable', `The connection to ${operation.service} is closed.`, { mayHaveRun: false })
    const carried = this.#offer.carried(operation)
    if (carried === undefined)
      throw new ServiceError(
        'unimplemented',
        `The running ${operation.service} does not offer ${operation.id}; deploy the version that does.`,
        { mayHaveRun: false },
      )
    if (this.#inFlight >= maxCallsInFlight) throw tooManyCalls(operation)
    const id = this.#free.pop() ?? this.#exchanges.length
    const { writer } = this.#link
    writer.begin(frameTypes.request, id)
    try {
      const json = exchange.json && carried.agrees
      const flags =
        (carried.agrees ? requestFlags.agrees : 0) |
        (json ? requestFlags.json : 0) |
        (hasItems ? requestFlags.items : 0)
      writeRequestHead(writer, call.start, {
        operation: carried.number,
        caller: this.#callers.get(call.start.caller) ?? 0xffff,
        flags,
        remainingMs: call.remainingMs(),
        depth: this.#takesDepth ? call.start.depth : 0,
        identities: this.#identities,
      })
      writePayload(writer, input instanceof JsonText && !this.#takesJson ? input.parse() : input, carried.input)
    } catch (error) {
      writer.abandon()
      this.#free.push(id)
      throw error
    }
    exchange.answerCodec = exchange.json && carried.agrees ? jsonCodec : carried.answer
    exchange.agrees = carried.agrees
    this.#exchanges[id] = exchange
    // Calls that come from many connections at once, as at an edge, go out together.
    writer.busy = ++this.#inFlight >= busyCalls
    writer.finish()
    return id
  }

  /** Sends an item of the caller. */
  sendItem(id: number, item: unknown, codec: Codec | undefined): void {
    const { writer } = this.#link
    writer.begin(frameTypes.item, id)
    try {
      writePayload(writer, item, codec)
    } catch (error) {
      writer.abandon()
      throw error
    }
    writer.finish()
  }

  /** Says that the caller sends no more items, or (`broken`) that their source failed. */
  sendEnd(id: number, how: 'done' | 'broken'): void {
    this.#link.writer.frame(frameTypes.end, id, how === 'done' ? undefined : Uint8Array.of(1))
  }

  /** Lets the peer send `count` more items. */
  sendCredit(id: number, count: number): void {
    this.#link.writer.number(frameTypes.credit, id, count)
    // At once: while the rest of what came is read here, the peer goes on.
    this.#link.writer.flush()
  }

  /**
   * Gives up a call that `exchange` waits for; without effect once it is over. Its number stays taken until the peer's
   * last frame for it has come, so that a late answer never meets another call.
   */
  abandon(id: number, exchange: Exchange, why: GivingUp): void {
    if (!this.waits(id, exchange)) return
    this.#exchanges[id] = abandoned
    this.#link.writer.frame(frameTypes.cancel, id, encodeGivingUp(why))
  }

  /** Whether the call is still unanswered. */
  waits(id: number, exchange: Exchange): boolean {
    return this.#exchanges[id] === exchange
  }

  #release(id: number): void {
    this.#exchanges[id] = undefined
    this.#free.push(id)
    this.#inFlight--
    if (this.#state === 'draining' && this.#inFlight === 0) void this.#link.close()
  }
}
