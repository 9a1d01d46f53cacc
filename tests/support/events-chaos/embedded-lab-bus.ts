import { startBusProcess } from '../bus-process.ts'
import type { LabBus } from './events-lab.ts'

/** The embedded bus for the lab: a process that serves one sqlite file. */
export async function embeddedLabBus(): Promise<LabBus> {
  const bus = await startBusProcess()
  return {
    choice: { kind: 'embedded', socket: bus.socket },
    // Its members have no lease; they are gone when their link is, after 30 s of silence.
    longerThanLeaseMs: 33_000,
    kill: () => bus.kill(),
    stop: () => bus.stop(),
    start: () => bus.start(),
    close: () => bus.close(),
  }
}
