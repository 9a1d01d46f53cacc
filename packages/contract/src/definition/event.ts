import { fingerprintOf } from '../kernel/fingerprint.ts'
import { type CompiledSchema, compileSchema } from '../schema/compiled-schema.ts'
import type { InputOf, OutputOf, Schema } from '../schema/schema.ts'

/** Something that happened in a service, told to whoever subscribes. */
export interface EventDefinition<S extends Schema = Schema> {
  readonly kind: 'event'
  readonly data: S
  /** The field of `data` by which events are ordered: those with equal keys are handled in order of publishing. */
  readonly key?: string
  readonly description?: string
}

/**
 * Declares an event of a contract. `key`: the field by which events are ordered; without it they are in no order.
 *
 * @example
 * const placed = event({ key: 'orderId', data: z.object({ orderId: z.string(), totalCents: z.int() }) })
 */
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
  /** Parser and fingerprint, made once by `defineContract`. */
  readonly compiled: CompiledEvent
  /**
   * For the compiler alone: it is never there. A generic function that asked the schema for its types would have the
   * compiler work them out for every place that names it.
   */
  readonly '~types'?: { readonly input: InputOf<D['data']>; readonly output: OutputOf<D['data']> }
}

/** The data that an event is published with. */
export type EventInput<E extends ContractEvent> = E extends { readonly '~types'?: { readonly input: infer I } }
  ? I
  : never

/** The data of an event as a handler gets it. */
export type EventData<E extends ContractEvent> = E extends { readonly '~types'?: { readonly output: infer O } }
  ? O
  : never

/** What is worked out once per event, when its contract is defined. */
export interface CompiledEvent {
  readonly data: CompiledSchema
  /** Equal for events with equal promises. */
  readonly fingerprint: string
}

/** Compiles an event; calls `report` for each mistake. */
export function compileEvent(definition: EventDefinition, report: (problem: string) => void): CompiledEvent {
  const { key } = definition
  const data = compileSchema(definition.data, 'data', report)
  const properties = data.outputJson['properties']
  const fields = typeof properties === 'object' && properties !== null ? Object.keys(properties) : undefined
  if (key !== undefined && fields !== undefined && !fields.includes(key))
    report(`the key '${key}' is no field of the data; it has ${fields.join(', ')}`)
  const fingerprint = fingerprintOf({ data: [data.inputJson, data.outputJson], key })
  return { data, fingerprint }
}
