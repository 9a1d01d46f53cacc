import { subscriptionName, type ServiceDefinition } from '@holon/app'
import { type ContractEvent, delay, type Platform, ServiceError } from '@holon/contract'
import type { SqlStore } from '@holon/data'
import type { Call } from '@holon/rpc'

/** `ctx.handled`: see {@link ServiceScope}. */
export type Handled = (event: ContractEvent, id: string, options?: { readonly withinMs?: number }) => Promise<boolean>

export interface HandledParts {
  readonly definition: ServiceDefinition
  /** Where it keeps its receipts. */
  readonly store: SqlStore<unknown> | undefined
  readonly platform: Platform
}

const defaultWithinMs = 5_000
/**
 * Looking costs a statement. Most events have gone round within a few of the first pauses; whoever waits for one that never
 * comes, in a thousand calls at once, must not keep the database busy.
 */
const firstPauseMs = 10
const longestPauseMs = 1_000

/**
 * Waits for receipts in the inbox: a service's replicas share it, so it does not matter which of them has handled the event.
 * They are looked for, since nobody tells of them: that would cost something for each event, and this few ask for.
 */
export function handledIn({ definition, store, platform }: HandledParts): (call: Call | undefined) => Handled {
  const names = new Map<string, readonly string[]>()
  for (const subscription of definition.subscriptions) {
    const { id } = subscription.event
    names.set(id, [...(names.get(id) ?? []), `${definition.contract.name}.${subscriptionName(subscription)}`])
  }
  return (call) =>
    async (event, id, { withinMs = defaultWithinMs } = {}) => {
      const subscriptions = names.get(event.id)
      if (subscriptions === undefined) throw notSubscribed(definition, event)
      if (!Number.isFinite(withinMs) || withinMs < 0) throw notATime(withinMs)
      if (store === undefined) throw withoutReceipts(definition, event)
      const endMs = platform.monotonicMs() + Math.min(withinMs, call?.remainingMs() ?? Infinity)
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
        call?.signal.throwIfAborted()
        if (await areReceived(store, subscriptions, id)) return true
        const leftMs = endMs - platform.monotonicMs()
        if (leftMs <= 0) return false
        await delay(platform, Math.min(pauseMs, leftMs), call?.signal)
      }
    }
}

async function areReceived(
  store: SqlStore<unknown>,
  subscriptions: readonly string[],
  messageId: string,
): Promise<boolean> {
  for (const subscription of subscriptions)
    if (!(await store.events.tries.look({ subscription, messageId })).received) return false
  return true
}

function notATime(withinMs: number): ServiceError {
  return new ServiceError('invalid_argument', `withinMs is ${withinMs}; give milliseconds, 0 or more.`)
}

function notSubscribed({ contract }: ServiceDefinition, { id }: ContractEvent): ServiceError {
  const message = `'${contract.name}' cannot wait for ${id}: it has no subscription to it.`
  return new ServiceError('invalid_argument', message)
}

function withoutReceipts({ contract }: ServiceDefinition, { id }: ContractEvent): ServiceError {
  const message = `'${contract.name}' cannot wait for ${id}: without an SQL store it keeps no receipts of what it has handled.`
  return new ServiceError('failed_precondition', message)
}
