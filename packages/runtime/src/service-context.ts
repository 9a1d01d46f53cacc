import type { CallContext, ContractEvent, Observer, Platform, TraceContext } from '@holon/contract'
import type { PublishOptions, SqlStore, Store } from '@holon/data'
import { type Call, type Calls, createClientFactory } from '@holon/rpc'

import type { HandlerContext, Log, ServiceDefinition, ServiceScope } from './service.ts'

/** What a service has at hand, for as long as it runs. */
export interface ScopeParts {
  readonly store: Store | undefined
  readonly config: unknown
  readonly platform: Platform
  readonly observer: Observer
  readonly stopping: AbortSignal
  /** Publishes outside of any transaction. */
  readonly publish: Publish
}

export type Publish = (
  event: ContractEvent,
  data: unknown,
  options: PublishOptions & { readonly trace?: TraceContext },
) => Promise<void>

/** What a handler has besides the scope that answers no call: the event, its unit of work. */
export type Unit = Readonly<Record<string, unknown>>

/** Makes the contexts of one service: one for the service itself, and one for each call it answers. */
export interface ContextFactory {
  readonly scope: ServiceScope
  forCall(call: Call): HandlerContext
  /** The context of a handler that nobody called; `unit` goes before the scope. */
  forUnit(call: Call, unit: Unit): HandlerContext
}

/**
 * Builds a service's contexts. What all calls share lives on one prototype, so that the context of a call is one small
 * object; a client is bound to the call when it is first used.
 */
export function createContextFactory(
  definition: ServiceDefinition,
  calls: Pick<Calls, 'call' | 'stream'>,
  parts: ScopeParts,
): ContextFactory {
  const { name } = definition.contract
  const uses = new Set(Object.values(definition.uses).map((contract) => contract.name))
  const prototype: object = Object.create(callProperties, {
    store: storeProperty(parts.store),
    publish: { value: publishMethod(parts.publish), enumerable: true },
    config: { value: parts.config, enumerable: true },
    platform: { value: parts.platform, enumerable: true },
    stopping: { value: parts.stopping, enumerable: true },
    log: { get: logGetter(name, parts.observer), enumerable: true },
  })
  for (const [key, contract] of Object.entries(definition.uses)) {
    const bind = createClientFactory(contract, calls)
    Object.defineProperty(prototype, key, {
      enumerable: true,
      get(this: ContextOfCall) {
        return bind({ name, uses, parent: this[callOf] })
      },
    })
  }
  class Context implements ContextOfCall {
    readonly [callOf]: Call | undefined

    constructor(call: Call | undefined) {
      this[callOf] = call
    }
  }
  Object.setPrototypeOf(Context.prototype, prototype)
  // All that makes a context comes from the prototype above; the compiler sees the symbol only.
  const create = (call: Call | undefined): HandlerContext => new Context(call) as unknown as HandlerContext
  return {
    scope: create(undefined),
    forCall: create,
    forUnit: (call, unit) => {
      const context = create(call)
      for (const [key, value] of Object.entries(unit)) Object.defineProperty(context, key, { value, enumerable: true })
      return context
    },
  }
}

/** Transactions begun while a call is answered carry its trace, so that the events published in them do. */
function storeProperty(store: Store | undefined): PropertyDescriptor {
  if (!isSqlStore(store)) return { value: store, enumerable: true }
  return {
    enumerable: true,
    get(this: ContextOfCall): SqlStore<unknown> {
      const call = this[callOf]
      if (call === undefined) return store
      const transaction: SqlStore<unknown>['transaction'] = (work, options) =>
        store.transaction(work, { trace: call.trace, ...options })
      // The store itself, with another `transaction`.
      const bound = Object.create(store, { transaction: { value: transaction, enumerable: true } }) as SqlStore<unknown>
      Object.defineProperty(this, 'store', { value: bound, enumerable: true })
      return bound
    },
  }
}

/** Whether it keeps an outbox and an inbox. */
export function isSqlStore(store: Store | undefined): store is SqlStore<unknown> {
  return store !== undefined && 'transaction' in store && 'events' in store
}

function publishMethod(
  publish: Publish,
): (event: ContractEvent, data: unknown, options?: PublishOptions) => Promise<void> {
  return function (this: ContextOfCall, event, data, options) {
    const call = this[callOf]
    return publish(event, data, call === undefined ? { ...options } : { ...options, trace: call.trace })
  }
}

const callOf: unique symbol = Symbol('call')

interface ContextOfCall {
  readonly [callOf]: Call | undefined
}

/** The members of `CallContext`, read from the call that the context belongs to. */
const callProperties: object = Object.create(
  null,
  Object.fromEntries(
    (
      [
        'operation',
        'caller',
        'identity',
        'idempotencyKey',
        'trace',
        'signal',
      ] as const satisfies readonly (keyof CallContext)[]
    ).map((member) => [
      member,
      {
        enumerable: true,
        get(this: ContextOfCall) {
          return this[callOf]?.[member]
        },
      },
    ]),
  ),
) as object
Object.defineProperty(callProperties, 'remainingMs', {
  enumerable: true,
  value(this: ContextOfCall) {
    return this[callOf]?.remainingMs() ?? Infinity
  },
})

function logGetter(service: string, observer: Observer): (this: ContextOfCall) => Log {
  return function (this: ContextOfCall): Log {
    const call = this[callOf]
    const write =
      (level: keyof Log) =>
      (message: string, fields?: Readonly<Record<string, unknown>>): void =>
        observer.observe({ kind: 'log', service, level, message, fields, call })
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  }
}
