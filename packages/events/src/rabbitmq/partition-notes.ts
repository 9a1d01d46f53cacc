import type { Position } from './rabbit-positions.ts'

/** A change that concerns the whole subscription; each partition's owner carries it out. */
export interface Control {
  readonly id: string
  readonly paused?: boolean
  readonly to?: 'start' | { readonly timeMs: number }
}

/** What is stored of a partition of a subscription. */
export interface PartitionRecord extends Position {
  /** How many messages after its position are dealt with already. */
  readonly ahead: number
  /** The last message that was on loan to a member that left in order. Of one that did not, nobody knows. */
  readonly lent?: number | undefined
  readonly paused: boolean
  /** The last changes that were carried out. */
  readonly applied: readonly string[]
}

export type Note =
  | { readonly kind: 'mark'; readonly id: string }
  | { readonly kind: 'state'; readonly record: PartitionRecord }
  | ({ readonly kind: 'control' } & Control)

/** The notes that a partition's owner has received and not acknowledged, in their order. */
export class PartitionNotes {
  #notes: { readonly tag: number; readonly note: Note }[] = []

  add(tag: number, note: Note): void {
    this.#notes.push({ tag, note })
  }

  clear(): void {
    this.#notes = []
  }

  get state(): PartitionRecord | undefined {
    return this.#notes.flatMap(({ note }) => (note.kind === 'state' ? [note.record] : [])).at(-1)
  }

  get controls(): readonly Control[] {
    return this.#notes.flatMap(({ note }) => (note.kind === 'control' ? [note] : []))
  }

  /**
   * Removes what the newest state takes into account (all before it, up to the first change that it does not know) and
   * gives the tag up to which to acknowledge.
   */
  settle(): number | undefined {
    const newest = this.#notes.findLastIndex(({ note }) => note.kind === 'state')
    const state = this.#notes[newest]?.note
    if (state?.kind !== 'state') return undefined
    const known = state.record.applied
    const unknown = this.#notes.findIndex(({ note }) => note.kind === 'control' && !known.includes(note.id))
    const count = unknown === -1 ? newest : Math.min(newest, unknown)
    return this.#notes.splice(0, count).at(-1)?.tag
  }
}

/** How the queue of a partition's notes is made; the limit of deliveries is raised out of the way. */
export const notesQueue: { readonly 'x-queue-type': 'quorum' } & Readonly<Record<string, unknown>> = {
  'x-queue-type': 'quorum',
  'x-single-active-consumer': true,
  'x-delivery-limit': 1_000_000_000,
}

/** The broker deletes it when no member has been there for ten minutes: one that was killed deletes nothing. */
export const ephemeralNotesQueue: typeof notesQueue = { ...notesQueue, 'x-expires': 600_000 }
