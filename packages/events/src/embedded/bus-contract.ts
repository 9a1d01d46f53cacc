import { command, type Contract, defineContract, type JsonSchema, query, stream } from '@holon/contract'

import { busName } from './bus-name.ts'

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
const report = object({ name: text, topics: list(text), lag: whole, members: whole, paused: { type: 'boolean' } })
const named = object({ subscription: text })

/**
 * The embedded bus as a service: what instances in other processes call. An internal contract, subject to change with
 * every version; applications use events, not this.
 */
export const busContract: Contract = defineContract(busName, {
  operations: {
    publish: command({ input: object({ messages: list(message) }) }),
    /**
     * Joins a subscription. The first item says that it has begun. An item with a higher epoch says that everything on
     * loan in lower ones was taken back; acknowledgements name the epoch that they belong to.
     */
    subscribe: stream({
      input: object({
        subscription: text,
        topics: list(text),
        start: { enum: ['new', 'all'] },
        window: whole,
        ephemeral: { type: 'boolean' },
      }),
      clientStream: object({ epoch: whole, sequences: list(whole) }),
      serverStream: object({
        epoch: whole,
        loans: list(object({ sequence: whole, redelivered: { type: 'boolean' }, message })),
      }),
    }),
    subscriptions: query({ output: list(report) }),
    setPaused: command({ input: object({ subscription: text, paused: { type: 'boolean' } }) }),
    /** Without a time: to the start. */
    rewind: command({ input: object({ subscription: text, timeMs: { type: 'number' } }, ['timeMs']) }),
    lag: query({ input: named, output: whole }),
    forget: command({ input: named }),
  },
})
