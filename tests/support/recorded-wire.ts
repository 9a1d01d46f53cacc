import type { Platform } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { type Address, type ByteStream, memoryNetwork, type Network } from '@holon/rpc'

/** What one side of a link wrote, and then the other, and so on, as hex. */
export interface Recording {
  readonly description: string
  readonly turns: readonly { readonly from: 'client' | 'server'; readonly hex: string }[]
}

type Turn = { readonly from: 'client' | 'server'; hex: string }

/** Time stands still and chance gives always the same, so that a session has the same bytes each time. */
export function frozenPlatform(): Platform {
  return {
    ...systemPlatform(),
    now: () => 1_750_000_000_000,
    monotonicMs: () => 1_000,
    random: () => 0.25,
    randomBytes: (length) => new Uint8Array(length).fill(7),
  }
}

/** A network in memory that writes down what passes over its one link. */
export function recordingNetwork(): { readonly network: Network; readonly turns: readonly Turn[] } {
  const inner = memoryNetwork()
  const turns: Turn[] = []
  const note = (from: Turn['from'], bytes: Uint8Array): void => {
    const hex = Buffer.from(bytes).toString('hex')
    const last = turns.at(-1)
    if (last?.from === from) last.hex += hex
    else turns.push({ from, hex })
  }
  const network: Network = {
    listen: (address, onConnection) =>
      inner.listen(address, (stream) => onConnection(noted(stream, (bytes) => note('server', bytes)))),
    connect: async (address, timeoutMs) =>
      noted(await inner.connect(address, timeoutMs), (bytes) => note('client', bytes)),
  }
  return { network, turns }
}

function noted(stream: ByteStream, note: (bytes: Uint8Array) => void): ByteStream {
  return {
    peer: stream.peer,
    onData: (receive) => stream.onData(receive),
    onClose: (closed) => stream.onClose(closed),
    onDrain: (drained) => stream.onDrain(drained),
    write: (bytes) => {
      note(bytes)
      return stream.write(bytes)
    },
    writeAll: (pieces) => {
      pieces.forEach(note)
      stream.writeAll(pieces)
    },
    get pendingBytes() {
      return stream.pendingBytes
    },
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    end: () => stream.end(),
    destroy: () => stream.destroy(),
  }
}

/**
 * A network at whose other end the recording speaks: it plays what it has whenever this side has written what the
 * recorded one had. `written` is what this side wrote.
 */
export function replayingNetwork(
  recording: Recording,
  live: 'client' | 'server',
): { readonly network: Network; readonly written: () => string; connect(): void } {
  let written = ''
  let next = 0
  let expected = ''
  let receive: ((chunk: Uint8Array) => void) | undefined
  let closed: ((error: Error | undefined) => void) | undefined
  const close = (): void => {
    const tell = closed
    closed = undefined
    queueMicrotask(() => tell?.(undefined))
  }
  const advance = (): void => {
    for (;;) {
      const turn = recording.turns[next]
      if (turn === undefined || receive === undefined) return
      if (turn.from === live) {
        if (written.length < expected.length + turn.hex.length) return
        expected += turn.hex
      } else {
        const bytes = Buffer.from(turn.hex, 'hex')
        const deliver = receive
        queueMicrotask(() => deliver(bytes))
      }
      next++
    }
  }
  const stream: ByteStream = {
    peer: 'the recording',
    onData: (take) => {
      receive = take
      queueMicrotask(advance)
    },
    onClose: (tell) => {
      closed = tell
    },
    onDrain: () => {},
    write: (bytes) => {
      written += Buffer.from(bytes).toString('hex')
      advance()
      return true
    },
    writeAll: (pieces) => pieces.forEach((piece) => stream.write(piece)),
    pendingBytes: 0,
    pause: () => {},
    resume: () => {},
    end: close,
    destroy: close,
  }
  let accept: (connection: ByteStream) => void = () => {}
  const network: Network = {
    listen: (address: Address, onConnection) => {
      accept = onConnection
      return Promise.resolve({ address, close: () => Promise.resolve() })
    },
    connect: () => Promise.resolve(stream),
  }
  return { network, written: () => written, connect: () => accept(stream) }
}
