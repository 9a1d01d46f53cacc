import type { Consumer } from '@platformatic/kafka'

import type { Place } from './kafka-session.ts'

/** A record as it was read. */
export interface FetchedRecord extends Place {
  readonly offset: number
  readonly timeMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [string, string])[]
}

/** Where to read on. */
export interface Position extends Place {
  readonly next: number
}

export interface Fetched extends Position {
  readonly records: readonly FetchedRecord[]
}

/** Of one partition, so that one that is far behind leaves room for others. */
const partitionMaxBytes = 512 * 1024
const controlBatch = 0b10_0000

/** Reads what comes next in partitions whose leader is `node`, waiting up to `waitMs` for it. */
export async function fetchFrom(
  consumer: Consumer,
  {
    node,
    positions,
    waitMs,
  }: { readonly node: number; readonly positions: readonly Position[]; readonly waitMs: number },
): Promise<readonly Fetched[]> {
  const names = [...new Set(positions.map(({ topic }) => topic))]
  const { topics } = await consumer.metadata({ topics: names })
  const byId = new Map(names.map((name) => [topics.get(name)?.id ?? '', name]))
  const wanted = [...byId].map(([topicId, name]) => ({
    topicId,
    partitions: positions
      .filter(({ topic }) => topic === name)
      .map(({ partition, next }) => ({
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: BigInt(next),
        lastFetchedEpoch: -1,
        partitionMaxBytes,
      })),
  }))
  const response = await consumer.fetch({ node, topics: wanted, maxWaitTime: waitMs, minBytes: 1, isolationLevel: 1 })
  return response.responses.flatMap(({ topicId, partitions }) => {
    const topic = byId.get(topicId)
    return partitions.flatMap(({ partitionIndex: partition, records: batches }) => {
      const asked = positions.find((position) => position.topic === topic && position.partition === partition)
      return asked === undefined ? [] : [unpack(asked, batches ?? [])]
    })
  })
}

type Batch = NonNullable<
  NonNullable<Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number]['records']>
>[number]

function unpack({ topic, partition, next }: Position, batches: readonly Batch[]): Fetched {
  const last = batches.at(-1)
  const end = last === undefined ? next : Number(last.firstOffset) + last.lastOffsetDelta + 1
  const records = batches
    .filter(({ attributes }) => (attributes & controlBatch) === 0)
    .flatMap(({ firstOffset, firstTimestamp, records }) =>
      records.map(({ offsetDelta, timestampDelta, key, value, headers }): FetchedRecord => {
        const texts = headers.map(([name, text]) => [String(name ?? ''), String(text ?? '')] as const)
        const [offset, timeMs] = [Number(firstOffset) + offsetDelta, Number(firstTimestamp + timestampDelta)]
        return { topic, partition, offset, timeMs, key, value, headers: texts }
      }),
    )
    // A batch is sent whole, also when reading begins in its middle.
    .filter(({ offset }) => offset >= next)
  return { topic, partition, next: Math.max(end, next), records }
}

/** Which broker leads each partition. */
export async function leadersOf<P extends Place>(consumer: Consumer, places: readonly P[]): Promise<Map<number, P[]>> {
  const { topics } = await consumer.metadata({ topics: [...new Set(places.map(({ topic }) => topic))] })
  const leaders = new Map<number, P[]>()
  for (const place of places) {
    const node = topics.get(place.topic)?.partitions[place.partition]?.leader ?? -1
    leaders.set(node, [...(leaders.get(node) ?? []), place])
  }
  return leaders
}
