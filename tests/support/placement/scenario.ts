import type { CallOptions, Contract, Identity, Operation } from '@holon/contract'
import { type CallOrigin, type Invoker, TraceId } from '@holon/rpc'

import { isFrozenAnywhere, materialise, scramble } from './described.ts'
import { copyOf, describeError, type Entry } from './journal.ts'
import type { Link, OperationSpec } from './placement-app.ts'
import type { Script } from './script.ts'

/** One call: what the caller does, and what the handler does. */
export interface Scenario {
  readonly id: string
  readonly operation: OperationSpec
  /** Where the chain is entered. */
  readonly entry: Link
  readonly input: unknown
  /** The caller's items, and whether its source then throws. */
  readonly items: readonly unknown[]
  readonly itemsThrow: boolean
  readonly caller: {
    readonly mutatesInput: boolean
    /** The signal aborts before the call, right after it began, or once the handler waits for it. */
    readonly cancels: 'never' | 'before' | 'at once' | 'when it hangs'
    /** Leaves a stream after so many items. */
    readonly leavesAfter: number | undefined
    readonly timeoutMs: number
    readonly identity: Identity | undefined
    /** Makes the same call again after having changed all it got. */
    readonly repeats: boolean
  }
  readonly script: Script
}

/** What the caller got. */
export interface Outcome {
  readonly value?: unknown
  readonly items?: readonly unknown[]
  readonly error?: unknown
  /** Something in the answer is frozen. */
  readonly frozen: boolean
  /** The caller's own objects, changed by somebody else; its answer, changed afterwards; its item source, never let go. */
  readonly inputTouched: boolean
  readonly answerTouched: boolean
  readonly sourceLeaked: boolean
}

/** What the journals of a placement say of a call once it is all over. */
export interface Journals {
  waitHanging(scenario: string): Promise<void>
  finished(scenario: string): Promise<readonly Entry[]>
}

export const trace = {
  traceId: new TraceId(0x0af76519, 0x16cd43dd, 0x8448eb21, 0x1c80319c),
  spanHigh: 0xb7ad6b71 | 0,
  spanLow: 0x69203331,
  sampled: true,
} as const
const callerSpan = 'b7ad6b7169203331'

/** Plays the caller's part of a scenario, and tells what everybody saw. */
export async function play(
  scenario: Scenario,
  contract: Contract,
  invoker: Invoker,
  journals: Journals,
): Promise<unknown> {
  const operation = contract.operations[scenario.operation.name] as Operation
  const outcomes = [await call(scenario, operation, invoker, journals)]
  if (scenario.caller.repeats) outcomes.push(await call(scenario, operation, invoker, journals))
  return { outcomes, seen: comparable(scenario, await journals.finished(scenario.id)) }
}

async function call(scenario: Scenario, operation: Operation, invoker: Invoker, journals: Journals): Promise<Outcome> {
  const { caller } = scenario
  const input = materialise(scenario.input)
  const untouched = JSON.stringify(input, stable)
  const controller = new AbortController()
  if (caller.cancels === 'before') controller.abort()
  const origin: CallOrigin & CallOptions = {
    idempotencyKey: scenario.id,
    signal: controller.signal,
    identity: caller.identity,
    trace,
    timeoutMs: caller.timeoutMs,
  }
  const source = itemSource(scenario)
  const takesItems = scenario.operation.kind === 'up' || scenario.operation.kind === 'both'
  const items = takesItems ? source.items : undefined
  const streams = scenario.operation.kind === 'down' || scenario.operation.kind === 'both'
  const pending = streams
    ? readStream(invoker.stream(operation, input, origin, items), caller.leavesAfter)
    : readValue(invoker.call(operation, input, origin, items))
  if (caller.mutatesInput) scramble(input)
  if (caller.cancels === 'at once') controller.abort()
  // Some never hang: then it waits until the other process ends.
  if (caller.cancels === 'when it hangs')
    journals.waitHanging(scenario.id).then(
      () => controller.abort(),
      () => {},
    )
  const answer = await pending
  const frozen = isFrozenAnywhere(answer.items ?? answer.value)
  const before = JSON.stringify(answer, stable)
  await new Promise((resolve) => setTimeout(resolve, 3))
  const answerTouched = JSON.stringify(answer, stable) !== before
  const result: Outcome = {
    ...told(scenario, answer),
    frozen,
    inputTouched: !caller.mutatesInput && JSON.stringify(input, stable) !== untouched,
    answerTouched,
    sourceLeaked: await source.leaked(),
  }
  scramble(answer)
  return result
}

/** A caller that gives up may miss items that were on their way. */
function told(scenario: Scenario, { value, items, error }: Answer): Pick<Outcome, 'value' | 'items' | 'error'> {
  const { caller } = scenario
  const gaveUp = error !== undefined && (caller.cancels !== 'never' || caller.timeoutMs < 10_000)
  return {
    ...(value !== undefined && { value: copyOf(value) }),
    ...(items !== undefined && !gaveUp && { items: copyOf(items) as readonly unknown[] }),
    ...(error && { error: outcomeError(scenario, error.thrown) }),
  }
}

function outcomeError({ caller }: Scenario, thrown: unknown): unknown {
  const seen = describeError(thrown)
  return caller.timeoutMs < 10_000 && typeof seen === 'object' ? { ...seen, message: '' } : seen
}

interface Answer {
  readonly value?: unknown
  readonly items?: unknown[]
  readonly error?: { readonly thrown: unknown }
}

async function readValue(pending: Promise<unknown>): Promise<Answer> {
  try {
    return { value: await pending }
  } catch (thrown) {
    return { error: { thrown } }
  }
}

async function readStream(stream: AsyncIterable<unknown>, leavesAfter: number | undefined): Promise<Answer> {
  const items: unknown[] = []
  try {
    for await (const item of stream) {
      items.push(item)
      if (items.length === leavesAfter) break
    }
    return { items }
  } catch (thrown) {
    return { items, error: { thrown } }
  }
}

function itemSource({ items, itemsThrow }: Scenario): {
  readonly items: AsyncIterable<unknown>
  leaked(): Promise<boolean>
} {
  let state: 'untouched' | 'open' | 'closed' = 'untouched'
  const generate = async function* (): AsyncGenerator<unknown> {
    state = 'open'
    try {
      for (const described of items) yield materialise(described)
      if (itemsThrow) throw new Error('mine')
    } finally {
      state = 'closed'
    }
  }
  const leaked = async (): Promise<boolean> => {
    const isOpen = (): boolean => state === 'open'
    for (let turn = 0; turn < 50 && isOpen(); turn++) await new Promise((resolve) => setTimeout(resolve, 10))
    return isOpen()
  }
  return { items: generate(), leaked }
}

/** Keeps what JSON would drop, so that a change is noticed; cycles end. */
function stable(this: unknown, key: string, value: unknown): unknown {
  if (key === '' || typeof value !== 'object' || value === null)
    return typeof value === 'bigint' || typeof value === 'symbol' ? String(value) : value
  const seen = Object.keys(value).length
  return seen > 0 && (value as Record<string, unknown>)['id'] === value ? 'cycle' : value
}

/**
 * The journal without what may differ between placements: the ids of spans (only their chain counts), and what depends
 * on how far ahead a sender may run. See "What differs" on the wire protocol's page.
 */
function comparable(scenario: Scenario, entries: readonly Entry[]): unknown {
  const { caller } = scenario
  const early = caller.cancels === 'at once'
  if (early) return 'a call cancelled at once may or may not have reached its handler'
  const spans = new Map<string, string>([[callerSpan, 'the caller']])
  for (const entry of entries) spans.set(entry.spanId, entry.service)
  const gaveUp = caller.leavesAfter !== undefined || caller.timeoutMs < 10_000 || caller.cancels !== 'never'
  const streams = scenario.operation.kind === 'down' || scenario.operation.kind === 'both'
  // Whoever gives up a stream finds services that ran ahead of it, waiting, or others that stand at their `yield`.
  const hidden = gaveUp ? ['item', 'items failed', ...(streams ? ['hangs', 'aborted', 'failed'] : [])] : []
  return ['outer', 'front', 'back'].map((service) =>
    entries
      .filter((entry) => entry.service === service)
      .map(({ parentSpanId, events, finished }) => ({
        parent: spans.get(parentSpanId ?? '') ?? 'unknown',
        finished,
        events: events.filter(([what]) => !hidden.includes(what)).map((event) => (gaveUp ? onlyCode(event) : event)),
      })),
  )
}

/** Which call of a chain is the first to notice a deadline decides which one the message names; the code is the same. */
function onlyCode([what, detail]: Entry['events'][number]): unknown {
  return what === 'failed' && typeof detail === 'object' && detail !== null && 'code' in detail
    ? [what, detail.code]
    : [what, detail]
}
