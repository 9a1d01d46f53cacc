import { SingleBar } from 'cli-progress'

/** Shows on the terminal how many customers have been in the shop; in a log file, a line now and then. */
export interface ProgressBar {
  update(visits: number, paid: number): void
  stop(): void
}

export function startProgressBar(customers: number): ProgressBar {
  const bar = new SingleBar({
    format: 'customers {bar} {value}/{total} | {paid} orders paid | {duration_formatted}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 5_000,
  })
  bar.start(customers, 0, { paid: 0 })
  return { update: (visits, paid) => bar.update(visits, { paid }), stop: () => bar.stop() }
}
