import { join } from 'node:path'

import type { Observer, Platform } from '@holon/contract'
import { loadOptional } from '@holon/contract/optional-package'
import type { DatabaseServer } from '@holon/supervisor'

import type { LogSink } from '../output/log-sink.ts'

export interface EmbeddedDatabaseOptions {
  readonly dataFolder: string
  readonly platform: Platform
  readonly observer: Observer
  readonly sink: LogSink
  readonly signal: AbortSignal
}

// A later start is done before this; the first one makes a cluster.
const worthTellingMs = 700

/** Starts the embedded Postgres, and says so if it takes a while. */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<DatabaseServer> {
  const { dataFolder, platform, observer, sink, signal } = options
  const timer = platform.setTimer(
    () =>
      sink.event(
        'progress',
        { waitingFor: 'postgres' },
        () => 'Setting up PostgreSQL; the first time takes some seconds…\n',
      ),
    worthTellingMs,
  )
  try {
    // Loaded here because not every app needs it, and the supervisor is to stay small.
    const { startEmbeddedPostgres } = await loadOptional(() => import('@holon/postgres'), {
      part: 'The embedded PostgreSQL',
      packages: ['@holon/postgres'],
      resolve: (name) => import.meta.resolve(name),
    })
    return await startEmbeddedPostgres({
      directory: join(dataFolder, 'postgres'),
      platform,
      onLog: (message) =>
        observer.observe({
          kind: 'log',
          service: 'postgres',
          level: 'debug',
          message,
          fields: undefined,
          call: undefined,
        }),
      onError: (error) => observer.observe({ kind: 'fault', subject: 'postgres', error }),
      signal,
    })
  } finally {
    timer.cancel()
  }
}
