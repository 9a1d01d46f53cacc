import type { CompiledSchema, Operation, ServiceError } from '@holon/contract'

import { errorForCaller, parseOwn } from '../call/checked-values.ts'
import type { ItemSource, Pulled } from './items.ts'

export interface AnsweredParts {
  readonly operation: Operation
  /** Parses the input and calls the handler; a promise only where that waits for something. May throw. */
  readonly begin: () => ItemSource | Promise<ItemSource>
  /** Called once, when a handler that had begun has finished; `error` is what its caller is told. */
  readonly onEnd: (error: ServiceError | undefined, cause: unknown) => void
}

/**
 * The items that a handler answers with, each parsed into a copy. Begins when the first is pulled; fails only with
 * `ServiceError`s. A handler that is left while it makes an item is asked to end when that is done.
 */
export class AnsweredItems implements ItemSource {
  readonly #parts: AnsweredParts
  readonly #schema: CompiledSchema
  #source: ItemSource | undefined
  #waits = false
  #left = false
  #over = false

  constructor(parts: AnsweredParts) {
    this.#parts = parts
    // Only operations that answer with items are answered so.
    this.#schema = parts.operation.compiled.serverStream as CompiledSchema
  }

  pull(): Pulled {
    if (this.#over || this.#left) return noMore
    try {
      const source = this.#source ?? this.#parts.begin()
      if (source instanceof Promise) return this.#wait(source.then((begun) => (this.#source = begun).pull()))
      this.#source = source
      this.#waits = true
      const result = source.pull()
      return result instanceof Promise ? result.then(this.#arrived, this.#failed) : this.#arrived(result)
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** Resolves when the handler has ended. */
  async leave(): Promise<void> {
    if (this.#left || this.#over) return
    this.#left = true
    if (!this.#waits) await this.#leaveSource()
  }

  #wait(result: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    this.#waits = true
    return result.then(this.#arrived, this.#failed)
  }

  readonly #arrived = (result: IteratorResult<unknown>): Pulled => {
    this.#waits = false
    try {
      return this.#left && result.done !== true ? this.#leaveSource() : this.#taken(result)
    } catch (error) {
      return this.#failed(error) // a foreign iterator's result need not be one
    }
  }

  readonly #failed = (error: unknown): Promise<never> => {
    this.#waits = false
    return this.#fail(error)
  }

  #taken(result: IteratorResult<unknown>): Pulled {
    if (result.done === true) {
      this.#end(undefined, undefined)
      return noMore
    }
    try {
      const value = parseOwn(this.#parts.operation, this.#schema, result.value, 'item')
      if (!(value instanceof Promise)) return { done: false, value }
      this.#waits = true
      return value.then(this.#parsed, this.#refused)
    } catch (error) {
      return this.#refused(error)
    }
  }

  readonly #parsed = (value: unknown): Pulled => {
    this.#waits = false
    return this.#left ? this.#leaveSource() : { done: false, value }
  }

  /** The handler gave an item that its contract refuses. */
  readonly #refused = async (error: unknown): Promise<never> => {
    this.#waits = false
    try {
      await this.#source?.leave()
    } catch {
      // What was wrong with the item is the news.
    }
    return this.#fail(error)
  }

  async #leaveSource(): Promise<IteratorResult<unknown>> {
    try {
      await this.#source?.leave()
    } catch (error) {
      return this.#fail(error)
    }
    if (this.#source) this.#end(undefined, undefined)
    return noMore
  }

  async #fail(thrown: unknown): Promise<never> {
    const { error, cause } = await errorForCaller(this.#parts.operation, thrown)
    this.#end(error, cause)
    throw error
  }

  #end(error: ServiceError | undefined, cause: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#parts.onEnd(error, cause)
  }
}

const noMore: IteratorResult<unknown> = Object.freeze({ done: true, value: undefined })
