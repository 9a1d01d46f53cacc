import { createHash } from 'node:crypto'

import { fieldOf } from '@holon/contract'

/** Begins a statement that comes again and again: each connection keeps it at the server, parsed and planned. */
export const kept: string = '/* kept */ '
/** The same, and it may wait for the commit and be sent with it; if something else comes before, it is sent before that. */
export const withCommit: string = '/* kept, with commit */ '

/** Each takes memory of the server, for each connection. */
const mostKept = 100
const unknownStatement = '26000'

/**
 * The statements that the connections of a store keep. A connection whose server does not have what it was given is one of
 * a pooler that changes servers, and then none is kept any more.
 */
export class KeptStatements {
  readonly #names: Map<string, string> = new Map()
  #areLost = false

  /** Undefined: it is not kept. */
  nameOf(text: string): string | undefined {
    if (this.#areLost || !(text.startsWith(kept) || text.startsWith(withCommit))) return undefined
    const known = this.#names.get(text)
    if (known !== undefined || this.#names.size >= mostKept) return known
    // The same for the same text only: behind a pooler there may be those of other processes.
    const name = `holon_${createHash('sha256').update(text).digest('base64url')}`
    this.#names.set(text, name)
    return name
  }

  failed(error: unknown): void {
    if (fieldOf(error, 'code') === unknownStatement) this.#areLost = true
  }
}
