import {
  command,
  type Contract,
  defineContract,
  type JsonSchema,
  query,
  type StandardSchema,
  stream,
} from '@holon/contract'

import { busName } from './bus-name.ts'
import { isAcks, isBatch, isPublishInput } from './bus-wire.ts'

const text: JsonSchema = { type: 'string' }
const whole: JsonSchema = { type: 'integer' }

function object(properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required, additionalProperties: false }
}

const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })

const message = object({
  id: text,
  topic: text,
  key: text,
  attributes: { type: 'object', additionalProperties: text },
  body: text,
  timeMs: { type: 'number' },
})
const loan = object({ sequence: whole, redelivered: { type: 'boolean' }, message })

/** A schema whose values a function checks: a general validator would take most of the time of what travels in masses. */
function checkedBy(schema: JsonSchema, fits: (value: unknown) => boolean): StandardSchema {
  return {
    '~standard': {
      version: 1,
      vendor: 'holon',
      validate: (value) => (fits(value) ? { value } : { issues: [{ message: 'is not what the bus expects' }] }),
      jsonSchema: { input: () => ({ ...schema }), output: () => ({ ...schema }) },
    },
  }
}

const report = object({ name: text, topics: list(text), lag: whole, members: whole, paused: { type: 'boolean' } })
const named = object({ subscription: text })

/**
 * The embedded bus as a service: what instances in other processes call. An internal contract, subject to change with
 * every version; applications use events, not this.
 */
export const busContract: Contract = defineContract(busName, {
  operations: {
    publish: command({ input: checkedBy(object({ messages: list(message) }), isPublishInput) }),
    /**
     * Joins a subscription. The first item says that it has begun. An item with a higher epoch says that everything on
     * loan in lower ones was taken back; acknowledgements name the epoch that they belong to. A member that has learnt of
     * an epoch says so with an acknowledgement, which may be empty.
     */
    subscribe: stream({
      input: object({
        subscription: text,
        topics: list(text),
        start: { enum: ['new', 'all'] },
        window: whole,
        ephemeral: { type: 'boolean' },
      }),
      clientStream: checkedBy(object({ epoch: whole, sequences: list(whole) }), isAcks),
      serverStream: checkedBy(object({ epoch: whole, loans: list(loan) }), isBatch),
    }),
    subscriptions: query({ output: list(report) }),
    setPaused: command({ input: object({ subscription: text, paused: { type: 'boolean' } }) }),
    paused: query({ input: named, output: { type: 'boolean' } }),
    /** Without a time: to the start. */
    rewind: command({ input: object({ subscription: text, timeMs: { type: 'number' } }, ['timeMs']) }),
    lag: query({ input: named, output: whole }),
    forget: command({ input: named }),
  },
})
