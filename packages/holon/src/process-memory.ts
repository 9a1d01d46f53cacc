import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import type { ProcessMemory } from '@holon/cli'

/** The memory of this process. */
export function processMemory(): ProcessMemory {
  return {
    cpuMs() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
    heapBytes: () => process.memoryUsage().heapTotal,
    release() {
      // The only way to V8's collector without starting Node with a flag; contexts made from now on have it.
      setFlagsFromString('--expose-gc')
      // What Node's documentation says of `gc`.
      const collect = runInNewContext('gc') as (options: object) => void
      setFlagsFromString('--no-expose-gc')
      // This flavor also shrinks the young generation and gives up what is cached; much of that is free only the second time.
      for (let time = 0; time < 2; time += 1) collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    },
  }
}
