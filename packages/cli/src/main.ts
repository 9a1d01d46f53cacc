import type { ExitCode } from './exit-code.ts'
import { explain } from './explain-failure.ts'
import type { Host } from './host.ts'
import { assignedOptions } from './run/assigned-options.ts'

export type { Host, Output, ParentChannel } from './host.ts'
export type { ProcessMemory } from './run/release-when-idle.ts'

/** Runs the `holon` command as `host.arguments` say. Resolves with its exit code. */
export async function runCommand(host: Host): Promise<number> {
  try {
    return await run(host)
  } catch (error) {
    return explain(error, host)
  }
}

async function run(host: Host): Promise<ExitCode> {
  const { parent } = host
  const options = parent === undefined ? undefined : assignedOptions(host)
  if (parent !== undefined && options !== undefined) {
    // Nobody asks an instance for help: the command line, with all that explains it, would only stay in its memory.
    const { runSupervised } = await import('./run/supervised-run.ts')
    return runSupervised(host, parent, options)
  }
  const { runProgram } = await import('./run-program.ts')
  return runProgram(host)
}
