import type { Platform } from '@holon/contract'

import type { FailureKind } from './store-failures.ts'

/** So long a failure counts that no later change has disproved: whoever sends no calls here meanwhile will try again. */
const rememberedMs = 30_000

const lasting: ReadonlySet<FailureKind> = new Set(['full', 'readOnly', 'broken'])

/** Remembers what `select 1` does not show: that changes fail, since the disk is full, broken or read-only. */
export class StoreHealth {
  readonly #platform: Platform
  #failure: { readonly error: Error; readonly atMs: number } | undefined

  constructor(platform: Platform) {
    this.#platform = platform
  }

  /** Whether {@link changed} would change anything: asked after each statement. */
  get isIll(): boolean {
    return this.#failure !== undefined
  }

  failed(kind: FailureKind, error: Error): void {
    if (lasting.has(kind)) this.#failure = { error, atMs: this.#platform.monotonicMs() }
  }

  /** A change was stored. */
  changed(): void {
    this.#failure = undefined
  }

  /** Throws what changes failed with last, if that was a short time ago. */
  assertWell(): void {
    if (this.#failure === undefined) return
    if (this.#platform.monotonicMs() - this.#failure.atMs < rememberedMs) throw this.#failure.error
    this.#failure = undefined
  }
}
