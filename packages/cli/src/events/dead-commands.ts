import { isServiceError } from '@holon/contract'
import type { DeadLetter } from '@holon/data'
import { plainText } from '@holon/telemetry'

import { CommandFailure, type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { formatTable } from '../output/table.ts'
import { atEventsDesk, type EventsDesk, type EventsOptions } from './events-desk.ts'

/** Which dead letters are meant. */
export interface DeadOptions extends EventsOptions {
  readonly subscription?: string
  readonly event?: string
  readonly key?: string
  readonly reason?: DeadLetter['reason']
  readonly limit?: number
  /** All of those that the filter lets through, instead of named ones. */
  readonly all?: boolean
  /** Those that were replayed, too. */
  readonly replayed?: boolean
}

type Letter = DeadLetter & { readonly service: string; readonly replayedAtMs?: number }

export function deadListCommand(host: Host, options: DeadOptions): Promise<ExitCode> {
  return atEventsDesk(host, options, async (desk) => {
    const letters = await find(desk, options)
    if (options.json === true) return host.stdout.write(`${JSON.stringify(letters)}\n`)
    if (letters.length === 0) return host.stdout.write('There are no dead letters.\n')
    const rows = letters.map((letter) => [
      letter.id,
      letter.subscription,
      plainText(letter.key),
      new Date(letter.lastFailedAtMs).toISOString(),
      String(letter.attempts),
      letter.replayedAtMs === undefined ? letter.reason : 'replayed',
      shorten(plainText(letter.error.message)),
    ])
    host.stdout.write(formatTable([['ID', 'SUBSCRIPTION', 'KEY', 'LAST FAILED', 'TRIES', 'REASON', 'ERROR'], ...rows]))
  })
}

export function deadShowCommand(host: Host, id: string, options: EventsOptions): Promise<ExitCode> {
  return atEventsDesk(host, options, async (desk) => {
    const letter = await findOne(desk, id)
    const envelope = readEnvelope(letter.envelope)
    if (options.json === true) return host.stdout.write(`${JSON.stringify({ ...letter, envelope })}\n`)
    const lines = [
      `${letter.id}: ${fateOf(letter)}`,
      `  first failed  ${new Date(letter.firstFailedAtMs).toISOString()}`,
      `  last failed   ${new Date(letter.lastFailedAtMs).toISOString()}`,
      ...(letter.replayedAtMs === undefined ? [] : [`  replayed      ${new Date(letter.replayedAtMs).toISOString()}`]),
      `  ${plainText(letter.error.message)}`,
      ...letter.error.causes.map((cause) => `    caused by ${plainText(cause)}`),
      JSON.stringify(envelope, undefined, 2),
    ]
    host.stdout.write(`${lines.join('\n')}\n`)
  })
}

/** Handles events again. Goes on when one fails again, and fails in the end. */
export function deadReplayCommand(host: Host, ids: readonly string[], options: DeadOptions): Promise<ExitCode> {
  return withLetters(host, { ids, options, operation: 'deadReplay', done: 'replayed' })
}

export function deadDiscardCommand(host: Host, ids: readonly string[], options: DeadOptions): Promise<ExitCode> {
  return withLetters(host, { ids, options, operation: 'deadDiscard', done: 'discarded' })
}

interface Dealing {
  readonly ids: readonly string[]
  readonly options: DeadOptions
  readonly operation: 'deadReplay' | 'deadDiscard'
  readonly done: string
}

async function withLetters(host: Host, { ids, options, operation, done }: Dealing): Promise<ExitCode> {
  if (ids.length > 0 === (options.all === true))
    throw new CommandFailure(
      exitCodes.usage,
      'Name the ids of dead letters, or --all of those that the filter lets through.',
    )
  let failed = false
  const code = await atEventsDesk(host, options, async (desk) => {
    if (desk.atRest && operation === 'deadReplay')
      throw new CommandFailure(exitCodes.notRunning, 'Replaying needs the app: start it first.')
    const letters =
      ids.length > 0
        ? await Promise.all(ids.map((id) => findOne(desk, id)))
        : await find(desk, { ...options, limit: options.limit ?? 10_000 })
    // The oldest first, as they were published.
    for (const { service, id } of letters.toReversed()) {
      try {
        await desk.ask(service, operation, { id })
        host.stdout.write(`${id} ${done}\n`)
      } catch (error) {
        if (!isServiceError(error)) throw error
        failed = true
        host.stderr.write(`${id}: ${plainText(error.message)}\n`)
      }
    }
  })
  return failed ? exitCodes.callFailed : code
}

async function find(desk: EventsDesk, options: DeadOptions): Promise<readonly Letter[]> {
  const { subscription, event, key, reason, limit = 100, replayed = false } = options
  const services = subscription === undefined ? [...desk.services.keys()] : [desk.serviceOf(subscription)]
  const filter = {
    limit,
    ...(!replayed && { replayed: false }),
    ...(subscription !== undefined && { subscription }),
    ...(event !== undefined && { topic: desk.findEvent(event).id }),
    ...(key !== undefined && { key }),
    ...(reason !== undefined && { reason }),
  }
  const lists = await Promise.all(
    services.map(async (service) => {
      // Checked against the contract of these operations before it was sent.
      const letters = (await desk.ask(service, 'deadList', filter)) as readonly Omit<Letter, 'service'>[]
      return letters.map((letter) => ({ ...letter, service }))
    }),
  )
  return lists.flat().toSorted((one, other) => other.lastFailedAtMs - one.lastFailedAtMs)
}

/** Ids do not say whose they are. */
async function findOne(desk: EventsDesk, id: string): Promise<Letter> {
  for (const service of desk.services.keys()) {
    try {
      // See find.
      return { ...((await desk.ask(service, 'deadShow', { id })) as Letter), service }
    } catch (error) {
      if (!isServiceError(error) || error.code !== 'not_found') throw error
    }
  }
  throw new CommandFailure(exitCodes.failed, `There is no dead letter '${id}'.`)
}

function fateOf({ reason, messageId, subscription, attempts }: Letter): string {
  if (reason === 'unpublishable') return `the bus refuses event ${messageId}, which never left the outbox`
  return `${subscription} gave up event ${messageId} after ${attempts} ${attempts === 1 ? 'try' : 'tries'}`
}

/** What something else than Holon has put into an outbox may be anything. */
function readEnvelope(envelope: string): unknown {
  try {
    return JSON.parse(envelope)
  } catch {
    return envelope
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
