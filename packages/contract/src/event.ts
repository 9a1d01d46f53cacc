import type { OutputOf, Schema } from './schema.ts'

/** Something that happened in a service, told to whoever subscribes. */
export interface EventDefinition<S extends Schema = Schema> {
  readonly kind: 'event'
  readonly data: S
  /** The field of `data` by which events are ordered: those with equal keys are handled in order of publishing. */
  readonly key?: string
  readonly description?: string
}

/** Declares an event of a contract. */
export function event<const S extends Schema>(options: {
  readonly data: S
  readonly key?: keyof OutputOf<S> & string
  readonly description?: string
}): EventDefinition<S> {
  return { kind: 'event', ...options }
}

/** An event of a contract: its definition, with the names it got there. */
export interface ContractEvent<D extends EventDefinition = EventDefinition> {
  /** `service.event`. */
  readonly id: string
  readonly service: string
  readonly name: string
  readonly definition: D
}
