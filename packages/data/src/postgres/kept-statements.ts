import type { KeptStatement } from './joined-query.ts'

/** Begins a statement that comes again and again: each connection keeps it at the server, parsed and planned. */
export const kept: string = '/* kept */ '
/** The same, and it may wait for the commit and be sent with it; if something else comes before, it is sent before that. */
export const withCommit: string = '/* kept, with commit */ '

export function isKept(text: string): boolean {
  return text.startsWith(kept) || text.startsWith(withCommit)
}

/** Each takes memory of the server, for each connection. */
const mostKept = 100

/**
 * The statements that one connection keeps, by their texts. One that has failed is sent anew: the server may have lost it
 * (`deallocate all`, a pooler that changes servers), or refuse the plan since its tables have changed.
 */
export class KeptStatements {
  readonly #byText: Map<string, KeptStatement> = new Map()

  /** Undefined: there are too many. */
  find(text: string): KeptStatement | undefined {
    const known = this.#byText.get(text)
    if (known !== undefined || this.#byText.size >= mostKept) return known
    const fresh = { name: `holon_${this.#byText.size}`, isKnown: false }
    this.#byText.set(text, fresh)
    return fresh
  }

  /** Whether the server has it for certain. */
  answered(text: string, isKnown: boolean): void {
    const before = this.#byText.get(text)
    if (before !== undefined && before.isKnown !== isKnown) this.#byText.set(text, { ...before, isKnown })
  }
}
