import { environmentProvider, type Provider, provideFrom } from '@holon/app'
import { systemPlatform } from '@holon/contract/system-platform'
import { dataFolderOf, findConfig, loadConfig, sqliteFiles } from '@holon/host'
import { nodeNetwork } from '@holon/rpc/node-network'
import { startInstance } from '@holon/runtime'
import { AlreadyRunning, type DatabaseServer, takeRunFolder } from '@holon/supervisor'

import type { EventsOptions } from '../events/events-desk.ts'
import { CommandFailure, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { createLogSink } from '../output/log-sink.ts'
import { startEmbeddedDatabase } from '../start/embedded-database.ts'
import { type AppConnection, cliCaller } from './app-connection.ts'

/**
 * An app that does not run, with what its events are kept in: the stores of its services, which means the embedded
 * database if they need it, and the bus. None of its services starts. While this is open the app cannot be started.
 *
 * @throws CommandFailure if it runs, or is about to.
 */
export async function openAtRest(host: Host, options: EventsOptions): Promise<AppConnection> {
  const path = findConfig(host.folder, options.config)
  const app = await loadConfig(path)
  const dataFolder = dataFolderOf({ ...host, chosen: options.data, config: path })
  const folder = take(dataFolder)
  const database = databaseOf(host, dataFolder)
  const { environment } = host
  const providers = [environmentProvider(() => environment), sqliteFiles(dataFolder), database]
  const close = async (): Promise<void> => {
    await database.close()
    folder.release()
  }
  host.stderr.write(`No app runs with the data in ${dataFolder}: its stores and its bus are opened for this command.\n`)
  const open: AppConnection['open'] = async (services) => {
    const instance = await startInstance({
      app,
      services: services.filter((name) => name in app.services),
      atRest: true,
      instance: `cli-${host.pid}`,
      platform: systemPlatform(),
      observer: { observe: () => undefined },
      ...{ environment, network: nodeNetwork(), listen: undefined, linkSecret: undefined },
      provision: (service, kind) => provideFrom(providers, service, kind),
      callers: [{ name: cliCaller, uses: services, role: 'operator' }],
    })
    const stop = async (graceMs: number): Promise<void> => {
      await instance.stop(graceMs)
      await close()
    }
    return { ...instance, stop }
  }
  const openOrClose: AppConnection['open'] = async (services) => {
    try {
      return await open(services)
    } catch (error) {
      await close()
      throw error
    }
  }
  return {
    app,
    atRest: true,
    development: false,
    started: async () => undefined,
    peers: async () => [],
    open: openOrClose,
  }
}

/** Whoever has the folder runs the app, and nobody else can meanwhile. */
function take(dataFolder: string): ReturnType<typeof takeRunFolder> {
  try {
    return takeRunFolder(dataFolder)
  } catch (error) {
    if (error instanceof AlreadyRunning) throw new CommandFailure(exitCodes.alreadyRunning, error.message)
    throw error
  }
}

/** Starts the server when the first service asks. */
interface EmbeddedDatabase extends Provider {
  close(): Promise<void>
}

function databaseOf(host: Host, dataFolder: string): EmbeddedDatabase {
  const platform = systemPlatform()
  const sink = createLogSink({ json: false, colors: false, now: () => 0, write: (text) => host.stderr.write(text) })
  const closing = new AbortController()
  const observer = { observe: () => undefined }
  let server: Promise<DatabaseServer> | undefined
  return {
    provide: async (service, kind) => {
      if (kind !== 'postgres') return undefined
      server ??= startEmbeddedDatabase({ dataFolder, platform, observer, sink, signal: closing.signal })
      return (await server).provision(service)
    },
    close: async () => {
      closing.abort(new Error('The command is over.'))
      await server?.then((started) => started.close()).catch(() => undefined)
    },
  }
}
