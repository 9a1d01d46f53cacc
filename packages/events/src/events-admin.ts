import { command, type Contract, defineContract, type JsonSchema, type Operation, query } from '@holon/contract'
import { deadLetterReasons } from '@holon/data'

const text: JsonSchema = { type: 'string' }
const whole: JsonSchema = { type: 'integer' }

function object(properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required, additionalProperties: false }
}

const reason: JsonSchema = { enum: [...deadLetterReasons] }
const letterParts: Readonly<Record<string, JsonSchema>> = {
  id: text,
  subscription: text,
  messageId: text,
  topic: text,
  key: text,
  envelope: text,
  reason,
  error: object({ code: text, message: text, causes: { type: 'array', items: text } }),
  attempts: whole,
  firstFailedAtMs: whole,
  lastFailedAtMs: whole,
  replayedAtMs: whole,
}
const letter = object(letterParts, ['replayedAtMs'])
/** Without the event where a list would become too large. */
const listedLetter = object(letterParts, ['replayedAtMs', 'envelope'])
const filter = object(
  {
    subscription: text,
    topic: text,
    key: text,
    reason,
    replayed: { type: 'boolean' },
    limit: whole,
  },
  ['subscription', 'topic', 'key', 'reason', 'replayed', 'limit'],
)
const subscription = object({ subscription: text })
const oneLetter = object({ id: text })

/** What is known of a service's events. */
export interface EventsReport {
  readonly subscriptions: readonly {
    readonly name: string
    readonly topic: string
    /** Absent while the bus does not answer. */
    readonly lag?: number
    readonly paused?: boolean
  }[]
  /** The outbox: how many events wait to be sent, and for how long the oldest has. Absent without an SQL store. */
  readonly outbox?: { readonly waiting: number; readonly oldestMs: number }
  readonly deadLetters: number
}

const admin: Contract = defineContract('events-admin', {
  operations: {
    report: query({
      output: object(
        {
          subscriptions: {
            type: 'array',
            items: object({ name: text, topic: text, lag: whole, paused: { type: 'boolean' } }, ['lag', 'paused']),
          },
          outbox: object({ waiting: whole, oldestMs: { type: 'number' } }),
          deadLetters: whole,
        },
        ['outbox'],
      ),
    }),
    pause: command({ input: subscription }),
    resume: command({ input: subscription }),
    /** Without a time: to the start. */
    rewind: command({
      input: object({ subscription: text, timeMs: { type: 'number' } }, ['timeMs']),
      // It waits for members that have something in work, for their transactions, and removes any number of receipts.
      timeoutMs: 300_000,
    }),
    deadList: query({ input: filter, output: { type: 'array', items: listedLetter } }),
    deadShow: query({ input: oneLetter, output: letter }),
    /** Handles the event again. Fails with what the handler throws; the letter stays then. */
    deadReplay: command({ input: oneLetter, timeoutMs: 60_000 }),
    deadDiscard: command({ input: oneLetter }),
    /** The event is taken for handled when it is delivered next. */
    discard: command({ input: object({ subscription: text, messageId: text }) }),
    publish: command({ input: object({ event: text, data: {}, key: text }, ['key']) }),
  },
})

/** The operations for the command line and other tools of the platform, which every service with events answers. */
export type AdminOperation =
  | 'report'
  | 'pause'
  | 'resume'
  | 'rewind'
  | 'deadList'
  | 'deadShow'
  | 'deadReplay'
  | 'deadDiscard'
  | 'discard'
  | 'publish'

/** Names of all {@link AdminOperation}s. */
export const adminOperations: readonly AdminOperation[] = [
  'report',
  'pause',
  'resume',
  'rewind',
  'deadList',
  'deadShow',
  'deadReplay',
  'deadDiscard',
  'discard',
  'publish',
]

/** The administrative operation as one of a service's own. The `~` keeps it apart: no contract can have such a name. */
export function adminOperation(service: string, name: AdminOperation): Operation {
  const operation = admin.operations[name]
  if (operation === undefined) throw new TypeError(`There is no operation '${name}'.`)
  return { ...operation, service, id: `${service}.~events.${name}`, name: `~events.${name}` }
}
