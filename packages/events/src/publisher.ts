import { type ContractEvent, type Parsed, type Platform, ServiceError, type TraceContext } from '@holon/contract'
import { isStorable, type OutboxRecord, type Publisher, type PublishOptions } from '@holon/data'

import { type EventAttributes, MadeRecord } from './envelope.ts'
import type { EventIds } from './event-ids.ts'
import { type EventLimit, eventLimitOf, oversize } from './event-limit.ts'

export interface PublisherOptions extends EventLimit {
  readonly platform: Platform
  readonly ids: EventIds
  readonly app: string
  /** Name of the service whose events may be published. */
  readonly service: string
}

const longestKey = 512
/** What stores keep as it is and every broker takes as a header: in RabbitMQ's a length is one byte, NATS trims and cuts lines. */
const plainId = /^[!-~]{1,255}$/

/**
 * Makes what is published from an event and its data: checked and copied by the contract, in an envelope. Throws
 * `invalid_argument` before anything is written when the data does not match, or is larger than the bus takes.
 */
export function createPublisher({ platform, ids, app, service, ...limit }: PublisherOptions): Publisher {
  const maxEventBytes = eventLimitOf(limit)
  const source = `/${app}/${service}`
  const toRecord = (event: ContractEvent, parsed: Parsed, options: RecordOptions): OutboxRecord => {
    if (parsed.issues !== undefined) throw mismatch(event, parsed.issues)
    const id = options.id ?? ids.next()
    const key = options.key ?? keyOf(event, parsed.value) ?? id
    const fault = faultOf(key)
    if (fault !== undefined) throw new ServiceError('invalid_argument', `The key of ${event.id} ${fault}.`)
    if (!plainId.test(id)) throw notPlain(event, id)
    const attributes: EventAttributes = {
      specversion: '1.0',
      id,
      source,
      type: event.id,
      subject: key,
      time: new Date(platform.now()).toISOString(),
      datacontenttype: 'application/json',
      dataschema: `urn:holon:${event.id}:${event.compiled.fingerprint}`,
      ...(options.trace && { traceparent: traceparent(options.trace) }),
    }
    const notBefore = options.at === undefined ? undefined : timeOf(options.at)
    const json = JSON.stringify(parsed.value)
    const refusal = oversize(event.id, json, maxEventBytes)
    if (refusal) throw refusal
    return new MadeRecord({ id, topic: event.id, key, attributes, data: json }, notBefore)
  }
  return (event, data, options) => {
    if (event.service !== service)
      throw new ServiceError(
        'permission_denied',
        `'${service}' cannot publish ${event.id}: an event is published only by the service whose contract declares it.`,
      )
    const parsed = event.compiled.data.parse(data)
    return parsed instanceof Promise
      ? parsed.then((settled) => toRecord(event, settled, options))
      : toRecord(event, parsed, options)
  }
}

/** What is wrong with a key, wherever the event goes. */
function faultOf(key: string): string | undefined {
  if (key === '') return 'is empty'
  if (key.length > longestKey) return `is longer than ${longestKey} characters`
  return isStorable(key) ? undefined : `${JSON.stringify(key)} holds U+0000 or half of a surrogate pair`
}

function notPlain(event: ContractEvent, id: string): ServiceError {
  const shown = id.length > 40 ? `${id.slice(0, 40)}…` : id
  const message = `The id ${JSON.stringify(shown)} of ${event.id} is not 1 to 255 visible ASCII characters, which every bus takes.`
  return new ServiceError('invalid_argument', message)
}

type RecordOptions = PublishOptions & { readonly trace?: TraceContext }

function mismatch(event: ContractEvent, issues: NonNullable<Parsed['issues']>): ServiceError {
  const named = issues.map(({ path, message }) => `${path.join('.') || 'data'}: ${message}`).join('; ')
  return new ServiceError('invalid_argument', `The data of ${event.id} does not match its contract: ${named}`, {
    issues,
  })
}

function keyOf({ id, definition: { key } }: ContractEvent, data: unknown): string | undefined {
  if (key === undefined) return undefined
  const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, key) : undefined
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new ServiceError('invalid_argument', `The key of ${id}, '${key}', is neither text nor a number.`)
}

function timeOf(at: Date | number): number {
  const timeMs = typeof at === 'number' ? at : at.getTime()
  if (Number.isFinite(timeMs)) return Math.ceil(timeMs)
  throw new ServiceError('invalid_argument', "The time 'at' is no valid date.")
}

/** W3C trace context, version 00. */
function traceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}
