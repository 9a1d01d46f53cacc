import { isRecord } from '@holon/contract'
import { findErrorBy } from '@platformatic/kafka'

import { type Place, toError } from './kafka-session.ts'

/** The record batch is larger than the topic, or a segment of its log, takes; or a record is not what the topic is for. */
const refusals = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']

/** The brokers' word that it is useless to send the same record batches again. */
export function refusalIn(error: unknown): Error | undefined {
  for (const id of refusals) {
    const found = findErrorBy(toError(error), 'apiId', id)
    if (found !== null) return toError(found)
  }
  return undefined
}

/** Whether the same records may be stored if they are sent once more: no broker, and not the client, has said that it is useless. */
export function canSendAgain(error: unknown): boolean {
  return findErrorBy(toError(error), 'canRetry', false) === null
}

/** Whether a request that failed has all the same been stored in a partition; one batch is stored entirely or not at all. */
export function storedIn(error: unknown): (place: Place) => boolean {
  const stored = new Set<string>()
  collect(error, stored)
  return ({ topic, partition }) => stored.has(placeName(topic, partition))
}

/** An error has those of all brokers and tries in it, with what each answered for each partition. */
function collect(error: unknown, stored: Set<string>): void {
  if (!isRecord(error)) return
  for (const { topic, partition } of listIn(error['produced'], 'offsets')) stored.add(placeName(topic, partition))
  for (const { name, partitionResponses } of listIn(error['response'], 'responses'))
    for (const { index, errorCode } of listIn({ partitionResponses }, 'partitionResponses'))
      if (errorCode === 0) stored.add(placeName(name, index))
  for (const inner of listIn(error, 'errors')) collect(inner, stored)
}

function placeName(topic: unknown, partition: unknown): string {
  return `${String(topic)}/${String(partition)}`
}

function listIn(holder: unknown, name: string): readonly Readonly<Record<string, unknown>>[] {
  const list = isRecord(holder) ? holder[name] : undefined
  return Array.isArray(list) ? list.filter(isRecord) : []
}
