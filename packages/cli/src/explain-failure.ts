import { isInstance, stackOf } from '@holon/contract'
import { systemReason } from '@holon/contract/system-reason'
import { SettingFailure } from '@holon/host'

import { CommandFailure, type ExitCode, exitCodes } from './exit-code.ts'
import type { Host } from './host.ts'

/** Says on standard error why it failed. Returns the exit code for that. */
export function explain(error: unknown, host: Host): ExitCode {
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
  'MissingPackage',
]

function describe(error: unknown): string {
  if (isInstance(error, Error) && told.some((name) => name === error.name)) return error.message
  return systemReason(error) ?? stackOf(error)
}
