import type { CallContext, Observer, Platform } from '@holon/contract'
import type { Store } from '@holon/data'
import { type Call, type Calls, createClientFactory } from '@holon/rpc'
import type { HandlerContext, Log, ServiceDefinition, ServiceScope } from './service.ts'

/** What a service has at hand, for as long as it runs. */
export interface ScopeParts {
  readonly store: Store | undefined
  readonly config: unknown
  readonly platform: Platform
  readonly observer: Observer
  readonly stopping: AbortSignal
}

/** Makes the contexts of one service: one for the service itself, and one for each call it answers. */
export interface ContextFactory {
  readonly scope: ServiceScope
  forCall(call: Call): HandlerContext
}

/**
 * Builds a service's contexts. What all calls share lives on one prototype, so that the context of a call is one small
 * object; a client is bound to the call when it is first used.
 */
export function createContextFactory(definition: ServiceDefinition, calls: Calls, parts: ScopeParts): ContextFactory {
  const { name } = definition.contract
  const uses = new Set(Object.values(definition.uses).map((contract) => contract.name))
  const prototype: object = Object.create(callProperties, {
    store: { value: parts.store, enumerable: true },
    config: { value: parts.config, enumerable: true },
    platform: { value: parts.platform, enumerable: true },
    stopping: { value: parts.stopping, enumerable: true },
    log: { get: logGetter(name, parts.observer), enumerable: true },
  }) as object
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
  return { scope: new Context(undefined) as unknown as ServiceScope, forCall: (call) => new Context(call) as unknown as HandlerContext }
}

const callOf: unique symbol = Symbol('call')

interface ContextOfCall {
  readonly [callOf]: Call | undefined
}

/** The members of `CallContext`, read from the call that the context belongs to. */
const callProperties: object = Object.create(
  null,
  Object.fromEntries(
    (['operation', 'caller', 'identity', 'idempotencyKey', 'trace', 'signal'] as const satisfies readonly (keyof CallContext)[]).map((member) => [
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
