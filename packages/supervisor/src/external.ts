import type { Platform } from '@holon/contract'
import type { ExternalProcess } from '@holon/runtime'

import { type ReadyExternal, startExternalProcess } from './external-process.ts'
import type { Guardian } from './guardian.ts'
import { KeptProcess } from './kept-process.ts'
import { freePort } from './port-probe.ts'

/** An external process that is kept running on one port. */
export interface External {
  readonly name: string
  readonly definition: ExternalProcess
  readonly url: string
  readonly kept: KeptProcess<ReadyExternal>
}

export interface ExternalOptions {
  readonly folder: string
  readonly platform: Platform
  readonly guardian: Guardian
  readonly environment: () => Readonly<Record<string, string | undefined>>
  readonly readyWithinMs: number
  readonly silenceMs: number
  readonly onLine: (source: string, line: string) => void
  readonly onChange: (name: string, kept: KeptProcess<ReadyExternal>) => void
}

/** Chooses its port, once: instances get the URL in their environment, so it must outlive restarts. Starts nothing. */
export async function createExternal(
  name: string,
  definition: ExternalProcess,
  options: ExternalOptions,
): Promise<External> {
  const { folder, platform, guardian, environment, readyWithinMs, silenceMs, onLine, onChange } = options
  const port = await freePort()
  const kept: KeptProcess<ReadyExternal> = new KeptProcess<ReadyExternal>({
    platform,
    readyWithinMs,
    silenceMs,
    halts: () => true,
    launch: () => {
      const launch = startExternalProcess({
        definition,
        folder,
        environment: environment(),
        port,
        platform,
        onLine: (line) => onLine(name, line),
      })
      // Without a pid nothing has started, and minus zero would mean our own group.
      if (launch.pid > 0) {
        const release = guardian.watch({ target: -launch.pid, signal: 'SIGTERM', stage: 'process' })
        void launch.exited.then(release)
      }
      return launch
    },
    onChange: () => onChange(name, kept),
  })
  return { name, definition, url: `http://127.0.0.1:${port}`, kept }
}
