import type { ExitCode } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { formatDuration, formatTable } from '../output/table.ts'
import { atEventsDesk, type EventsOptions } from './events-desk.ts'

/** How far behind outboxes and subscriptions are, and how many events were given up. */
export function lagCommand(host: Host, options: EventsOptions): Promise<ExitCode> {
  return atEventsDesk(host, options, async (desk) => {
    const reports = await Promise.all(
      [...desk.services.keys()].map(async (service) => ({ service, ...(await desk.report(service)) })),
    )
    if (options.json === true) return host.stdout.write(`${JSON.stringify(reports)}\n`)
    const subscriptions = reports.flatMap((report) =>
      report.subscriptions.map(({ name, topic, lag, paused }) => [
        name,
        topic,
        lag === undefined ? '?' : String(lag),
        paused === undefined ? '?' : paused ? 'paused' : '–',
      ]),
    )
    const services = reports.map(({ service, outbox, deadLetters }) => [
      service,
      outbox === undefined ? '–' : String(outbox.waiting),
      outbox === undefined || outbox.waiting === 0 ? '–' : formatDuration(outbox.oldestMs),
      String(deadLetters),
    ])
    host.stdout.write(formatTable([['SUBSCRIPTION', 'EVENT', 'LAG', 'STATE'], ...subscriptions]))
    if (subscriptions.some(([, , lag]) => lag === '?'))
      host.stderr.write('?: the bus does not answer. Events wait in the outboxes meanwhile.\n')
    host.stdout.write(`\n${formatTable([['SERVICE', 'OUTBOX', 'OLDEST', 'DEAD LETTERS'], ...services])}`)
  })
}
