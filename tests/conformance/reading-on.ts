import type { OutboxRecord, StoredRecord } from '@holon/data'
import { expect, test } from 'vitest'

import type { OpenedEventLog } from './event-log.ts'

const recordOf = (n: number): OutboxRecord => ({
  id: `n${n}`,
  topic: 'orders.placed',
  key: `key-${n % 50}`,
  envelope: `{"n":${n}}`,
})

/** What a relay relies on that says what has arrived when it asks for what comes after. The outbox is empty, before and after. */
export function testReadingOn<X>(opened: () => OpenedEventLog<X>): void {
  test('deletes what has arrived when it is asked for what comes after', async () => {
    const { log, transaction } = opened()
    await transaction((tx) =>
      log.append(
        tx,
        Array.from({ length: 1_300 }, (_, n) => recordOf(n)),
      ),
    )
    const next = (arrived: readonly StoredRecord[], limit: number): Promise<StoredRecord[]> =>
      log.readOutbox({ limit, arrived })
    const waiting = async (): Promise<number> => (await next([], 2_000)).length
    const first = await next([], 10)
    const second = await next(first, 1_100)
    expect(second.map(({ id }) => id)).toStrictEqual(Array.from({ length: 1_100 }, (_, index) => `n${index + 10}`))
    expect(await waiting()).toBe(1_290)
    const [third] = await next(second, 1)
    expect(third?.id).toBe('n1110')
    const partition = third?.partition ?? Number.NaN
    const own = await log.readOutbox({ limit: 1_000, partitions: [partition], arrived: third ? [third] : [] })
    expect(own.map((record) => record.partition)).toStrictEqual(own.map(() => partition))
    expect(own.map(({ id }) => id)).not.toContain('n1110')
    expect(await waiting()).toBe(189)
    expect(await next(await next([], 2_000), 1)).toStrictEqual([])
  })
}
