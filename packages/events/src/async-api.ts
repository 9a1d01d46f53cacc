import type { Contract, ContractEvent, JsonSchema } from '@holon/contract'

export interface AsyncApiOptions {
  readonly title: string
  readonly version: string
  readonly description?: string | undefined
}

/** An AsyncAPI document, as plain JSON. */
export type AsyncApiDocument = { readonly [field: string]: unknown }

/**
 * The events of contracts as an AsyncAPI document: a channel for each topic, an operation that sends for each event, and
 * its data as JSON Schema with the attributes of CloudEvents as headers.
 */
export function toAsyncApi(contracts: readonly Contract[], options: AsyncApiOptions): AsyncApiDocument {
  const events = contracts.flatMap((contract) => Object.values(contract.events))
  const byName = <T>(make: (event: ContractEvent) => T): Record<string, T> =>
    Object.fromEntries(events.map((event) => [nameOf(event), make(event)]))
  return {
    asyncapi: '3.1.0',
    info: {
      title: options.title,
      version: options.version,
      ...(options.description !== undefined && { description: options.description }),
    },
    defaultContentType: 'application/json',
    channels: byName((event) => ({
      address: event.id,
      messages: { [nameOf(event)]: { $ref: `#/components/messages/${nameOf(event)}` } },
    })),
    operations: Object.fromEntries(
      events.map((event) => [
        `publish_${nameOf(event)}`,
        {
          action: 'send',
          channel: { $ref: `#/channels/${nameOf(event)}` },
          messages: [{ $ref: `#/channels/${nameOf(event)}/messages/${nameOf(event)}` }],
          tags: [{ name: event.service }],
        },
      ]),
    ),
    components: { messages: byName(messageOf) },
  }
}

/** Component names may not hold dots. */
function nameOf({ service, name }: ContractEvent): string {
  return `${service}_${name}`
}

function messageOf(event: ContractEvent): JsonSchema {
  const { description, key } = event.definition
  return {
    name: event.id,
    title: event.id,
    ...(description !== undefined && { summary: description }),
    contentType: 'application/json',
    headers: attributesOf(event),
    payload: {
      schemaFormat: 'application/schema+json;version=draft-2020-12',
      schema: event.compiled.data.outputJson,
    },
    ...(key !== undefined && {
      correlationId: {
        description: `Events with equal ${key} keep their order.`,
        location: `$message.payload#/${key}`,
      },
    }),
  }
}

/** CloudEvents in binary mode; the prefix depends on the protocol. */
function attributesOf(event: ContractEvent): JsonSchema {
  return {
    type: 'object',
    description: 'Attributes of CloudEvents 1.0.2 in binary mode.',
    required: ['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-subject', 'ce-time'],
    properties: {
      'ce-specversion': { type: 'string', const: '1.0' },
      'ce-id': { type: 'string', description: 'Unique; deliveries of one event carry the same.' },
      'ce-source': { type: 'string', examples: [`/app/${event.service}`] },
      'ce-type': { type: 'string', const: event.id },
      'ce-subject': { type: 'string', description: 'The key by which events are ordered.' },
      'ce-time': { type: 'string', format: 'date-time' },
      'ce-dataschema': { type: 'string', examples: [`urn:holon:${event.id}:${event.compiled.fingerprint}`] },
      'ce-traceparent': { type: 'string', description: 'W3C trace context.' },
    },
  }
}
