import { systemPlatform } from '@holon/contract/system-platform'
import { createOutbox, type DriverOutbox, type OutboxDriver } from '@holon/data/outbox-pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

export interface EndingUnderTest<X extends object> {
  newConnection(): Promise<string>
  connect(connection: string): { readonly driver: OutboxDriver<X>; close(): Promise<void> }
  /** As the driver's user writes it. */
  execute(tx: X, statement: string): Promise<unknown>
  /** Whether a statement that fails ends the transaction, whatever it was. */
  readonly endsOnFailure: boolean
}

const rounds = 20
const longestMs = 20_000

/** Nothing of a handler may be written without the receipt of its event: neither after an abort nor beside a commit. */
export function describeEnding<X extends object>(name: string, underTest: EndingUnderTest<X>): void {
  describe(
    `${name} at the end of a transaction`,
    () => {
      let connection: string
      let driver: OutboxDriver<X>
      let outbox: DriverOutbox<X>
      let close: () => Promise<void>
      beforeAll(async () => {
        connection = await underTest.newConnection()
        ;({ driver, close } = underTest.connect(connection))
        outbox = await createOutbox(driver, { service: 'ending', platform: systemPlatform(), onError: console.error })
        await driver.run(undefined, 'create table notes (id varchar(100) primary key)', [])
        await driver.run(undefined, 'create table counters (id varchar(100) primary key, n integer)', [])
      })
      afterAll(async () => {
        await outbox.close()
        await close()
      })
      beforeEach(async () => {
        await driver.run(undefined, 'delete from notes', [])
      })

      const write = (tx: X, id: string): Promise<unknown> =>
        underTest.execute(tx, `insert into notes (id) values ('${id}')`)

      const notes = async (): Promise<unknown[]> => {
        const { rows } = await driver.run(undefined, 'select id from notes order by id', [])
        return rows.map(({ id }) => id)
      }

      /** Takes no failure for an answer. */
      const insist = async (tx: X, writer: string, onTurn: (turn: number) => void = () => {}): Promise<void> => {
        for (let turn = 0; turn < 30; turn += 1) {
          await write(tx, `${writer}-${turn}`).catch(() => undefined)
          onTurn(turn)
        }
      }

      test('work that goes on after its transaction was aborted writes nothing, not even beside the rollback', async () => {
        for (let round = 0; round < rounds; round += 1) {
          const controller = new AbortController()
          const writers: Promise<unknown>[] = []
          const abort = (turn: number): void => {
            if (turn === round % 5) controller.abort(new Error('the message was taken away'))
          }
          const attempt = outbox.transaction(
            (tx) => {
              for (const writer of ['a', 'b', 'c']) writers.push(insist(tx, `${round}${writer}`, abort))
              return Promise.all(writers)
            },
            { signal: controller.signal },
          )
          await expect(attempt).rejects.toThrow('the message was taken away')
          await Promise.all(writers)
          expect(await notes()).toEqual([])
        }
      })

      test('work that goes on after a part of it has failed writes nothing', async () => {
        for (let round = 0; round < rounds; round += 1) {
          const writers: Promise<unknown>[] = []
          const attempt = outbox.transaction((tx) => {
            const failing = Promise.withResolvers<never>()
            const fail = (turn: number): void => {
              if (turn === round % 5) failing.reject(new Error('a part of it'))
            }
            for (const writer of ['a', 'b', 'c']) writers.push(insist(tx, `${round}${writer}`, fail))
            return Promise.all([...writers, failing.promise])
          })
          await expect(attempt).rejects.toThrow('a part of it')
          await Promise.all(writers)
          expect(await notes()).toEqual([])
        }
      })

      test('nothing is written through a transaction that has committed, nor into the next one', async () => {
        let ended: X | undefined
        await outbox.transaction(async (tx) => {
          ended = tx
          await write(tx, 'within')
        })
        const late = async (id: string): Promise<void> => {
          await expect(ended && write(ended, id)).rejects.toBeInstanceOf(Error)
        }
        await late('after')
        await outbox.transaction(async (tx) => {
          await write(tx, 'next')
          await late('into the next')
        })
        expect(await notes()).toEqual(['next', 'within'])
      })

      test('work is not begun when its signal has aborted while it waited for a connection', async () => {
        const controller = new AbortController()
        const proceed = Promise.withResolvers<undefined>()
        const holders = Array.from({ length: 12 }, () => outbox.transaction(() => proceed.promise))
        let begun = false
        const waiting = outbox.transaction(
          async () => {
            begun = true
          },
          { signal: controller.signal },
        )
        controller.abort(new Error('no longer wanted'))
        await expect(waiting).rejects.toThrow('no longer wanted')
        proceed.resolve(undefined)
        // Some drivers let no transaction wait for a connection for long.
        await Promise.allSettled(holders)
        await outbox.transaction(async () => {})
        expect(begun).toBe(false)
      })

      if (underTest.endsOnFailure) {
        test('a transaction that a swallowed error has ended does not pass for committed', async () => {
          const attempt = outbox.transaction(async (tx) => {
            await write(tx, 'once')
            await write(tx, 'once').catch(() => undefined)
          })
          await expect(attempt).rejects.toBeInstanceOf(Error)
          expect(await notes()).toEqual([])
        })
      }

      test('a transaction that a swallowed deadlock has ended writes nothing more, and does not pass for committed', async () => {
        await driver.run(undefined, 'delete from counters', [])
        await driver.run(undefined, `insert into counters (id, n) values ('a', 0), ('b', 0)`, [])
        const both = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
        const lockedBoth = Promise.all(both.map(({ promise }) => promise))
        let swallowed = 0
        const crossing = (index: number, first: string, second: string): Promise<unknown> =>
          outbox.transaction(async (tx) => {
            const increment = (id: string): Promise<unknown> =>
              underTest.execute(tx, `update counters set n = n + 1 where id = '${id}'`)
            await increment(first)
            both[index]?.resolve(undefined)
            await lockedBoth
            // The second is queued behind the one that fails.
            const [outcome] = await Promise.allSettled([increment(second), write(tx, `beside ${index}`)])
            if (outcome?.status !== 'rejected') return
            swallowed += 1
            await write(tx, `later ${index}`).catch(() => undefined)
          })
        const outcomes = await Promise.allSettled([crossing(0, 'a', 'b'), crossing(1, 'b', 'a')])
        expect(swallowed).toBe(1)
        const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
        expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1)
        expect(await notes()).toEqual([`beside ${winner}`])
        const { rows } = await driver.run(undefined, 'select n from counters', [])
        expect(rows.map(({ n }) => Number(n))).toEqual([1, 1])
      })
    },
    longestMs,
  )
}
