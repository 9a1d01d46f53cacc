import type { Platform } from '@holon/contract'

import type { Bus } from '../bus.ts'
import { Hubs } from './hubs.ts'
import { localBus } from './local-bus.ts'
import { memoryLog } from './memory-log.ts'

/** A bus that lasts as long as the process. Each `connect` is what another replica would have. */
export interface MemoryBus {
  connect(): Bus
  close(): Promise<void>
}

/** Makes a bus in memory, for tests and simulation. */
export function memoryBus(platform: Platform): MemoryBus {
  const hubs = new Hubs({ log: memoryLog(), platform })
  return { connect: () => localBus(hubs), close: () => hubs.close() }
}
