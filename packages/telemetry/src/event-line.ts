import { type Observation, toldError } from '@holon/contract'

import type { Line } from './call-line.ts'

type Kind<K extends Observation['kind']> = Extract<Observation, { readonly kind: K }>

const levels: { readonly [O in Kind<'event-handled'>['outcome']]: Line['level'] } = {
  applied: 'debug',
  duplicate: 'debug',
  skipped: 'debug',
  failed: 'warn',
  // Somebody must look: nothing will be tried again by itself.
  dead: 'error',
  'not-run': 'warn',
}

const words: { readonly [O in Kind<'event-handled'>['outcome']]: string } = {
  applied: 'applied',
  duplicate: 'had been applied before',
  skipped: 'passed over',
  failed: 'failed and will be tried again',
  dead: 'was given up and became a dead letter',
  'not-run': 'waits for the store',
}

/** The line of an event that a subscription has dealt with. Neither its data nor its key is logged. */
export function eventLine(handled: Kind<'event-handled'>): Line {
  const { service, subscription, messageId, traceparent, attempt, durationMs, outcome, error } = handled
  const [, traceId] = /^00-([0-9a-f]{32})-/.exec(traceparent ?? '') ?? []
  return {
    level: levels[outcome],
    message: `${subscription}: event ${messageId} ${words[outcome]}`,
    fields: {
      service,
      ...(traceId !== undefined && { traceId }),
      subscription,
      event: messageId,
      attempt,
      durationMs: Math.round(durationMs * 1_000) / 1_000,
      outcome,
      ...(error !== undefined && { error: toldError(error) }),
    },
  }
}

/** The line of an outbox that is behind. It is only loud when that begins and ends. */
export function outboxLine({ service, waiting, oldestMs, late }: Kind<'outbox'>): Line {
  const fields = { service, waiting, oldestMs }
  const forS = `${Math.round(oldestMs / 1_000)} s`
  if (late === 'began')
    return {
      level: 'warn',
      message: `events of ${service} are late: ${waiting} wait in its outbox, the oldest for ${forS}`,
      fields,
    }
  if (late === 'ended') return { level: 'info', message: `events of ${service} are no longer late`, fields }
  return { level: 'debug', message: `outbox of ${service}: ${waiting} wait, the oldest for ${forS}`, fields }
}

/** The line of a way to the bus that is blocked, or free again. */
export function relayLine({ service, state, error }: Kind<'relay'>): Line {
  return state === 'stalled'
    ? {
        level: 'warn',
        message: `events of ${service} cannot be sent just now; they are kept and sent later`,
        fields: { service, error: toldError(error) },
      }
    : { level: 'info', message: `events of ${service} are sent again`, fields: { service } }
}
