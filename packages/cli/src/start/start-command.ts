import { dirname } from 'node:path'

import { environmentProvider } from '@holon/app'
import type { Platform } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { dataFolderOf, findConfig, logLevelOf, portOf, sqliteFiles } from '@holon/host'
import { AlreadyRunning, startSupervisor, type Supervisor } from '@holon/supervisor'
import { createLogObserver } from '@holon/telemetry'

import { CommandFailure, type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { createLogSink, type LogSink } from '../output/log-sink.ts'
import { wantsColors } from '../output/wants-colors.ts'
import { releaseWhenIdle } from '../run/release-when-idle.ts'
import { describeApp } from './describe-app.ts'
import { startEmbeddedDatabase } from './embedded-database.ts'
import { readEnvironment, readSettings } from './env-file.ts'
import { tellProgress } from './start-progress.ts'
import { startScreen } from './start-screen.ts'

/** Options of `holon dev` and `holon start`. */
export interface StartOptions {
  readonly config?: string
  readonly split?: boolean
  readonly placement?: unknown
  readonly tcp?: boolean
  readonly port?: number
  readonly host: string
  readonly data?: string
  readonly logLevel?: string
  readonly json?: boolean
}

interface Mode {
  /** Watch files, read `.env`. */
  readonly development: boolean
}

const graceMs = 10_000
// Ctrl-C below `npm start` comes twice: from the terminal, and from npm, which passes it on.
const sameSignalMs = 250

/** Runs a supervisor until it is told to stop. */
export async function startCommand(host: Host, chosen: StartOptions, { development }: Mode): Promise<ExitCode> {
  const platform = systemPlatform()
  const beganMs = platform.monotonicMs()
  const config = findConfig(host.folder, chosen.config)
  const settings = readSettings(host.environment, development ? dirname(config) : undefined)
  const colors = wantsColors(host.stdout, settings)
  const sink = createLogSink({
    json: chosen.json === true,
    colors,
    now: () => platform.now(),
    write: (text) => host.stdout.write(text),
  })
  const supervisor = supervise({ host, platform, sink, config, settings, chosen, development })
  const told = untilTold({ host, platform, sink }, supervisor)
  const waiting = tellProgress(supervisor, platform, sink)
  try {
    const status = await Promise.race([supervisor.ready, told.stopped.then(() => undefined)])
    if (status !== undefined) {
      const readyMs = platform.monotonicMs() - beganMs
      waiting.close()
      host.saveCompileCache()
      releaseWhenIdle(host.memory, platform)
      sink.event('ready', { status, readyMs: Math.round(readyMs) }, () =>
        startScreen(status, { readyMs, colors, development }),
      )
    }
    return exitOf(await told.stopped, sink)
  } catch (error) {
    // A start that was broken off has done what it was told.
    if (told.isStopping()) return exitOf(await told.stopped, sink)
    if (error instanceof AlreadyRunning) throw new CommandFailure(exitCodes.alreadyRunning, error.message)
    throw error
  } finally {
    waiting.close()
  }
}

/** What did not end as it should is told once more, where nobody can overlook it. */
function exitOf(problems: readonly string[], sink: LogSink): ExitCode {
  if (problems.length === 0) return exitCodes.ok
  sink.event('unclean-stop', { problems }, () => `Not everything ended as it should: ${problems.join(', ')}\n`)
  return exitCodes.failed
}

interface Setting {
  readonly host: Host
  readonly platform: Platform
  readonly sink: LogSink
  readonly config: string
  /** Variables that the command itself goes by: read once. */
  readonly settings: Host['environment']
  readonly chosen: StartOptions
  readonly development: boolean
}

function supervise({ host, platform, sink, config, settings, chosen, development }: Setting): Supervisor {
  const level = logLevelOf(chosen.logLevel, settings)
  const dataFolder = dataFolderOf({ folder: host.folder, environment: settings, chosen: chosen.data, config })
  const environment = (): Record<string, string | undefined> => ({
    ...readEnvironment(host.environment, development ? dirname(config) : undefined),
    HOLON_LOG_LEVEL: level,
    // External processes keep their files there too.
    HOLON_DATA: dataFolder,
    ...(development && { HOLON_WATCH: '1' }),
    ...(host.compileCache !== undefined && { NODE_COMPILE_CACHE: host.compileCache }),
  })
  const observer = createLogObserver({
    level,
    instance: 'supervisor',
    now: () => platform.now(),
    write: (line) => sink.line('holon', line.trimEnd()),
  })
  return startSupervisor({
    platform,
    observer,
    pid: host.pid,
    describe: (signal) =>
      describeApp({
        signal,
        host,
        platform,
        environment: environment(),
        config,
        split: chosen.split === true,
        placement: chosen.placement,
      }),
    command: ({ name, services, replicas }) => [
      host.entry,
      ...['run', '--group', name, '--services', services.join(','), '--config', config],
      ...(services.includes('gateway') ? ['--host', chosen.host] : []),
      ...(services.includes('gateway') && replicas > 1 ? ['--reuse-port'] : []),
    ],
    environment,
    dataFolder,
    providers: [environmentProvider(environment), sqliteFiles(dataFolder)],
    transport: chosen.tcp === true ? 'tcp' : 'unix',
    gatewayPort: chosen.port ?? portOf('PORT', settings),
    gatewayHost: chosen.host,
    adminPort: portOf('HOLON_ADMIN_PORT', settings) ?? 8090,
    startDatabase: (signal) => startEmbeddedDatabase({ dataFolder, platform, observer, sink, signal }),
    watch: development,
    onLine: (source, line) => sink.line(source, line),
  })
}

interface Told {
  /** Whether a signal has asked for the end. */
  isStopping(): boolean
  /** Resolves when everything has stopped because of that, with what did not end as it should. */
  readonly stopped: Promise<readonly string[]>
}

/** Stops in order at the first signal, at once at the second. */
function untilTold(
  { host, platform, sink }: Pick<Setting, 'host' | 'platform' | 'sink'>,
  supervisor: Supervisor,
): Told {
  const stopped = Promise.withResolvers<readonly string[]>()
  let stopping = false
  let sinceMs = 0
  host.onSignal((signal) => {
    if (stopping) {
      if (platform.monotonicMs() - sinceMs < sameSignalMs) return undefined
      sink.event('killing', { signal }, () => 'Ending everything at once.\n')
      return supervisor.kill()
    }
    stopping = true
    sinceMs = platform.monotonicMs()
    const again = signal === 'SIGINT' ? ' Press Ctrl-C again to end everything at once.' : ''
    sink.event('stopping', { signal }, () => `Stopping, within ${graceMs / 1_000} s.${again}\n`)
    return void supervisor.stop(graceMs).then(stopped.resolve, stopped.reject)
  })
  return { isStopping: () => stopping, stopped: stopped.promise }
}
