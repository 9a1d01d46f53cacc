import type { HandlerContext, Log, ServiceDefinition, ServiceScope } from '@holon/app'
import type { CallContext, ContractEvent, Observer, Platform, TraceContext } from '@holon/contract'
import type { PublishOptions, SqlStore, Store } from '@holon/data'
import { type Call, createClientFactory, type ServiceCalls } from '@holon/rpc'

import { usesMembersOnly } from './context-use.ts'
import type { Following } from './events/follow.ts'
import { type Handled, handledIn } from './events/handled.ts'

/** What a service has at hand, for as long as it runs. */
export interface ScopeParts {
  readonly store: Store | undefined
  readonly config: unknown
  readonly platform: Platform
  readonly observer: Observer
  readonly stopping: AbortSignal
  /** Publishes outside of any transaction. */
  readonly publish: Publish
  readonly follow: Following
}

export type Publish = (
  event: ContractEvent,
  data: unknown,
  options: PublishOptions & { readonly trace?: TraceContext },
) => Promise<void>

/** What a handler has besides the scope that answers no call: the event, its unit of work. */
export type Unit = Readonly<Record<string, unknown>>

type Handler = ServiceDefinition['operations'][string]

/** Makes the contexts of one service: one for the service itself, and one for each call it answers. */
export interface ContextFactory {
  readonly scope: ServiceScope
  /** How the contexts of a handler's calls are made. */
  forCallsOf(handler: Handler): (call: Call) => HandlerContext
  /** The context of a handler that nobody called; `unit` goes before the scope. */
  forUnit(call: Call, unit: Unit): HandlerContext
}

/**
 * Builds a service's contexts. A context may be spread, destructured and handed on like the plain object that its type
 * says it is: every member is its own, and every function works without it. Most calls use one member of it, so none is
 * made before it is asked for: the members are getters of one prototype. A proxy shows them as the context's own, where
 * the handler could notice.
 */
export function createContextFactory(
  definition: ServiceDefinition,
  calls: ServiceCalls,
  parts: ScopeParts,
): ContextFactory {
  const members = membersOf(definition, calls, parts)
  class Context implements ContextOfCall {
    readonly [callOf]: Call | undefined

    constructor(call: Call | undefined) {
      this[callOf] = call
    }
  }
  Object.setPrototypeOf(Context.prototype, null)
  Object.defineProperties(Context.prototype, { ...callMembers, ...members })
  const view = ownView([...Object.keys(callMembers), ...Object.keys(members)])
  // All that makes a context comes from the members above; the compiler sees the symbol only.
  const bare = (call: Call): HandlerContext => new Context(call) as unknown as HandlerContext
  const whole = (call: Call): HandlerContext => new Proxy(new Context(call), view) as unknown as HandlerContext
  return {
    // As above, and once for each service, so that its members can simply be made.
    scope: valuesOf(new Context(undefined), Object.keys(members)) as unknown as ServiceScope,
    forCallsOf: (handler) => (usesMembersOnly(handler) ? bare : whole),
    forUnit: (call, unit) => {
      const context = new Context(call)
      for (const [key, value] of Object.entries(unit)) define(context, key, value)
      return new Proxy(context, view) as unknown as HandlerContext
    },
  }
}

/** What all contexts of a service have besides the members of the call. */
function membersOf(definition: ServiceDefinition, calls: ServiceCalls, parts: ScopeParts): PropertyDescriptorMap {
  const { name } = definition.contract
  const uses = new Set(Object.values(definition.uses).map((contract) => contract.name))
  const members: PropertyDescriptorMap = {
    store: storeMember(parts.store),
    publish: { get: publishGetter(parts.publish) },
    handled: { get: handledGetter(definition, parts) },
    follow: { get: boundTo(parts.follow) },
    config: { value: parts.config },
    platform: { value: parts.platform },
    stopping: { value: parts.stopping },
    log: { get: logGetter(name, parts.observer) },
  }
  for (const [key, contract] of Object.entries(definition.uses)) {
    const bind = createClientFactory(contract, calls)
    members[key] = {
      get(this: ContextOfCall) {
        return bind({ name, uses, parent: this[callOf] })
      },
    }
  }
  return members
}

/** Shows `members`, which the prototype of an object has, as its own. */
function ownView(members: readonly string[]): ProxyHandler<object> {
  const known = new Set(members)
  return {
    // The object, and not the proxy, is what getters see: that is quicker, too.
    get: (context: Readonly<Record<PropertyKey, unknown>>, key) => context[key],
    ownKeys: (context) => [...new Set([...members, ...Object.keys(context)])],
    getOwnPropertyDescriptor: (context, key) =>
      known.has(key as string) // a symbol is never among them
        ? { value: Reflect.get(context, key), enumerable: true, configurable: true, writable: false }
        : Reflect.getOwnPropertyDescriptor(context, key),
    // Frozen, it could not have members any more that its object does not have itself.
    preventExtensions: () => false,
  }
}

function valuesOf(context: object, members: readonly string[]): object {
  const values = {}
  for (const member of members) define(values, member, Reflect.get(context, member))
  return values
}

function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true })
}

/** Transactions begun while a call is answered carry its trace, so that the events published in them do. */
function storeMember(store: Store | undefined): PropertyDescriptor {
  if (!isSqlStore(store)) return { value: store }
  return {
    get(this: ContextOfCall): SqlStore<unknown> {
      const call = this[callOf]
      if (call === undefined) return store
      const transaction: SqlStore<unknown>['transaction'] = (work, options) =>
        store.transaction(work, { trace: call.trace, ...options })
      // The store, with another `transaction`. Its `events` can be refused, so they are not copied.
      const bound = { __proto__: store, ...store, transaction } as SqlStore<unknown>
      define(this, 'store', bound)
      return bound
    },
  }
}

/** Whether it keeps an outbox and an inbox. */
export function isSqlStore(store: Store | undefined): store is SqlStore<unknown> {
  return store !== undefined && 'transaction' in store && 'events' in store
}

type PublishMember = (event: ContractEvent, data: unknown, options?: PublishOptions) => Promise<void>

function publishGetter(publish: Publish): (this: ContextOfCall) => PublishMember {
  return function () {
    const call = this[callOf]
    return (event, data, options) =>
      publish(event, data, call === undefined ? { ...options } : { ...options, trace: call.trace })
  }
}

function handledGetter(definition: ServiceDefinition, parts: ScopeParts): (this: ContextOfCall) => Handled {
  const { store, platform } = parts
  return boundTo(handledIn({ definition, store: isSqlStore(store) ? store : undefined, platform }))
}

/** A member that is made for the call that its context belongs to. */
function boundTo<T>(bind: (call: Call | undefined) => T): (this: ContextOfCall) => T {
  return function () {
    return bind(this[callOf])
  }
}

const callOf: unique symbol = Symbol('call')

interface ContextOfCall {
  readonly [callOf]: Call | undefined
}

/** The members of `CallContext`, read from the call that the context belongs to. */
const callMembers: PropertyDescriptorMap = Object.fromEntries(
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
      get(this: ContextOfCall) {
        return this[callOf]?.[member]
      },
    },
  ]),
)
callMembers['remainingMs'] = {
  get(this: ContextOfCall) {
    const call = this[callOf]
    return () => call?.remainingMs() ?? Infinity
  },
}

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
