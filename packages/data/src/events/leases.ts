import { type EventSql, insertOnce } from './event-sql.ts'
import { integer, text } from './read-row.ts'

/** The right of one owner to something, until it expires or is given back. */
export interface Lease {
  readonly name: string
  readonly owner: string
  /** Grows each time that the lease goes to another owner. */
  readonly token: number
  /** On `platform.monotonicMs()`: nobody else gets it before. Stop by then unless it was renewed. */
  readonly untilMs: number
}

export interface HeldLease {
  readonly name: string
  readonly owner: string
  readonly expiresInMs: number
}

/** Leases by name. Whether one has expired is told by one clock for all processes: the database's, or the machine's. */
export interface Leases {
  /** `undefined`: another owner has it. An owner that has it already gets it again, for longer. */
  acquire(name: string, options: { readonly owner: string; readonly ttlMs: number }): Promise<Lease | undefined>
  /** Those of the leases that are still their owner's, for longer. */
  renew(leases: readonly Lease[], ttlMs: number): Promise<Lease[]>
  /** Lets others have them at once. Those that others have meanwhile are left alone. */
  release(leases: readonly Lease[]): Promise<void>
  /** The leases that have not expired and whose names begin with `prefix`, by name. */
  list(prefix: string): Promise<HeldLease[]>
}

export function createLeases<X>(sql: EventSql<X>): Leases {
  const { dialect, platform } = sql
  const run: typeof sql.run = (tx, statement, parameters) => sql.run(tx, dialect.text(statement), parameters)
  const mine = 'name = ? and owner = ? and token = ?'

  const renewOne = async (lease: Lease, ttlMs: number): Promise<Lease[]> => {
    const untilMs = platform.monotonicMs() + ttlMs
    const { affected } = await run(
      undefined,
      `update holon_leases set expires_at = ${dialect.nowMs(platform)} + ? where ${mine}`,
      [ttlMs, lease.name, lease.owner, lease.token],
    )
    return affected === 1 ? [{ ...lease, untilMs }] : []
  }

  return {
    async acquire(name, { owner, ttlMs }) {
      const untilMs = platform.monotonicMs() + ttlMs
      const now = dialect.nowMs(platform)
      const { affected } = await run(
        undefined,
        // MySQL assigns from left to right, so the token must be computed from the owner before it changes.
        `update holon_leases set token = token + case when owner = ? then 0 else 1 end, owner = ?, expires_at = ${now} + ?
         where name = ? and (owner = ? or expires_at <= ${now})`,
        [owner, owner, ttlMs, name, owner],
      )
      if (affected === 0) {
        const taken = await insertOnce(sql, undefined, {
          sql: `insert into holon_leases (name, owner, token, expires_at) values (?, ?, 1, ${now} + ?)`,
          parameters: [name, owner, ttlMs],
        })
        return taken ? { name, owner, token: 1, untilMs } : undefined
      }
      const { rows } = await run(undefined, 'select token from holon_leases where name = ? and owner = ?', [
        name,
        owner,
      ])
      const [row] = rows
      return row && { name, owner, token: integer(row, 'token'), untilMs }
    },
    renew: async (leases, ttlMs) => (await Promise.all(leases.map((lease) => renewOne(lease, ttlMs)))).flat(),
    async release(leases) {
      for (const { name, owner, token } of leases) {
        // The row stays, for its token: a number that was given once must not be given again.
        await run(undefined, `update holon_leases set expires_at = 0, owner = '' where ${mine}`, [name, owner, token])
      }
    },
    async list(prefix) {
      const now = dialect.nowMs(platform)
      const { rows } = await run(
        undefined,
        `select name, owner, expires_at - ${now} as expires_in from holon_leases
         where substr(name, 1, ?) = ? and expires_at > ${now} order by name`,
        [prefix.length, prefix],
      )
      return rows.map((row) => ({
        name: text(row, 'name'),
        owner: text(row, 'owner'),
        expiresInMs: integer(row, 'expires_in'),
      }))
    },
  }
}
