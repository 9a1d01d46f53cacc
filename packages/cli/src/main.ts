import { isInstance, stackOf } from '@holon/contract'
import { systemReason } from '@holon/contract/system-reason'
import { SettingFailure } from '@holon/host'
import { CommanderError } from 'commander'

import { CommandFailure, type ExitCode, exitCodes } from './exit-code.ts'
import type { Host } from './host.ts'
import { createProgram } from './program.ts'

export type { Host, Output, ParentChannel } from './host.ts'
export type { ProcessMemory } from './run/release-when-idle.ts'

/** Runs the `holon` command as `host.arguments` say. Resolves with its exit code. */
export async function runCommand(host: Host): Promise<number> {
  let exitCode: ExitCode = exitCodes.ok
  const program = createProgram(host, (code) => (exitCode = code))
  try {
    await program.parseAsync([...host.arguments], { from: 'user' })
    return exitCode
  } catch (error) {
    return explain(error, host)
  }
}

function explain(error: unknown, host: Host): ExitCode {
  // Commander has already written its message; asking for help or the version is not a mistake.
  if (isInstance(error, CommanderError)) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (isInstance(error, CommandFailure)) {
    host.stderr.write(`${error.message}\n`)
    return error.exitCode
  }
  host.stderr.write(`${describe(error)}\n`)
  return isInstance(error, SettingFailure) ? exitCodes.usage : exitCodes.failed
}

/** Those whose message says everything. */
const told = [
  'DefinitionError',
  'SettingFailure',
  'AppFailure',
  'MissingDatabase',
  'StartFailure',
  'AdminPortTaken',
  'DataFolderFailure',
]

function describe(error: unknown): string {
  if (isInstance(error, Error) && told.some((name) => name === error.name)) return error.message
  return systemReason(error) ?? stackOf(error)
}
