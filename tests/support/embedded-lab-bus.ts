import { startBusProcess } from './bus-process.ts'
import type { LabBus } from './events-lab.ts'

/** The embedded bus for the lab: a process that serves one sqlite file. */
export async function embeddedLabBus(): Promise<LabBus> {
  const bus = await startBusProcess()
  return {
    choice: { kind: 'embedded', socket: bus.socket },
    kill: () => bus.kill(),
    start: () => bus.start(),
    close: () => bus.close(),
  }
}
