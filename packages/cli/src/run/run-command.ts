import type { InstanceAssignment } from '@holon/app'

import type { ExitCode } from '../exit-code.ts'
import type { Host } from '../host.ts'

/** Options of `holon run`. */
export interface RunOptions {
  readonly config?: string
  readonly group?: string
  readonly services?: readonly string[]
  readonly listen?: string
  readonly port?: number
  readonly host: string
  readonly reusePort?: boolean
  readonly data?: string
  readonly logLevel?: string
  readonly json?: boolean
}

/** Runs one group in this process: under a supervisor, which says so in the environment, or alone. */
export async function runGroupCommand(host: Host, chosen: RunOptions): Promise<ExitCode> {
  const assignment = host.environment['HOLON_INSTANCE']
  if (assignment !== undefined && host.parent !== undefined) {
    const { runSupervised } = await import('./supervised-run.ts')
    // The supervisor is this very program, and made the assignment.
    return runSupervised(host, host.parent, { ...chosen, assignment: JSON.parse(assignment) as InstanceAssignment })
  }
  const { runAlone } = await import('./standalone-run.ts')
  return runAlone(host, chosen)
}
