import type { Group } from '@holon/app'
import { gatewayName } from '@holon/app/placement'
import type { Provider } from '@holon/app/provider'
import type { Observer, Platform } from '@holon/contract'
import { randomId } from '@holon/contract/platform'

import { type AdminServer, startAdminServer } from './admin/admin-server.ts'
import { statusPage } from './admin/status-page.ts'
import type { SupervisorStatus } from './admin/status.ts'
import { supervisorStatus } from './admin/supervisor-status.ts'
import { HotRestart } from './development/hot-restart.ts'
import type { AppDescription } from './fleet/app-description.ts'
import { Fleet, type FleetOptions } from './fleet/fleet.ts'
import { type DatabaseServer, KeptDatabase } from './fleet/kept-database.ts'
import { type Guardian, startGuardian } from './process/guardian.ts'
import { freePort, isPortTaken } from './process/port-probe.ts'
import { type RunFolder, takeRunFolder } from './run-folder.ts'

/** What {@link startSupervisor} takes. */
export interface SupervisorOptions {
  readonly platform: Platform
  readonly observer: Observer
  /** Process id of the supervisor. */
  readonly pid: number
  /** Reads the app's configuration as it is now. */
  readonly describe: (signal: AbortSignal) => Promise<AppDescription>
  /** Arguments of node that run a group. */
  readonly command: (group: Group) => readonly string[]
  /** Environment of all processes as it is now. */
  readonly environment: () => Readonly<Record<string, string | undefined>>
  /** Holds databases and what belongs to a run. Made if missing. */
  readonly dataFolder: string
  /** How instances reach each other. */
  readonly transport: 'unix' | 'tcp'
  /** Goes before the app's own gateway port. */
  readonly gatewayPort: number | undefined
  /** Address that the gateway listens on. */
  readonly gatewayHost: string
  /** 0 chooses a free port. */
  readonly adminPort: number
  /** Where the stores of services are; the embedded database server is asked last. */
  readonly providers: readonly Provider[]
  /** Starts the embedded database server; called when the first service needs it. */
  readonly startDatabase: (signal: AbortSignal) => Promise<DatabaseServer>
  /** Restart what a changed file concerns. */
  readonly watch: boolean
  /**
   * Takes each line that a process writes, with the name of what writes it; a stack on its error stream comes as one text
   * of several lines.
   */
  readonly onLine: (source: string, line: string) => void
}

/** A running supervisor. */
export interface Supervisor {
  /** Resolves when everything runs. Rejects when it cannot; everything is stopped then. */
  readonly ready: Promise<SupervisorStatus>
  /** What everything is doing now. */
  status(): Promise<SupervisorStatus>
  /**
   * Stops everything in order within `graceMs`, what does not end by itself with SIGKILL. Resolves with the processes that
   * did not end as they should, and how they ended. Idempotent.
   */
  stop(graceMs: number): Promise<readonly string[]>
  /** Makes a running stop end everything at once. */
  kill(): void
}

/** Something cannot start; `problems` names all of it. */
export class StartFailure extends Error {
  override readonly name: string = 'StartFailure'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/**
 * Starts an app: its external processes, then the instances of its groups as child processes, and keeps them running.
 * Rejections of `ready`: `AlreadyRunning`, `AdminPortTaken`, `StartFailure`, and what `describe` throws.
 */
export function startSupervisor(options: SupervisorOptions): Supervisor {
  const run = new Run(options)
  const ready = run.start()
  return { ready, status: () => run.status(), stop: (graceMs) => run.stop(graceMs), kill: () => run.kill() }
}

// What has just started has little to finish.
const failedStartGraceMs = 3_000

/** starting → ready → stopping → (ended). A start that fails goes straight to stopping. */
class Run {
  readonly #options: SupervisorOptions
  readonly #sinceMs: number
  readonly #linkSecret: string
  #state: SupervisorStatus['state'] = 'starting'
  #app: AppDescription | undefined
  #folder: RunFolder | undefined
  #admin: AdminServer | undefined
  #guardian: Guardian | undefined
  #database: KeptDatabase | undefined
  #fleet: Fleet | undefined
  #hotRestart: HotRestart | undefined
  #freePort: number | undefined
  #opening: Promise<void> | undefined
  #stopped: Promise<readonly string[]> | undefined
  #killed = false
  readonly #ending = new AbortController()

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#sinceMs = options.platform.monotonicMs()
    this.#linkSecret = randomId(options.platform, 32)
  }

  async start(): Promise<SupervisorStatus> {
    try {
      await (this.#opening = this.#open())
      await this.#startFleet()
      this.#ending.signal.throwIfAborted()
      this.#state = 'ready'
      return await this.status()
    } catch (error) {
      await this.stop(failedStartGraceMs).catch((late: unknown) => {
        // What went wrong first says why it did not start.
        this.#options.observer.observe({ kind: 'fault', subject: 'supervisor', error: late })
      })
      throw error
    }
  }

  stop(graceMs: number): Promise<readonly string[]> {
    this.#state = 'stopping'
    return (this.#stopped ??= this.#stop(graceMs))
  }

  kill(): void {
    this.#killed = true
    this.#fleet?.kill()
  }

  async #stop(graceMs: number): Promise<readonly string[]> {
    this.#ending.abort(new StartFailure(['It was stopped before it was ready.']))
    // What is being opened has to be there before it can be closed.
    await this.#opening?.catch(() => undefined)
    await this.#hotRestart?.close()
    const problems = (await this.#fleet?.stop(graceMs)) ?? []
    await this.#database?.close()
    await this.#guardian?.close()
    await this.#admin?.close()
    this.#folder?.release()
    // Who has had everything killed knows how it ended.
    return this.#killed ? [] : problems
  }

  async #open(): Promise<void> {
    const { platform, observer, dataFolder, adminPort, startDatabase, describe, pid } = this.#options
    this.#folder = takeRunFolder(dataFolder)
    const token = randomId(platform, 32)
    // Reading the configuration takes longest, so it goes on meanwhile.
    const described = describe(this.#ending.signal)
    described.catch(() => undefined)
    this.#admin = await startAdminServer({
      port: adminPort,
      token,
      randomText: () => randomId(platform, 16),
      source: {
        status: () => this.status(),
        registry: () => ({
          linkSecret: this.#linkSecret,
          peers: this.#fleet?.listings() ?? [],
          development: this.#options.watch,
        }),
        page: async (nonce) => statusPage(await this.status(), nonce),
      },
    })
    this.#guardian = startGuardian((detail) =>
      observer.observe({ kind: 'lifecycle', subject: 'guardian', state: 'failed', detail }),
    )
    this.#database = new KeptDatabase({ platform, observer, guardian: this.#guardian, start: startDatabase })
    this.#app = await described
    this.#folder.writeAccess({ url: this.#admin.url, token, pid, app: this.#app.name })
  }

  async #startFleet(): Promise<void> {
    if (this.#app === undefined) return
    this.#freePort = await chosenPort(this.#app, this.#options.gatewayPort)
    this.#ending.signal.throwIfAborted()
    this.#fleet = this.#createFleet(this.#app)
    if (this.#options.watch) await this.#watch(this.#fleet)
    this.#ending.signal.throwIfAborted()
    const problems = await this.#fleet.start()
    if (problems.length > 0) throw new StartFailure(problems)
  }

  #createFleet(app: AppDescription): Fleet {
    const { platform, observer, environment, providers, transport, gatewayHost, command, watch, onLine } = this.#options
    const [guardian, database, folder] = [this.#guardian, this.#database, this.#folder]
    if (guardian === undefined || database === undefined || folder === undefined)
      throw new Error('The run is not open.')
    const options: FleetOptions = {
      app,
      platform,
      observer,
      guardian,
      providers: [...providers, database],
      environment,
      command,
      watch,
      onLine,
      sockets: transport === 'unix' ? folder.sockets : undefined,
      linkSecret: this.#linkSecret,
      gatewayPort: () => this.#gatewayPort(app),
      gatewayUrl: () => `http://${reachable(gatewayHost)}:${this.#gatewayPort(app)}`,
      onGateway: (url) => (this.#freePort ??= Number(new URL(url).port)),
      onLoaded: (files) => this.#hotRestart?.addFiles(files),
    }
    return new Fleet(options)
  }

  #gatewayPort(app: AppDescription): number | undefined {
    const wanted = this.#options.gatewayPort ?? app.gatewayPort
    // A free port is chosen once: clients know the URL.
    return wanted === 0 ? (this.#freePort ?? 0) : wanted
  }

  async #watch(fleet: Fleet): Promise<void> {
    const { platform, observer, dataFolder, describe } = this.#options
    this.#hotRestart = await HotRestart.start({
      fleet,
      platform,
      observer,
      dataFolder,
      describe: () => describe(this.#ending.signal),
      replaceFleet: (app) => (this.#fleet = this.#createFleet(app)),
    })
  }

  status(): Promise<SupervisorStatus> {
    const { platform, pid } = this.#options
    return supervisorStatus({
      app: this.#app?.name ?? '',
      state: this.#state,
      pid,
      uptimeMs: platform.monotonicMs() - this.#sinceMs,
      adminUrl: this.#admin?.url ?? '',
      databasePid: this.#database?.pid,
      guardianPid: this.#guardian?.pid,
      fleet: this.#fleet,
    })
  }
}

/**
 * The free port of the gateway where it has to be known before the gateway has chosen one: several gateways are to share it,
 * or an external process, which starts before, wants to know it. Undefined where the port is given, or one gateway chooses
 * itself. Each of several would join whoever shares the port already, so that is looked at before.
 */
async function chosenPort(app: AppDescription, chosen: number | undefined): Promise<number | undefined> {
  const port = chosen ?? app.gatewayPort
  if (port === undefined) return undefined
  const shared = app.groups.some(({ services, replicas }) => replicas > 1 && services.includes(gatewayName))
  if (shared && port !== 0 && (await isPortTaken(port)))
    throw new StartFailure([`Port ${port} is taken. Choose another with --port or the environment variable PORT.`])
  const wanted = shared || Object.values(app.processes).some(({ gatewayVariable }) => gatewayVariable !== undefined)
  return port === 0 && wanted ? freePort() : undefined
}

/** How a program on this machine reaches what listens on an address. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
