import { randomId } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { plainText } from '@holon/telemetry'

import type { ExitCode } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { atEventsDesk, type EventsOptions } from './events-desk.ts'

export interface TailOptions extends EventsOptions {
  /** Ends after this many events. */
  readonly count?: number
  /** Begins with the oldest event that the bus keeps. */
  readonly all?: boolean
}

const window = 200

/** Shows events as they pass, until it is told to stop. Disturbs no subscription. */
export function tailCommand(host: Host, ids: readonly string[], options: TailOptions): Promise<ExitCode> {
  return atEventsDesk(host, options, async (desk) => {
    const known = [...desk.services.values()].flatMap(({ contract }) => Object.values(contract.events))
    const topics = (ids.length > 0 ? ids.map((id) => desk.findEvent(id)) : known).map((event) => event.id)
    const platform = systemPlatform()
    const name = `tail-${randomId(platform, 9)}`
    const ended = Promise.withResolvers<void>()
    host.onSignal(() => ended.resolve())
    let left = options.count ?? Infinity
    const bus = await desk.bus()
    const start = options.all === true ? 'all' : 'new'
    const joined = await bus.subscribe({ subscription: name, topics, start, window, ephemeral: true }, (delivery) => {
      const { topic, key, attributes, body, timeMs } = delivery.message
      if (left > 0) {
        host.stdout.write(
          options.json === true
            ? `${JSON.stringify({ ...attributes, data: JSON.parse(body) })}\n`
            : `${new Date(timeMs).toISOString()}  ${topic}  ${plainText(key)}  ${plainText(body)}\n`,
        )
        left -= 1
      }
      delivery.ack()
      if (left === 0) ended.resolve()
    })
    const down = desk.atRest
      ? ' Nothing new comes from an app that is down, and it cannot be started before this ends.'
      : ''
    host.stderr.write(`Waiting for ${topics.join(', ')}. Ctrl-C ends it.${down}\n`)
    await ended.promise
    await joined.close()
  })
}
