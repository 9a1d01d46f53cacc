import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { ServiceError } from '@holon/contract/error'
import { delay, type Platform } from '@holon/contract/platform'

import { findBinaries } from './binaries.ts'
import { claimDirectory } from './claim.ts'
import { adminRole, ensureCluster } from './cluster.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { chooseLauncher, type RunAs } from './launcher.ts'
import { type Postmaster, type PostmasterOptions, type ServerExit, startPostmaster } from './postmaster.ts'
import { createProvisioner } from './provision.ts'
import { stopOrphans } from './stop-server.ts'

export interface EmbeddedPostgresOptions {
  /** Holds the data, the passwords and nothing else; created if missing. Its data survives restarts and kills. */
  readonly directory: string
  readonly platform: Platform
  /** Told each line that the server logs. Must not throw. */
  readonly onLog: (line: string) => void
  /** Told of failures that no call is waiting for. Must not throw. */
  readonly onError: (error: unknown) => void
  /**
   * The data need not survive a loss of power: commits do not wait for the disk. And every role may open every database. For
   * tests, which make very many. Decided when the directory is first used. Default false.
   */
  readonly disposable?: boolean
  /** For all services together. Default 200. */
  readonly maxConnections?: number
  /** How long one start may take; recovery after a crash with much to redo takes longest. Default 60 000. */
  readonly startTimeoutMs?: number
  /** Another PostgreSQL installation: the directory that holds its `bin`. Default: the one that npm installed. */
  readonly installation?: string
  /** How to avoid running as root, if one way is to be enforced. Default: the first that works. */
  readonly runAs?: RunAs
  /** Gives up starting. It has no effect on a server that runs. */
  readonly signal?: AbortSignal
}

/** A running PostgreSQL server. */
export interface EmbeddedPostgres {
  /** The server's main process, for a guardian that outlives this process: SIGINT ends it, SIGQUIT at once. */
  readonly pid: number
  readonly port: number
  /** The superuser's URL. Never for a service. */
  readonly adminUrl: string
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<ServerExit>
  /** Makes the service's own database and role unless they exist, and resolves to their URL. Idempotent. */
  provision(service: string): Promise<string>
  /** Stops the server within 20 seconds, breaking off what it does. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts the PostgreSQL that npm installed, over the data in `directory`, listening on this machine only.
 * A server that a killed process left running there is stopped first. Works as root.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory)
  const binaries = await findBinaries(options.installation)
  const launcher = await chooseLauncher(binaries.postgres, options.runAs)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const release = await claimDirectory(directory, Buffer.from(options.platform.randomBytes(6)).toString('hex'))
  try {
    await stopOrphans(join(directory, 'data'), options.platform)
    const credentials = await readCredentials(directory, options.platform)
    const adminPassword = await credentials.passwordOf(adminRole)
    const { disposable = false } = options
    const start = async (): Promise<Postmaster> => {
      const data = await ensureCluster({ directory, binaries, launcher, adminPassword, disposable })
      const parts = {
        launcher,
        program: binaries.postgres,
        data,
        maxConnections: options.maxConnections ?? 200,
        disposable,
        platform: options.platform,
        onLog: options.onLog,
        startTimeoutMs: options.startTimeoutMs ?? 60_000,
        signal: options.signal,
      }
      return startSomewhere(parts, join(directory, 'port'))
    }
    const postmaster = await start().catch(async (error: unknown) => {
      if (!disposable) throw error
      // Of another version, or half written when the power failed: nothing in it would be missed.
      await rm(join(directory, 'data'), { recursive: true, force: true })
      return start()
    })
    return serve(postmaster, { ...options, credentials, adminPassword, release })
  } catch (error) {
    await release()
    throw error
  }
}

interface Serving {
  readonly credentials: Credentials
  readonly adminPassword: string
  readonly release: () => Promise<void>
  readonly onError: (error: unknown) => void
}

function serve(postmaster: Postmaster, serving: Serving): EmbeddedPostgres {
  const { credentials, adminPassword, release, onError } = serving
  const urlOf = (role: string, password: string): string =>
    `postgres://${role}:${password}@127.0.0.1:${postmaster.port}/${role}`
  const adminUrl = urlOf(adminRole, adminPassword)
  const provisioner = createProvisioner({ adminUrl, credentials, urlOf, onError })
  const close = async (): Promise<void> => {
    await provisioner.close()
    await postmaster.stop()
    await release()
  }
  let closing: Promise<void> | undefined
  return {
    pid: postmaster.pid,
    port: postmaster.port,
    adminUrl,
    exited: postmaster.exited,
    provision: (service) => provisioner.provision(service),
    close: () => (closing ??= close()),
  }
}

const startTries = 40

/** On the port of the last time if it is free, so that a URL in somebody's notes stays right; else on any. */
async function startSomewhere(options: PostmasterOptions, portFile: string): Promise<Postmaster> {
  const { platform } = options
  let port = Number(await readFile(portFile, 'utf8').catch(() => '')) || anyPort(platform)
  for (let tries = 0; tries < startTries; tries += 1) {
    const outcome = await startPostmaster(options, port)
    if (outcome.state === 'ready') {
      await writeFile(portFile, String(port))
      return outcome.postmaster
    }
    if (outcome.state === 'port-taken') port = anyPort(platform)
    else await delay(platform, 250, options.signal)
  }
  throw new ServiceError(
    'unavailable',
    `The embedded PostgreSQL in ${options.data} found no free port in ${startTries} tries.`,
  )
}

/** Below the range from which systems take ports for outgoing connections. */
function anyPort(platform: Platform): number {
  return 15_000 + Math.floor(platform.random() * 17_000)
}
