import { isInstance, stackOf } from '@holon/contract'
import { CommanderError } from 'commander'

import { CommandFailure, type ExitCode, exitCodes } from './exit-code.ts'
import type { Host } from './host.ts'
import { createProgram } from './program.ts'

export type { Host, Output, ParentChannel } from './host.ts'
export type { ProcessMemory } from './release-when-idle.ts'

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
  const expected =
    isInstance(error, Error) &&
    ['DefinitionError', 'StartFailure', 'AdminPortTaken'].some((name) => name === error.name)
  host.stderr.write(`${expected ? error.message : stackOf(error)}\n`)
  return exitCodes.failed
}
