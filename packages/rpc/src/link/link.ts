import type { Buffer } from 'node:buffer'

import { messageOf, type Platform, type Timer } from '@holon/contract'

import type { ByteStream } from '../network/network.ts'
import { FrameReader } from '../wire/frame-reader.ts'
import { FrameWriter } from '../wire/frame-writer.ts'
import { frameTypes, LinkRefused, ProtocolViolation, windowBytes } from '../wire/frames.ts'
import { MessageAssembly } from '../wire/message-assembly.ts'

/** Both sides must have finished the handshake within this. */
const handshakeMs = 5_000

/** Silence after which a ping is sent. */
const pingAfterMs = 15_000
/**
 * How long each ping is waited for; after the last the link counts as dead. The last wait is there for a process that
 * itself stood still: when it goes on, its timers are called before it reads what has come meanwhile.
 */
const pongWithinMs: readonly number[] = [15_000, 1_000]

/** What is still to be sent when a link is closed must have been read by the peer within this. */
const lingerMs = 2_000

/** A called side stops reading requests while this much of its answers waits for a peer that does not read them. */
const congestedBytes = 1024 * 1024

/** What the two ends of a link do differently. */
export interface LinkEnd {
  /** A frame other than ping and pong. May throw a `ProtocolViolation`. */
  onFrame(type: number, call: number, buffer: Buffer, start: number, end: number): void
  /** What waited to be sent has been taken by the system. */
  onDrain?(): void
  /** Called once. `error`: what broke it; undefined for an ordinary close. */
  onClosed(error: Error | undefined): void
}

/**
 * One connection to a peer process: frames in, frames out, and a watch over its life. A peer that breaks the protocol
 * or falls silent is cut off; nothing else is disturbed.
 */
export class Link {
  readonly writer: FrameWriter
  readonly reader: FrameReader
  readonly stream: ByteStream
  /** The long strings that came ahead of the frame that is being handled. */
  texts: readonly string[] | undefined = undefined
  readonly #end: LinkEnd
  readonly #platform: Platform
  readonly #assembly = new MessageAssembly()
  /** `closing`: sends what waits, takes nothing more. */
  #state: 'handshake' | 'open' | 'closing' | 'closed' = 'handshake'
  #held = false
  readonly #ended: Promise<void>
  /** Bytes of parts read since the peer was last told. */
  #readBytes = 0
  #lastHeardMs: number
  /** Pings since something was heard last. */
  #pings = 0
  #watch: Timer | undefined
  #handshake: Timer | undefined

  constructor(stream: ByteStream, platform: Platform, end: LinkEnd) {
    this.stream = stream
    this.#platform = platform
    this.#end = end
    this.#lastHeardMs = platform.monotonicMs()
    this.writer = new FrameWriter(stream)
    this.reader = new FrameReader((type, call, buffer, start, stop) => this.#receive(type, call, buffer, start, stop))
    stream.onData((chunk) => this.#push(chunk))
    stream.onDrain(() => {
      if (this.#held) stream.resume()
      this.#held = false
      end.onDrain?.()
    })
    this.#ended = new Promise((resolve) => {
      stream.onClose((error) => {
        this.#close(error ?? this.#truncation())
        resolve()
      })
    })
    const late = (): void => this.abort(new LinkRefused(`the handshake was not finished within ${handshakeMs} ms`))
    this.#handshake = platform.setTimer(late, handshakeMs).unref()
    this.#watchLife(pingAfterMs)
  }

  /** When the bytes that are being handled came, on the monotonic clock. */
  get heardMs(): number {
    return this.#lastHeardMs
  }

  /** The handshake has succeeded: larger frames may come. */
  opened(): void {
    this.#handshake?.cancel()
    this.#state = 'open'
    this.reader.trust()
  }

  /** Reads nothing more until the peer has taken what is to be sent, if that is much. */
  holdBack(): void {
    if (this.#held || !this.congested) return
    this.#held = true
    this.stream.pause()
  }

  /**
   * Takes nothing more, sends what waits, then closes; `reason` says why, where that is not the ordinary end. Resolves
   * when the connection is closed; a peer that does not read is left after {@link lingerMs}.
   */
  close(reason?: Error): Promise<void> {
    if (this.#state === 'handshake' || this.#state === 'open') {
      this.writer.flush()
      this.#leave('closing', reason)
      const cut = this.#platform.setTimer(() => this.stream.destroy(), lingerMs).unref()
      void this.#ended.then(() => cut.cancel())
      this.#endWhenSent()
    }
    return this.#ended
  }

  /** Cuts the connection at once; `error` says why. */
  abort(error: Error): void {
    this.stream.destroy()
    this.#close(error)
  }

  #push(chunk: Uint8Array): void {
    if (this.#state === 'closed') return
    this.#lastHeardMs = this.#platform.monotonicMs()
    this.#pings = 0
    try {
      this.reader.push(chunk)
    } catch (error) {
      this.abort(
        error instanceof ProtocolViolation || error instanceof LinkRefused
          ? error
          : new ProtocolViolation(`a frame could not be handled: ${messageOf(error)}`),
      )
    }
  }

  #receive(type: number, call: number, buffer: Buffer, start: number, end: number): void {
    if (this.#state === 'closed') return
    if (this.#state === 'handshake') return this.#end.onFrame(type, call, buffer, start, end)
    if (type === frameTypes.window && end - start === 4) {
      this.writer.grant(buffer.readUInt32LE(start))
      return this.#endWhenSent()
    }
    if (this.#state === 'closing' || type === frameTypes.pong) return
    if (type === frameTypes.ping) return this.writer.frame(frameTypes.pong, 0)
    if (type === frameTypes.part || type === frameTypes.text)
      return this.#receivePart(type, call, buffer.subarray(start, end))
    const whole = this.#assembly.complete(call, buffer, start, end)
    if (whole === undefined) return this.#end.onFrame(type, call, buffer, start, end)
    this.texts = whole.texts
    this.#end.onFrame(type, call, whole.body, 0, whole.body.length)
    this.texts = undefined
  }

  #receivePart(type: number, call: number, body: Buffer): void {
    if (type === frameTypes.part) this.#assembly.addPart(call, body)
    else this.#assembly.addText(call, body)
    this.#readBytes += body.length
    if (this.#readBytes < windowBytes / 4) return
    this.writer.number(frameTypes.window, 0, this.#readBytes)
    this.#readBytes = 0
  }

  /** Whether so much waits to be sent that nothing new should be added. */
  get congested(): boolean {
    return this.stream.pendingBytes > congestedBytes
  }

  #truncation(): Error | undefined {
    return this.reader.partial ? new ProtocolViolation('the connection ended inside a frame') : undefined
  }

  #close(error: Error | undefined): void {
    this.#leave('closed', error)
    this.writer.close()
  }

  /** Leaves `handshake` or `open`; the end is told once. */
  #leave(state: 'closing' | 'closed', error: Error | undefined): void {
    const before = this.#state
    if (before === 'closed') return
    this.#state = state
    this.#assembly.clear()
    this.#handshake?.cancel()
    this.#watch?.cancel()
    if (before !== 'closing') this.#end.onClosed(error)
  }

  #endWhenSent(): void {
    if (this.#state === 'closing' && !this.writer.pending) this.stream.end()
  }

  /** Timers are always a little late: what counts is whether a ping was answered, never how often was looked. */
  #watchLife(waitMs: number): void {
    const look = (): void => {
      const silentMs = this.#platform.monotonicMs() - this.#lastHeardMs
      if (this.#pings === 0 && silentMs < pingAfterMs) return this.#watchLife(pingAfterMs - silentMs)
      const answerMs = pongWithinMs[this.#pings++]
      if (answerMs === undefined)
        return this.abort(new Error(`the peer has been silent for ${Math.round(silentMs / 1000)} s`))
      this.writer.frame(frameTypes.ping, 0)
      this.#watchLife(answerMs)
    }
    this.#watch = this.#platform.setTimer(look, waitMs, 'upkeep').unref()
  }
}
