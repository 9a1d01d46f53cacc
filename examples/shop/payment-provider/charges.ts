import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

/** A charge as the provider keeps it. `VOID`: reversed before it was ever asked for. */
export interface Charge {
  readonly charge_id: string
  readonly reference: string
  readonly amount: string
  readonly instrument: string
  readonly state: 'SETTLED' | 'REFUSED' | 'REVERSED' | 'VOID'
  readonly refusal: string
}

/** The provider's books, in a file that survives `kill -9`. */
export interface Charges {
  /** Charges a reference once; later calls get what became of the first. */
  charge(wanted: Pick<Charge, 'reference' | 'amount' | 'instrument'>): Charge
  find(reference: string): Charge | undefined
  /** Gives the money of a reference back; one that has not been charged never will be. */
  reverse(reference: string): Charge
  list(after: string, limit: number): readonly Charge[]
  close(): void
}

const refusals: Readonly<Record<string, string>> = { 'CARD-NO-FUNDS': 'insufficient funds' }

export function openCharges(file: string): Charges {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  database.exec(`
    pragma journal_mode = wal;
    create table if not exists charges (
      number integer primary key,
      charge_id text not null unique,
      reference text not null unique,
      amount text not null,
      instrument text not null,
      state text not null,
      refusal text not null
    ) strict;
  `)
  const insert = database.prepare(`
    insert into charges (charge_id, reference, amount, instrument, state, refusal) values (?, ?, ?, ?, ?, ?)
    on conflict (reference) do nothing
  `)
  const columns = 'charge_id, reference, amount, instrument, state, refusal'
  const select = database.prepare(`select ${columns} from charges where reference = ?`)
  const reverse = database.prepare(`update charges set state = 'REVERSED' where reference = ? and state = 'SETTLED'`)
  const list = database.prepare(`
    select ${columns} from charges
    where number > coalesce((select number from charges where charge_id = ?), 0) order by number limit ?
  `)
  // Rows of the table above, here and below.
  const find = (reference: string): Charge | undefined => select.get(reference) as Charge | undefined
  const put = ({ reference, amount, instrument, state, refusal }: Omit<Charge, 'charge_id'>): Charge => {
    insert.run(`CHG-${randomUUID()}`, reference, amount, instrument, state, refusal)
    return find(reference) as Charge // it has just been put there, if it was not there before
  }
  return {
    find,
    charge: (wanted) => {
      const refusal = refusals[wanted.instrument] ?? ''
      return put({ ...wanted, refusal, state: refusal === '' ? 'SETTLED' : 'REFUSED' })
    },
    reverse: (reference) => {
      reverse.run(reference)
      return put({ reference, amount: '', instrument: '', state: 'VOID', refusal: '' })
    },
    // Rows of the table above.
    list: (after, limit) => list.all(after, limit) as unknown as Charge[],
    close: () => database.close(),
  }
}
