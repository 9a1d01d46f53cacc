import { isInstance } from '@holon/contract'
import { CommanderError } from 'commander'

import { type ExitCode, exitCodes } from './exit-code.ts'
import type { Host } from './host.ts'
import { createProgram } from './program.ts'

/** Runs what the command line says. Resolves with the exit code; rejects with why it failed. */
export async function runProgram(host: Host): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok
  const program = createProgram(host, (code) => (exitCode = code))
  try {
    await program.parseAsync([...host.arguments], { from: 'user' })
    return exitCode
  } catch (error) {
    if (!isInstance(error, CommanderError)) throw error
    // Commander has already written its message; asking for help or the version is not a mistake.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  }
}
