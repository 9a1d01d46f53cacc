import type { ExternalProcess } from '@holon/app'
import { messageOf, type Platform } from '@holon/contract'

import { type ReadyExternal, startExternalProcess } from '../process/external-process.ts'
import type { Guardian } from '../process/guardian.ts'
import { KeptProcess } from '../process/kept-process.ts'
import { freePort, isPortTaken } from '../process/port-probe.ts'

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
  /** Where the gateway listens, or will listen. */
  readonly gatewayUrl: () => string | undefined
  readonly readyWithinMs: number
  readonly silenceMs: number
  readonly onLine: (source: string, line: string) => void
  readonly onChange: (name: string, kept: KeptProcess<ReadyExternal>) => void
}

/**
 * Chooses its port, once: instances get the URL in their environment, so it must outlive restarts. Starts nothing.
 *
 * @throws Error if the port it wants is taken; whoever has it would be taken for the process.
 */
async function createExternal(name: string, definition: ExternalProcess, options: ExternalOptions): Promise<External> {
  const { folder, platform, guardian, readyWithinMs, silenceMs, onLine, onChange } = options
  const port = definition.port ?? (await freePort())
  if (definition.port !== undefined && (await isPortTaken(port)))
    throw new Error(`Port ${port} is taken. End what has it, or give the process another in holon.config.ts.`)
  const kept: KeptProcess<ReadyExternal> = new KeptProcess<ReadyExternal>({
    platform,
    readyWithinMs,
    silenceMs,
    halts: () => true,
    launch: () => {
      const launch = startExternalProcess({
        definition,
        folder,
        environment: environmentOf(definition, options),
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

/** All external processes of an app, or what is wrong with some. */
export async function createExternals(
  definitions: { readonly [name: string]: ExternalProcess },
  options: ExternalOptions,
): Promise<{ readonly externals: readonly External[]; readonly problems: readonly string[] }> {
  const problems: string[] = []
  const created = Object.entries(definitions).map(([name, definition]) =>
    createExternal(name, definition, options).catch((error: unknown) => {
      problems.push(`${name} cannot start: ${messageOf(error)}`)
      return undefined
    }),
  )
  const externals = (await Promise.all(created)).filter((external) => external !== undefined)
  return { externals, problems }
}

function environmentOf(
  { gatewayVariable }: ExternalProcess,
  { environment, gatewayUrl }: ExternalOptions,
): Readonly<Record<string, string | undefined>> {
  return gatewayVariable === undefined ? environment() : { ...environment(), [gatewayVariable]: gatewayUrl() }
}
