import { Buffer } from 'node:buffer'
import { fromWireError, type Operation, type Platform, ServiceError } from '@holon/contract'
import type { Call } from './call.ts'
import { frameTypes, ProtocolViolation, protocolVersion } from './frames.ts'
import { type Authenticate, commonVersion, decodeHello, decodeRefuse, decodeWelcome, encodeHandshake, type Hello, isSameProof, proofOf } from './handshake.ts'
import { Link } from './link.ts'
import type { ByteStream } from './network.ts'
import { readPayload, writePayload } from './payload.ts'
import { writeRequestHead } from './request-head.ts'

/** What this side shows of itself, and who may call over the link. */
export interface LinkIdentity {
  readonly instance: string
  readonly secret: string | undefined
  readonly callers: Authenticate['callers']
}

/** One call over the link, as the frames that concern it see it. The first of response, error or end is the last. */
export interface Exchange {
  onResponse(value: unknown): void
  onError(error: ServiceError): void
  onItem(value: unknown): void
  onEnd(): void
  onCredit(count: number): void
}

/** Takes the frames of a call that was given up, until its last one. */
const abandoned: Exchange = { onResponse: () => {}, onError: () => {}, onItem: () => {}, onEnd: () => {}, onCredit: () => {} }

export interface LinkClientOptions {
  readonly stream: ByteStream
  readonly platform: Platform
  readonly identity: LinkIdentity
  /** The handshake has succeeded. */
  onOpen(client: LinkClient): void
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
  #operations = new Map<string, { readonly number: number; readonly fingerprint: string }>()
  readonly #exchanges: (Exchange | undefined)[] = []
  readonly #free: number[] = []
  #inFlight = 0

  constructor(options: LinkClientOptions) {
    this.#options = options
    this.#nonce = Buffer.from(options.platform.randomBytes(16)).toString('base64url')
    this.#link = new Link(options.stream, options.platform, this)
    const hello: Hello = { versions: [protocolVersion], instance: options.identity.instance, nonce: this.#nonce }
    this.#link.writer.frame(frameTypes.hello, 0, encodeHandshake(hello))
  }

  get open(): boolean {
    return this.#state === 'open'
  }

  get closed(): boolean {
    return this.#state === 'closed'
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Whether the peer offers the operation. */
  offers(operation: Operation): boolean {
    return this.#operations.has(operation.id)
  }

  /** Closes; calls in flight fail with `unavailable`. */
  close(): void {
    this.#link.close()
  }

  /** Takes no new calls; closes at once, or (`gracefully`) after the calls in flight. */
  closeWhenIdle(gracefully: boolean): void {
    if (gracefully) this.#drain()
    else this.#link.close()
  }

  onFrame(type: number, id: number, buffer: Buffer, start: number, end: number): void {
    if (this.#state === 'handshake') return this.#onHandshakeFrame(type, buffer.subarray(start, end))
    if (type === frameTypes.goAway) return this.#drain()
    const exchange = this.#exchanges[id]
    if (exchange === undefined) throw new ProtocolViolation(`a frame of type ${type} came for call ${id}, which is not running`)
    if (type === frameTypes.item) return exchange.onItem(readPayload(buffer, start, end))
    if (type === frameTypes.credit && end - start === 4) return exchange.onCredit(buffer.readUInt32LE(start))
    if (type === frameTypes.response) this.#release(id), exchange.onResponse(readPayload(buffer, start, end))
    else if (type === frameTypes.error) this.#release(id), exchange.onError(fromWireError(readPayload(buffer, start, end)))
    else if (type === frameTypes.end) this.#release(id), exchange.onEnd()
    else throw new ProtocolViolation(`a frame of type ${type} is not expected here`)
  }

  onClosed(error: Error | undefined): void {
    this.#state = 'closed'
    for (const exchange of this.#exchanges.splice(0)) exchange?.onError(new ServiceError('unavailable', 'The connection was lost while the call was running; it may or may not have been carried out.'))
    this.#options.onClosed(this, error)
  }

  #onHandshakeFrame(type: number, body: Buffer): void {
    const { identity } = this.#options
    if (type === frameTypes.refuse) throw new ProtocolViolation(`the peer refuses the link: ${decodeRefuse(body).reason}`)
    if (type === frameTypes.hello && this.#peer === undefined) {
      this.#peer = decodeHello(body)
      if (commonVersion(this.#peer.versions) === undefined) throw new ProtocolViolation(`the peer speaks protocol versions ${this.#peer.versions.join(', ')}; this side speaks ${protocolVersion}`)
      const proof = proofOf(identity.secret ?? '', 'caller', { own: this.#nonce, other: this.#peer.nonce })
      this.#link.writer.frame(frameTypes.authenticate, 0, encodeHandshake({ proof, callers: identity.callers }))
      return
    }
    if (type !== frameTypes.welcome || this.#peer === undefined) throw new ProtocolViolation(`a frame of type ${type} came during the handshake`)
    const { proof, operations } = decodeWelcome(body)
    const expected = proofOf(identity.secret ?? '', 'called', { own: this.#peer.nonce, other: this.#nonce })
    if (!isSameProof(proof, expected)) throw new ProtocolViolation('the peer does not know the secret of this app')
    operations.forEach(({ id, fingerprint }, number) => this.#operations.set(id, { number, fingerprint }))
    this.#state = 'open'
    this.#link.reader.trust()
    this.#options.onOpen(this)
  }

  #drain(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    this.#options.onGoAway(this)
    if (this.#inFlight === 0) this.#link.close()
  }

  /** Whether the peer's contract of the operation equals this side's, so that its values need no second check. */
  agrees(operation: Operation): boolean {
    return this.#operations.get(operation.id)?.fingerprint === operation.compiled.fingerprint
  }

  /** Sends the request; throws a `ServiceError` when it cannot. Returns the call's number on this link. */
  begin(call: Call, input: unknown, exchange: Exchange, hasItems: boolean): number {
    const { operation } = call.start
    if (this.#state !== 'open') throw new ServiceError('unavailable', `The connection to ${operation.service} is closed.`, { mayHaveRun: false })
    const offered = this.#operations.get(operation.id)
    if (offered === undefined) throw new ServiceError('unimplemented', `The running ${operation.service} does not offer ${operation.id}; deploy the version that does.`, { mayHaveRun: false })
    const caller = this.#options.identity.callers.findIndex(({ name }) => name === call.caller)
    const id = this.#free.pop() ?? this.#exchanges.length
    const { writer } = this.#link
    writer.begin(frameTypes.request, id)
    try {
      writeRequestHead(writer, call, { operation: offered.number, caller: caller === -1 ? 0xffff : caller }, { body: input !== undefined, items: hasItems })
      if (input !== undefined) writePayload(writer, input, `The input of ${operation.id}`)
    } catch (error) {
      writer.abandon()
      this.#free.push(id)
      throw error
    }
    this.#exchanges[id] = exchange
    this.#inFlight++
    writer.finish()
    return id
  }

  /** Sends an item of the caller. */
  sendItem(id: number, item: unknown, what: string): void {
    const { writer } = this.#link
    writer.begin(frameTypes.item, id)
    try {
      writePayload(writer, item, what)
    } catch (error) {
      writer.abandon()
      throw error
    }
    writer.finish()
  }

  /** Says that the caller sends no more items. */
  sendEnd(id: number): void {
    this.#link.writer.frame(frameTypes.end, id)
  }

  /** Lets the peer send `count` more items. */
  sendCredit(id: number, count: number): void {
    const body = Buffer.allocUnsafe(4)
    body.writeUInt32LE(count)
    this.#link.writer.frame(frameTypes.credit, id, body)
  }

  /**
   * Gives up a call that `exchange` waits for; without effect once it is over. Its number stays taken until the peer's
   * last frame for it has come, so that a late answer never meets another call.
   */
  abandon(id: number, exchange: Exchange): void {
    if (!this.waits(id, exchange)) return
    this.#exchanges[id] = abandoned
    this.#link.writer.frame(frameTypes.cancel, id)
  }

  /** Whether the call is still unanswered. */
  waits(id: number, exchange: Exchange): boolean {
    return this.#exchanges[id] === exchange
  }

  #release(id: number): void {
    this.#exchanges[id] = undefined
    this.#free.push(id)
    this.#inFlight--
    if (this.#state === 'draining' && this.#inFlight === 0) this.#link.close()
  }

}
