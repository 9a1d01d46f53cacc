import { join } from 'node:path'

import { benchRoot, start } from './processes.ts'
import { findTool } from './tools.ts'

/** What wrk saw. */
export interface WrkResult {
  readonly requests: number
  readonly seconds: number
  readonly errors: number
  readonly p50Us: number
  readonly p99Us: number
}

export interface WrkOptions {
  readonly url: string
  /** A script of this package that makes requests and prints the summary as JSON. */
  readonly script: string
  readonly connections: number
  readonly windowMs: number
  readonly core?: number
}

interface Summary {
  readonly requests: number
  readonly us: number
  readonly status: number
  readonly connect: number
  readonly read: number
  readonly write: number
  readonly timeout: number
  readonly p50: number
  readonly p99: number
}

/** Loads a URL in a closed loop. wrk counts in whole seconds: the window is rounded up. */
export async function runWrk({ url, script, connections, windowMs, core }: WrkOptions): Promise<WrkResult> {
  const duration = `${Math.ceil(windowMs / 1000)}s`
  const args = ['-t1', `-c${connections}`, `-d${duration}`, '--timeout', '10s', '-s', join(benchRoot, script), url]
  const program = start({
    ...(core !== undefined && { core }),
    command: [findTool('wrk') ?? 'wrk', ...args],
    output: true,
  })
  const output = await program.ended
  const line = output.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new Error(`wrk printed no summary: ${output}`)
  const { requests, us, status, connect, read, write, timeout, p50, p99 } = JSON.parse(line) as Summary
  const errors = status + connect + read + write + timeout
  return { requests, seconds: us / 1e6, errors, p50Us: p50, p99Us: p99 }
}
