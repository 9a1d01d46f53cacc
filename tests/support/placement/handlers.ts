import { type CallContext, type Contract, type Items, ServiceError } from '@holon/contract'

import { isFrozenAnywhere, materialise, scramble } from './described.ts'
import { copyOf, describeError, type Entry, type Journal } from './journal.ts'
import type { OperationSpec } from './placement-app.ts'
import type { Script, Thrown } from './script.ts'

interface Parts {
  readonly scripts: ReadonlyMap<string, Script>
  readonly journal: Journal
}

type Method = (input: unknown, ctx: CallContext, items?: AsyncIterable<unknown>) => unknown
type Next = { readonly next: Readonly<Record<string, (...args: unknown[]) => unknown>> }

/** Passes the call on to the next service of the chain, noting what comes back. */
export function createRelay(spec: OperationSpec, service: string, { journal }: Parts): Method {
  const call = (input: unknown, ctx: CallContext, items: AsyncIterable<unknown> | undefined): unknown => {
    const options = ctx.idempotencyKey === undefined ? {} : { idempotencyKey: ctx.idempotencyKey }
    const method = (ctx as CallContext & Next).next[spec.name] as (...args: unknown[]) => unknown
    return spec.kind === 'up' || spec.kind === 'both'
      ? (ctx as CallContext & Next).next[spec.name]?.(input, items, options)
      : method.call((ctx as CallContext & Next).next, input, options)
  }
  const begin = (ctx: CallContext): Entry => {
    const entry = journal.open(service, ctx.idempotencyKey ?? '', ctx.trace)
    journal.note(entry, 'called', observed(ctx))
    return entry
  }
  if (spec.kind === 'down' || spec.kind === 'both') {
    return async function* (input, ctx, items) {
      const entry = begin(ctx)
      try {
        yield* call(input, ctx, items) as AsyncIterable<unknown>
      } catch (error) {
        journal.note(entry, 'failed', describeError(error))
        throw error
      } finally {
        journal.finish(entry)
      }
    }
  }
  return async (input, ctx, items) => {
    const entry = begin(ctx)
    try {
      return await call(input, ctx, items)
    } catch (error) {
      journal.note(entry, 'failed', describeError(error))
      throw error
    } finally {
      journal.finish(entry)
    }
  }
}

/** Follows the script of the call. */
export function createHandler(spec: OperationSpec, contract: Contract, { scripts, journal }: Parts): Method {
  const kept = new Map<Script, unknown>()
  const begin = async (
    input: unknown,
    ctx: CallContext,
    items: AsyncIterable<unknown> | undefined,
  ): Promise<{ entry: Entry; script: Script; echo: unknown }> => {
    const script = scripts.get(ctx.idempotencyKey ?? '')
    if (script === undefined) throw new Error(`no script ${ctx.idempotencyKey ?? ''}`)
    const entry = journal.open('back', ctx.idempotencyKey ?? '', ctx.trace)
    journal.note(entry, 'called', observed(ctx))
    journal.note(entry, 'input', { value: copyOf(input), frozen: isFrozenAnywhere(input) })
    const echo = copyOf(input)
    if (script.mutatesInput) scramble(input)
    try {
      if (script.slow) await new Promise((resolve) => setImmediate(resolve))
      if (items && script.takes > 0)
        await take(items, script.takes, (item) => journal.note(entry, 'item', copyOf(item)))
    } catch (error) {
      journal.note(entry, 'items failed', describeError(error))
      journal.finish(entry)
      throw error
    }
    return { entry, script, echo }
  }
  const give = (script: Script, described: unknown): unknown => {
    if (script.keeps === 'changed') {
      const value = materialise(described)
      setImmediate(() => scramble(value))
      return value
    }
    if (!kept.has(script)) kept.set(script, materialise(described))
    return kept.get(script)
  }
  const end = async (
    { entry, script, echo }: { entry: Entry; script: Script; echo: unknown },
    ctx: CallContext,
  ): Promise<unknown> => {
    const { ending } = script
    switch (ending.kind) {
      case 'give':
        return give(script, ending.value)
      case 'echo':
        return echo
      case 'fail':
        throw new ServiceError(spec.failure.code, 'It is refused.', {
          failure: { name: 'refused', data: give(script, ending.data), origin: `${contract.name}.${spec.name}` },
        })
      case 'throw':
        throw thrownOf(ending.thrown)
      case 'hang':
        return untilAborted(ctx, entry, journal, ending.stubborn)
    }
  }
  if (spec.kind === 'down' || spec.kind === 'both') {
    return async function* (input, ctx, items) {
      const begun = await begin(input, ctx, items)
      try {
        for (const described of begun.script.items) {
          const item = materialise(described)
          yield item
          scramble(item)
        }
        await end(begun, ctx)
      } finally {
        journal.note(begun.entry, 'left', ctx.signal.aborted)
        journal.finish(begun.entry)
      }
    }
  }
  return async (input, ctx, items) => {
    const begun = await begin(input, ctx, items)
    try {
      return await end(begun, ctx)
    } finally {
      journal.finish(begun.entry)
    }
  }
}

function observed(ctx: CallContext): unknown {
  const remaining = ctx.remainingMs()
  return {
    operation: ctx.operation,
    caller: ctx.caller,
    identity: copyOf(ctx.identity),
    traceId: ctx.trace.traceId,
    sampled: ctx.trace.sampled,
    remaining: remaining === Infinity ? 'endless' : remaining > 10_000 ? 'long' : 'short',
    aborted: ctx.signal.aborted,
  }
}

async function take(items: Items<unknown>, count: number, note: (item: unknown) => void): Promise<void> {
  let taken = 0
  for await (const item of items) {
    note(item)
    taken++
    if (taken === count) break
  }
}

async function untilAborted(ctx: CallContext, entry: Entry, journal: Journal, stubborn: boolean): Promise<unknown> {
  journal.note(entry, 'hangs')
  await new Promise<void>((resolve) => {
    if (ctx.signal.aborted) resolve()
    else ctx.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const reason: unknown = ctx.signal.reason
  journal.note(
    entry,
    'aborted',
    reason instanceof ServiceError
      ? { code: reason.code, cause: reason.cause === undefined ? 'none' : 'LEAKED' }
      : String(reason),
  )
  if (!stubborn) throw reason
  return undefined
}

function thrownOf(thrown: Thrown): unknown {
  switch (thrown.kind) {
    case 'service-error':
      return new ServiceError(thrown.code, thrown.message, {
        mayHaveRun: thrown.mayHaveRun,
        cause: new Error('secret'),
        issues: [{ path: ['a', 0], message: 'wrong' }],
      })
    case 'error':
      return new Error('secret')
    case 'string':
      return 'secret'
    case 'undefined':
      return undefined
    case 'null':
      return null
    case 'frozen':
      return Object.freeze({ code: 'secret' })
    case 'forged':
      return { '~holon': 'ServiceError', code: 'not_found', message: 'forged' }
    case 'hostile':
      return new Proxy(
        {},
        {
          get: () => {
            throw new Error('secret')
          },
        },
      )
    case 'bad-code':
      return new ServiceError('nonsense' as 'internal', 'secret')
    case 'foreign-failure':
      return new ServiceError('aborted', 'From elsewhere.', {
        failure: { name: 'x', data: { deep: [() => 1] }, origin: 'elsewhere.do' },
      })
  }
}
