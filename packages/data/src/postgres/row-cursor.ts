import Cursor from 'pg-cursor'

import { toParameters } from './parameters.ts'

/** What pg's client calls; pg-cursor's types leave it out. The tests run against the pg of the lock file. */
interface Protocol {
  handleDataRow(message: unknown): void
}

const prototype = Cursor.prototype as unknown as Protocol

/** Rows one by one, of a statement whose parameters are written, and whose values are refused, like those of all others. */
export class RowCursor<Row> extends Cursor<Row> {
  #failure: { readonly error: unknown } | undefined

  constructor(text: string, values: readonly unknown[] = []) {
    super(text, toParameters(values))
  }

  /** pg-cursor lets what a parser throws through to the socket's listener, which would end the process. */
  handleDataRow(message: unknown): void {
    try {
      prototype.handleDataRow.call(this, message)
    } catch (error) {
      this.#failure ??= { error }
    }
  }

  /** To be called after each read: throws what made a value of these rows unreadable. */
  assertRead(): void {
    if (this.#failure) throw this.#failure.error
  }
}
