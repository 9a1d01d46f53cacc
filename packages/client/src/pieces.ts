import type { FetchResponse } from './fetch.ts'

/** The text of a response, piece by piece. */
export interface Pieces {
  /** Undefined at the end. */
  next(): Promise<string | undefined>
  /** Whether a piece comes as soon as it is there. */
  readonly areLive: boolean
  /** No more is wanted. Not every fetch heeds its signal once it has answered. */
  cancel(): void
}

/**
 * Reads the text of a response as it comes. Where its body cannot be read so, as in React Native, it is read as one
 * piece, which is there when the response has ended.
 */
export function piecesOf(response: FetchResponse): Pieces {
  const { body } = response
  if (!isReadable(body)) return wholeOf(response)
  const reader = body.getReader()
  const decoder = new TextDecoder()
  return {
    areLive: true,
    async next() {
      const { done, value } = await reader.read()
      return done ? undefined : decoder.decode(value, { stream: true })
    },
    cancel: () => void reader.cancel().catch(() => {}),
  }
}

function wholeOf(response: FetchResponse): Pieces {
  let isRead = false
  return {
    areLive: false,
    async next() {
      if (isRead) return undefined
      isRead = true
      return await response.text()
    },
    cancel: () => {},
  }
}

interface Readable {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }>
    cancel(): Promise<void>
  }
}

/** Safari's streams have a reader and cannot be iterated, so the reader is what is asked for. */
function isReadable(body: unknown): body is Readable {
  return typeof body === 'object' && body !== null && 'getReader' in body && typeof body.getReader === 'function'
}
