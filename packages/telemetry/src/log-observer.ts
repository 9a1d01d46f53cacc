import { messageOf, type Observation, type Observer, toldError, toldFields } from '@holon/contract'
import pino, { type Logger } from 'pino'

import { handledLine, type Line, madeLine } from './call-line.ts'
import { eventLine, outboxLine, relayLine } from './event-line.ts'
import type { LogLevel } from './log-level.ts'
import { formatLogLine } from './pretty-line.ts'

/** What {@link createLogObserver} takes. */
export interface LogObserverOptions {
  /** Lines below this level are not made. Default `info`. */
  readonly level?: LogLevel
  /** `json`: one object a line, for machines. `pretty`: for people. Default `json`. */
  readonly format?: 'json' | 'pretty'
  /** Colours in `pretty`. Default false; the caller knows whether a person at a terminal reads it, and NO_COLOR. */
  readonly colors?: boolean
  /** The instance that every line names. */
  readonly instance: string
  /** Milliseconds since the epoch (`Platform.now`). */
  readonly now: () => number
  /** Takes each line, with its line feed. Must not throw. */
  readonly write: (line: string) => void
}

/** An observer that writes log lines. It buffers nothing: what `write` was given is all there is to flush. */
export type LogObserver = Observer

/**
 * Makes log lines (pino's JSON: `level`, `time`, `instance`, `service`, `traceId`, `operation`, `durationMs`, `code`,
 * `msg`) from what Holon's packages observe. Calls are `debug`; failures that need a person are `warn` and `error`, with
 * the chain of causes. Inputs, outputs, identities and keys of calls are never logged; fields of `ctx.log` whose name
 * says that they are secret are blanked.
 */
export function createLogObserver(options: LogObserverOptions): LogObserver {
  const { level = 'info', format = 'json', colors = false, instance, now, write } = options
  const destination =
    format === 'json' ? { write } : { write: (text: string) => write(`${formatLogLine(text, { colors })}\n`) }
  const logger = pino(
    {
      level,
      base: { instance },
      timestamp: () => `,"time":${now()}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  const logsCalls = logger.isLevelEnabled('debug')
  return {
    observe: (observation) => {
      // Nearly all observations are of what went well; where that is not logged, its line is not even made.
      if (!logsCalls && isFrequent(observation) && !('error' in observation && observation.error !== undefined)) return
      observe(logger, observation)
    },
  }
}

function isFrequent({ kind }: Observation): boolean {
  return kind === 'call-handled' || kind === 'call-made' || kind === 'event-handled'
}

/** An observer must not throw, whatever it is told. */
function observe(logger: Logger, observation: Observation): void {
  try {
    const line = toLine(observation)
    logger[line.level](line.fields, line.message)
  } catch (error) {
    logger.error({ error: toldError(error) }, `An observation of kind '${observation.kind}' cannot be logged.`)
  }
}

function toLine(observation: Observation): Line {
  switch (observation.kind) {
    case 'call-handled':
      return handledLine(observation, observation.cause)
    case 'call-made':
      return madeLine(observation, observation.remote)
    case 'link':
      return linkLine(observation)
    case 'lifecycle':
      return lifecycleLine(observation)
    case 'event-handled':
      return eventLine(observation)
    case 'relay':
      return relayLine(observation)
    case 'outbox':
      return outboxLine(observation)
    case 'log':
      return ownLine(observation)
    default:
      return {
        level: 'error',
        message: `${observation.subject} failed`,
        fields: { service: observation.subject, error: toldError(observation.error) },
      }
  }
}

type Kind<K extends Observation['kind']> = Extract<Observation, { readonly kind: K }>

function linkLine({ state, peer, reason }: Kind<'link'>): Line {
  return {
    level: state === 'refused' || state === 'violated' ? 'warn' : 'debug',
    message: `link with ${peer} ${state}${reason === undefined ? '' : `: ${reason}`}`,
    fields: { peer },
  }
}

function lifecycleLine({ subject, state, detail }: Kind<'lifecycle'>): Line {
  return {
    level: state === 'failed' ? 'error' : state === 'starting' ? 'debug' : 'info',
    message: `${subject} ${state}${detail === undefined ? '' : `: ${detail}`}`,
    fields: { service: subject, state },
  }
}

function ownLine({ service, level, message, fields, call }: Kind<'log'>): Line {
  return {
    level,
    message: messageOf(message),
    fields: {
      service,
      ...(call && { traceId: call.trace.traceId, spanId: call.trace.spanId, operation: call.operation }),
      ...(fields && { fields: toldFields(fields) }),
    },
  }
}
