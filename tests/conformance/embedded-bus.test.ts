import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemPlatform } from '@holon/contract/system-platform'
import { openEmbeddedBus } from '@holon/events/embedded'

import { startBusProcess } from '../support/bus-process.ts'
import { testBus } from './bus.ts'

testBus(
  'embedded, in the same process',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holon-bus-'))
    const bus = await openEmbeddedBus({ file: join(folder, 'bus.db'), platform: systemPlatform() })
    const close = async (): Promise<void> => {
      await bus.close()
      rmSync(folder, { recursive: true })
    }
    return { connect: async () => bus.connect(), close }
  },
  { restarts: false },
)

testBus('embedded, in another process', async () => {
  const bus = await startBusProcess()
  const restart = async (how: 'stop' | 'kill'): Promise<void> => {
    await bus[how]()
    await bus.start()
  }
  return {
    connect: () => bus.connect(),
    restart,
    choice: { kind: 'embedded', socket: bus.socket },
    close: () => bus.close(),
  }
})
