import { randomId } from '@holon/contract/platform'

import { type AdminServer, type AdminSource, startAdminServer } from './admin/admin-server.ts'
import { HotRestart } from './development/hot-restart.ts'
import type { AppDescription } from './fleet/app-description.ts'
import { Fleet } from './fleet/fleet.ts'
import { GatewayPort } from './fleet/gateway-port.ts'
import { KeptDatabase } from './fleet/kept-database.ts'
import { Opened } from './opened.ts'
import { type Guardian, startGuardian } from './process/guardian.ts'
import { takeRunFolder } from './run-folder.ts'
import type { SupervisorOptions } from './supervisor-options.ts'

/** What a run consists of, once it is all there. */
export interface OpenRun {
  readonly app: AppDescription
  readonly admin: AdminServer
  readonly guardian: Guardian
  readonly database: KeptDatabase
  /** All processes of the app as it is now: a hot restart may have replaced them. */
  readonly fleet: Fleet
  /** Stops the fleet within `graceMs`, then closes the rest. Resolves with the processes that did not end as they should. */
  close(graceMs: number): Promise<readonly string[]>
}

/** What {@link openRun} takes. */
export interface OpenRunOptions extends SupervisorOptions {
  readonly linkSecret: string
  /** What the admin server shows, also before the run is open. */
  readonly source: AdminSource
  /** Ends the opening, with its reason. */
  readonly signal: AbortSignal
}

/**
 * Opens a run: each part when what it needs is there. They are closed in reverse, also when one of them cannot be opened.
 * No process of the app has started yet.
 *
 * @throws AlreadyRunning, DataFolderFailure, AdminPortTaken, StartFailure, and what `describe` throws.
 */
export async function openRun(options: OpenRunOptions): Promise<OpenRun> {
  const opened = new Opened()
  try {
    return await open(options, opened)
  } catch (error) {
    await opened.close().catch((late: unknown) => {
      // What went wrong first says why it did not open.
      options.observer.observe({ kind: 'fault', subject: 'supervisor', error: late })
    })
    throw error
  }
}

async function open(options: OpenRunOptions, opened: Opened): Promise<OpenRun> {
  const { platform, observer, adminPort, source, signal } = options
  const folder = opened.add(takeRunFolder(options.dataFolder), (held) => held.release())
  // Reading the configuration takes longest, so it goes on meanwhile.
  const described = options.describe(signal)
  described.catch(() => undefined)
  const token = randomId(platform, 32)
  const randomText = (): string => randomId(platform, 16)
  const admin = opened.add(await startAdminServer({ port: adminPort, token, randomText, source }), close)
  const onLost = (detail: string): void =>
    observer.observe({ kind: 'lifecycle', subject: 'guardian', state: 'failed', detail })
  const guardian = opened.add(startGuardian(onLost), close)
  const database = opened.add(new KeptDatabase({ platform, observer, guardian, start: options.startDatabase }), close)
  const app = await described
  folder.writeAccess({ url: admin.url, token, pid: options.pid, app: app.name })
  const gateway = await GatewayPort.choose(app, { port: options.gatewayPort, host: options.gatewayHost })
  const createFleet = (now: AppDescription): Fleet =>
    new Fleet({
      ...{ ...options, app: now, guardian, providers: [...options.providers, database] },
      sockets: options.transport === 'unix' ? folder.sockets : undefined,
      gatewayPort: () => gateway.of(now),
      gatewayUrl: () => gateway.url(now),
      onGateway: (url) => gateway.heard(url),
      // Nothing is loaded before the fleet is started.
      onLoaded: (files) => restarts.addFiles(files),
    })
  let fleet = createFleet(app)
  const replaceFleet = (now: AppDescription): Fleet => (fleet = createFleet(now))
  const describe = (): Promise<AppDescription> => options.describe(signal)
  const restarts = options.watch ? await HotRestart.start({ ...options, fleet, describe, replaceFleet }) : noRestarts
  return {
    ...{ app, admin, guardian, database },
    get fleet() {
      return fleet
    },
    close: async (graceMs) => {
      try {
        await restarts.close()
        return await fleet.stop(graceMs)
      } finally {
        await opened.close()
      }
    },
  }
}

/** Nobody edits the files. */
const noRestarts: Pick<HotRestart, 'addFiles' | 'close'> = { addFiles: () => {}, close: async () => {} }

function close(part: { close(): Promise<void> }): Promise<void> {
  return part.close()
}
