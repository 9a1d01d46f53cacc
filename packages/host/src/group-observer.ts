import type { Observer, Platform } from '@holon/contract'
import { createLogObserver, isLogLevel, limitRepeats, type LogLevel } from '@holon/telemetry'

import { SettingFailure } from './setting-failure.ts'

/** What {@link groupObserver} needs. */
export interface GroupObserverOptions {
  readonly instance: string
  readonly level: LogLevel
  readonly format: 'json' | 'pretty'
  readonly colors: boolean
  readonly platform: Platform
  readonly write: (line: string) => void
}

/** The log of a group: a line for what happens, and one for many that are alike. */
export function groupObserver({ platform, ...options }: GroupObserverOptions): Observer {
  const log = createLogObserver({ ...options, now: () => platform.now() })
  return limitRepeats(log, { platform, level: options.level })
}

/** The log of a program that says nothing of its own: JSON lines on standard output. */
export function standardLog(
  instance: string,
  environment: Readonly<Record<string, string | undefined>>,
  platform: Platform,
): Observer {
  return groupObserver({
    instance: environment['HOSTNAME'] ?? instance,
    level: logLevelOf(undefined, environment),
    format: 'json',
    colors: false,
    platform,
    write: (line) => void process.stdout.write(line),
  })
}

/** The level that was chosen, else the environment's, else `info`. @throws SettingFailure if the environment has none that is. */
export function logLevelOf(
  chosen: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): LogLevel {
  const level = chosen ?? environment['HOLON_LOG_LEVEL']
  if (level === undefined || level === '') return 'info'
  if (isLogLevel(level)) return level
  throw new SettingFailure(`HOLON_LOG_LEVEL is '${level}'; it can be debug, info, warn, error or silent.`)
}
