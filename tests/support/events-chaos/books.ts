import type { SqlStore } from '@holon/data'

import type { LedgerDb } from '../../fixtures/events-lab/ledger.ts'
import type { MirrorDb } from '../../fixtures/events-lab/mirror.ts'

/** The stores of both services, and how often the consumer was taken back to the start. */
export interface Books {
  readonly ledger: SqlStore<LedgerDb>
  readonly mirror: SqlStore<MirrorDb>
  readonly rewinds: number
  /** Whether the second version of the consumer has run, which copies all moves besides. */
  readonly copies: boolean
}

export interface Progress {
  readonly published: number
  readonly applied: number
  /** Events in the outbox. */
  readonly waiting: number
  /** Events that were published and have not been applied since the last rewind, or not been copied. */
  readonly behind: number
}

export interface Audit extends Progress {
  readonly problems: readonly string[]
}

type Move = Pick<MirrorDb['applied'], 'account' | 'n' | 'attempt'>

/** The numbers of the audit alone, for little work. */
export async function progress({ ledger, mirror, copies }: Books): Promise<Progress> {
  const counted = await ledger
    .selectFrom('moves')
    .select(({ fn }) => ['account', fn.countAll().as('count')])
    .groupBy('account')
    .execute()
  const { count: applied } = await mirror
    .selectFrom('applied')
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  const { waiting } = await ledger.events.lag()
  const published = counted.reduce((sum, { count }) => sum + Number(count), 0)
  const reached = await reachedIn(mirror, 'applied')
  const behind = published - (copies ? Math.min(reached, await reachedIn(mirror, 'copied')) : reached)
  return { published, applied: Number(applied), waiting, behind }
}

/** How many moves of all accounts a table is at. */
async function reachedIn(mirror: Books['mirror'], table: 'applied' | 'copied'): Promise<number> {
  const newest = mirror
    .selectFrom(table)
    .select(({ fn }) => fn.max('position').as('position'))
    .groupBy('account')
  const rows = await mirror.selectFrom(table).select('n').where('position', 'in', newest).execute()
  return rows.reduce((sum, { n }) => sum + n, 0)
}

/**
 * Every committed move applied once, in order for each account; nothing that was rolled back; nothing given up. After
 * rewinds each account may have begun anew as often, and no more.
 */
export async function audit(books: Books): Promise<Audit> {
  const { ledger, mirror, rewinds, copies } = books
  const moves = await ledger.selectFrom('moves').select(['account', 'n', 'attempt']).execute()
  const applied = await mirror.selectFrom('applied').select(['account', 'n', 'attempt']).orderBy('position').execute()
  const problems = problemsOf(moves, applied, rewinds)
  if (copies) {
    const copied = await mirror.selectFrom('copied').select(['account', 'n', 'attempt']).orderBy('position').execute()
    problems.push(...problemsOf(moves, copied, 0).map((problem) => `copies: ${problem}`))
  }
  for (const { subscription, error } of await mirror.events.deadLetters.list())
    if (subscription === 'mirror.ledger.moved') problems.push(`dead letter: ${error.message}`)
  return { ...(await progress(books)), problems }
}

function problemsOf(moves: readonly Move[], applied: readonly Move[], rewinds: number): string[] {
  const problems: string[] = []
  const committed = new Set(moves.map(({ account, n, attempt }) => `${account} ${n} ${attempt}`))
  const seen = new Set<string>()
  const last = new Map<string, number>()
  const begun = new Map<string, number>()
  for (const { account, n, attempt } of applied) {
    const name = `${account} ${n} ${attempt}`
    if (!committed.has(name)) problems.push(`${name} was applied, but not committed`)
    if (seen.has(name) && rewinds === 0) problems.push(`${name} was applied twice`)
    const expected = (last.get(account) ?? 0) + 1
    if (n === 1) begun.set(account, (begun.get(account) ?? 0) + 1)
    const mayBegin = n === 1 && (begun.get(account) ?? 0) <= rewinds + 1
    if (n !== expected && !mayBegin) problems.push(`${name} was applied where ${account} ${expected} was due`)
    seen.add(name)
    last.set(account, n)
  }
  for (const { account, n } of moves)
    if (n > (last.get(account) ?? 0)) problems.push(`${account} ${n} was not applied in the end`)
  return problems
}
