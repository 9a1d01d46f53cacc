import { expect } from 'vitest'

import type { Stranger } from './stranger.ts'

/** Runs a command that should succeed. Resolves to what it wrote to its standard output; npm has things to say on the other. */
export async function succeeds(stranger: Stranger, command: string): Promise<string> {
  const { code, stdout, stderr } = await stranger.run(command)
  expect({ command, code, output: code === 0 ? '' : stdout + stderr }).toEqual({ command, code: 0, output: '' })
  return stdout
}
