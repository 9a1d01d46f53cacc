import type { Platform, Timer } from '@holon/contract'
import type { Supervisor } from '@holon/supervisor'

import type { LogSink } from '../output/log-sink.ts'

const everyMs = 5_000

/** Tells every few seconds what a start is waiting for, until it is closed. */
export function tellProgress(supervisor: Supervisor, platform: Platform, sink: LogSink): { close(): void } {
  let closed = false
  let timer: Timer
  const tell = async (): Promise<void> => {
    const { groups, processes } = await supervisor.status()
    const all = [...groups.flatMap(({ instances }) => instances), ...processes]
    const waitingFor = all.filter(({ state }) => state !== 'ready').map(({ name, state }) => `${name} (${state})`)
    if (closed) return
    if (waitingFor.length > 0)
      sink.event('progress', { waitingFor }, () => `Still waiting for ${waitingFor.join(', ')}…\n`)
    again()
  }
  const again = (): void => {
    timer = platform.setTimer(() => void tell(), everyMs)
  }
  again()
  return {
    close() {
      closed = true
      timer.cancel()
    },
  }
}
