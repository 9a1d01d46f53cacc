import { join } from 'node:path'

import { type AppDefinition, environmentProvider, gatewayName, type Provider } from '@holon/app'
import type { Observer, Platform } from '@holon/contract'
import { loadOptional } from '@holon/contract/optional-package'
import { systemPlatform } from '@holon/contract/system-platform'

import { standardLog } from './group-observer.ts'
import { sqliteFiles } from './sqlite-files.ts'
import { type RunningServices, settingsOf, type StartOptions, startServices } from './start-group.ts'

/**
 * Starts a whole app in this program: all its services and the gateway in this process, whatever the placement says; the
 * embedded bus and, for stores whose variable names no database, the embedded PostgreSQL (a child process of this one). Its
 * `processes` are not started.
 *
 * @example
 * await using shop = await startApp(app, { gateway: { port: 0 } })
 * await shop.client(orders).place({ sku: 'p-1' })
 *
 * @throws SettingFailure naming the option or variable that cannot be.
 * @throws DefinitionError for mistakes in the app or its services.
 */
export async function startApp(app: AppDefinition, options: StartOptions = {}): Promise<RunningServices> {
  const { environment, dataFolder } = settingsOf(options)
  const { platform = systemPlatform() } = options
  const observer = options.observer ?? standardLog(app.name, environment, platform)
  const database = embeddedDatabase(dataFolder, platform, observer)
  try {
    const running = await startServices(
      app,
      { ...options, observer },
      {
        name: app.name,
        services: [...Object.keys(app.services), ...(app.gateway ? [gatewayName] : [])],
        providers: [environmentProvider(() => environment), sqliteFiles(dataFolder), database],
        placeOwn: () => 'here',
      },
    )
    const stop = async (graceMs?: number): Promise<void> => {
      try {
        await running.stop(graceMs)
      } finally {
        await database.close()
      }
    }
    return { ...running, stop, [Symbol.asyncDispose]: () => stop() }
  } catch (error) {
    await database.close()
    throw error
  }
}

interface DatabaseServer {
  provision(service: string): Promise<string>
  close(): Promise<void>
}

/** The embedded PostgreSQL of this app, started when the first store needs it. */
function embeddedDatabase(
  dataFolder: string,
  platform: Platform,
  observer: Observer,
): Provider & { close(): Promise<void> } {
  let server: Promise<DatabaseServer> | undefined
  const start = async (): Promise<DatabaseServer> => {
    // Loaded here because not every app needs it.
    const { startEmbeddedPostgres } = await loadOptional(() => import('@holon/postgres'), {
      part: 'The embedded PostgreSQL',
      packages: ['@holon/postgres'],
      resolve: (name) => import.meta.resolve(name),
    })
    return startEmbeddedPostgres({
      directory: join(dataFolder, 'postgres'),
      platform,
      onLog: () => undefined,
      onError: (error) => observer.observe({ kind: 'fault', subject: 'postgres', error }),
    })
  }
  return {
    provide: async (service, kind) =>
      kind === 'postgres' ? (await (server ??= start())).provision(service) : undefined,
    close: async () => {
      const started = await server?.catch(() => undefined)
      await started?.close()
    },
  }
}
