import { parseArgs } from 'node:util'

import type { InstanceAssignment } from '@holon/app'

import type { Host } from '../host.ts'

/** What a supervisor gives an instance. */
export interface AssignedOptions {
  readonly assignment: InstanceAssignment
  readonly config?: string
  readonly host: string
  readonly reusePort: boolean
}

/** Options of `holon run` that a supervisor writes; the first two are for whoever looks at the list of processes. */
const options = {
  group: { type: 'string' },
  services: { type: 'string' },
  config: { type: 'string' },
  host: { type: 'string', default: '0.0.0.0' },
  'reuse-port': { type: 'boolean', default: false },
} as const

/** Undefined: no supervisor has started this process. */
export function assignedOptions({
  arguments: given,
  environment,
}: Pick<Host, 'arguments' | 'environment'>): AssignedOptions | undefined {
  const assignment = environment['HOLON_INSTANCE']
  if (assignment === undefined || given[0] !== 'run') return undefined
  const { config, host, 'reuse-port': reusePort } = parseArgs({ args: given.slice(1), options }).values
  // The supervisor is this very program, and made the assignment.
  const parsed = JSON.parse(assignment) as InstanceAssignment
  return { assignment: parsed, host, reusePort, ...(config !== undefined && { config }) }
}
