/**
 * An event on its way: CloudEvents 1.0.2 (https://github.com/cloudevents/spec), JSON format in structured mode. Where a
 * protocol defines the binary mode, everything but `data` travels as its headers.
 */
export interface EventEnvelope {
  readonly specversion: '1.0'
  /** A UUIDv7: unique, and roughly in the order of time. */
  readonly id: string
  /** `/app/service`: who published it. */
  readonly source: string
  /** The event's id: `orders.placed`. */
  readonly type: string
  /** The key by which it is ordered. */
  readonly subject: string
  /** When it was published: RFC 3339, UTC. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  /** `urn:holon:orders.placed:<fingerprint>`: the version of the contract it was published under. */
  readonly dataschema: string
  /** W3C trace context of the call that published it. */
  readonly traceparent?: string
  readonly data: unknown
}
