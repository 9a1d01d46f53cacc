import { systemPlatform } from '@holon/contract/system-platform'
import { memoryBus } from '@holon/events'

import { testBus } from './bus.ts'

testBus(
  'in memory',
  async () => {
    const bus = memoryBus(systemPlatform())
    return { connect: async () => bus.connect(), close: () => bus.close() }
  },
  { restarts: false },
)
