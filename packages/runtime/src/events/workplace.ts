import type { HandlerContext } from '@holon/app'
import { delay, type Platform } from '@holon/contract'
import { joinTransaction, type DeadLetter, type SqlStore, type Store, type Tx } from '@holon/data'
import {
  type Applied,
  type Attempt,
  type Bus,
  countOnBus,
  deadLetterMessage,
  NotRun,
  settledMessage,
  traceOf,
  type Workplace,
} from '@holon/events'
import type { Call, Endpoint, UnitStart } from '@holon/rpc'

import { type ContextFactory, isSqlStore, type Unit } from '../service-context.ts'
import { storedTries } from './stored-tries.ts'

const defaultTimeoutMs = 30_000
/** The handler's own time is over first, so that its signal aborts; the transaction's limit is for what comes after it. */
export const marginMs = 2_000

/** What the handlers of a service's events and schedules need. */
export interface WorkplaceParts {
  readonly service: string
  readonly store: Store | undefined
  readonly contexts: ContextFactory
  readonly endpoint: Pick<Endpoint, 'run'>
}

/** A workplace that can also handle a dead letter's event again. */
export interface ReplayableWorkplace extends Workplace {
  /** `gone`: it was replayed or discarded meanwhile. Rejects with what the handler throws; the letter stays then. */
  replay(letter: DeadLetter, attempt: Attempt): Promise<'replayed' | 'gone'>
}

export interface Subscriber extends WorkplaceParts {
  readonly platform: Platform
  readonly subscription: string
  readonly handle: (data: unknown, ctx: HandlerContext) => unknown
  readonly timeoutMs: number | undefined
  readonly bus: Bus
}

/** Where the messages of a subscription are handled: in a unit of work where the service has an SQL store, plainly otherwise. */
export function createWorkplace(subscriber: Subscriber): ReplayableWorkplace {
  const { store } = subscriber
  return isSqlStore(store) ? transactional(subscriber, store) : plain(subscriber)
}

function transactional(subscriber: Subscriber, store: SqlStore<unknown>): ReplayableWorkplace {
  const { subscription, endpoint, timeoutMs = defaultTimeoutMs } = subscriber
  const bury = (letter: DeadLetter): Promise<void> =>
    store.transaction(async (tx) => {
      const receipt = { subscription, messageId: letter.messageId }
      // Whoever has applied it meanwhile, or buried it, was faster.
      if (await store.events.receive(tx, receipt)) await store.events.deadLetters.put(tx, letter)
      await store.events.tries.remove(receipt, tx)
    })
  const replay = (letter: DeadLetter, attempt: Attempt): Promise<'replayed' | 'gone'> =>
    endpoint.run(unitOf(subscriber, attempt), (call) =>
      store.transaction(
        async (tx) => {
          if (!(await store.events.deadLetters.markReplayed(letter.id, tx))) return 'gone'
          await handleIn(subscriber, { store, tx, call, attempt })
          return 'replayed'
        },
        { signal: call.signal, timeoutMs: timeoutMs + marginMs, trace: call.trace },
      ),
    )
  return {
    apply: (attempt) => applyOne(subscriber, store, attempt),
    applyTogether: (attempts) => applyTogether(subscriber, store, attempts),
    bury,
    replay,
    tries: storedTries(store, subscription),
  }
}

async function applyOne(subscriber: Subscriber, store: SqlStore<unknown>, attempt: Attempt): Promise<Applied> {
  const { subscription, endpoint, timeoutMs = defaultTimeoutMs } = subscriber
  let called = false
  const receipt = { subscription, messageId: attempt.message.id }
  const once = (call: Call): Promise<{ readonly applied: boolean }> =>
    store.events.applyOnce(
      receipt,
      (tx) => {
        called = true
        const handled = handleIn(subscriber, { store, tx, call, attempt })
        return attempt.counted ? handled.then(() => store.events.tries.remove(receipt, tx)) : handled
      },
      { signal: call.signal, timeoutMs: timeoutMs + marginMs, trace: call.trace },
    )
  try {
    const { applied } = await endpoint.run(unitOf(subscriber, attempt), once)
    if (!applied && attempt.counted) await store.events.tries.remove(receipt)
    return applied ? 'applied' : 'duplicate'
  } catch (error) {
    if (called) throw error
    throw new NotRun(`The store of '${subscriber.service}' does not answer, so ${subscription} waits.`, {
      cause: error,
    })
  }
}

/** In one transaction, one handler after the other. */
async function applyTogether(
  subscriber: Subscriber,
  store: SqlStore<unknown>,
  attempts: readonly Attempt[],
): Promise<readonly Applied[]> {
  const { subscription, endpoint, timeoutMs = defaultTimeoutMs } = subscriber
  const receipts = { subscription, messageIds: attempts.map(({ message }) => message.id) }
  let fresh: ReadonlySet<string> = new Set()
  const handleAll = async (tx: Tx<unknown>, ids: ReadonlySet<string>): Promise<void> => {
    fresh = ids
    for (const attempt of attempts) {
      if (!fresh.has(attempt.message.id)) continue
      await endpoint.run(unitOf(subscriber, attempt), (call) => handleIn(subscriber, { store, tx, call, attempt }))
    }
  }
  // Each handler has its own time, one after the other.
  const limit = { timeoutMs: timeoutMs * attempts.length + marginMs }
  const [first] = attempts
  await store.events.applyAllOnce(receipts, handleAll, first ? { ...limit, signal: first.signal } : limit)
  return attempts.map(({ message }) => (fresh.has(message.id) ? 'applied' : 'duplicate'))
}

interface InTransaction {
  readonly store: SqlStore<unknown>
  readonly tx: Tx<unknown>
  readonly call: Call
  readonly attempt: Attempt
}

async function handleIn(
  { contexts, handle, platform }: Subscriber,
  { store, tx, call, attempt }: InTransaction,
): Promise<void> {
  const joined = joinTransaction(store, tx)
  const startMs = platform.monotonicMs()
  try {
    await handle(attempt.data, contexts.forUnit(call, { store: joined.store, tx, event: attempt.info }))
  } finally {
    attempt.took(platform.monotonicMs() - startMs)
  }
  joined.assertWhole()
}

function plain(subscriber: Subscriber): ReplayableWorkplace {
  const { contexts, endpoint, handle, bus, subscription, platform } = subscriber
  const tries = countOnBus({ bus, platform, subscription })
  const run = async (call: Call, attempt: Attempt): Promise<void> => {
    const unit: Unit = { event: attempt.info }
    await handle(attempt.data, contexts.forUnit(call, unit))
  }
  return {
    tries,
    apply: async (attempt) => {
      await endpoint.run(unitOf(subscriber, attempt), (call) => run(call, attempt))
      if (attempt.counted) {
        // A rejection that nobody awaits ends the process after this turn of the event loop.
        await delay(platform, 0)
        await tries.remove(attempt.message.id).catch(() => undefined)
      }
      return 'applied'
    },
    bury: async (letter) => {
      await bus.publish([deadLetterMessage(letter)])
      // It is buried, whatever becomes of this.
      await tries.remove(letter.messageId).catch(() => undefined)
    },
    replay: async (letter, attempt) => {
      await endpoint.run(unitOf(subscriber, attempt), (call) => run(call, attempt))
      await bus.publish([settledMessage(letter, 'replayed', platform.now())])
      return 'replayed'
    },
  }
}

function unitOf(
  { service, subscription, timeoutMs = defaultTimeoutMs }: Subscriber,
  { message, signal, info }: Attempt,
): UnitStart {
  const [, , caller = info.type] = info.source.split('/')
  return {
    service,
    what: `on ${subscription.slice(service.length + 1)}`,
    caller,
    trace: traceOf(message),
    timeoutMs,
    signal,
  }
}
