import { isLogLevel, type LogLevel } from '@holon/telemetry'

import { CommandFailure, exitCodes } from './exit-code.ts'
import type { Output } from './host.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The option, else the environment's level, else `info`. @throws CommandFailure if the environment has no level. */
export function parseLogLevel(option: string | undefined, environment: Environment): LogLevel {
  const chosen = option ?? environment['HOLON_LOG_LEVEL']
  if (chosen === undefined || chosen === '') return 'info'
  if (isLogLevel(chosen)) return chosen
  throw new CommandFailure(
    exitCodes.usage,
    `HOLON_LOG_LEVEL is '${chosen}'; it can be debug, info, warn, error or silent.`,
  )
}

/** Whether text for people is coloured: on a terminal, unless NO_COLOR (https://no-color.org) is set; FORCE_COLOR overrules. */
export function wantsColors(output: Output, environment: Environment): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: terminal } = environment
  if (no !== undefined && no !== '') return false
  if (force !== undefined && force !== '' && force !== '0') return true
  return output.isTerminal && terminal !== 'dumb'
}
