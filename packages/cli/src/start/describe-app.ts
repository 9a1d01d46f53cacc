import { spawn } from 'node:child_process'

import type { Platform } from '@holon/contract'
import type { AppDescription } from '@holon/supervisor'

import { CommandFailure, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import type { Description } from './describe-command.ts'

export interface DescribeRequest {
  readonly host: Host
  readonly platform: Platform
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly config: string
  readonly split: boolean
  readonly placement: unknown
  /** Gives up reading, with its reason. */
  readonly signal: AbortSignal
}

// A module that waits for ever is told by the process that loads it; this is for one that blocks.
const timeoutMs = 75_000

/**
 * Reads the configuration in a process of its own. The supervisor's process neither runs the user's code nor keeps what
 * that code loads (40 MB for a small app), and every reading sees the files as they are then.
 */
export function describeApp(request: DescribeRequest): Promise<AppDescription> {
  const { host, platform, environment, config, split, placement, signal } = request
  const choice = split ? ['--split'] : placement === undefined ? [] : ['--placement', JSON.stringify(placement)]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [host.entry, 'describe', '--config', config, ...choice], {
      env: { ...environment },
      // What the configuration prints while it loads is for whoever looks at the output.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    const fail = (message: string): void => reject(new CommandFailure(exitCodes.failed, message))
    const timer = platform.setTimer(() => {
      child.kill('SIGKILL')
      fail(`${config} was not loaded within ${timeoutMs / 1_000} s. Does something in it never end?`)
    }, timeoutMs)
    const abort = (): void => {
      child.kill('SIGKILL')
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    child.on('message', (message: Description) => {
      if ('app' in message) resolve(message.app)
      else fail(message.error)
    })
    child.on('error', (error) => fail(`The configuration cannot be read: ${error.message}`))
    child.on('exit', (code, killedBy) => {
      timer.cancel()
      signal.removeEventListener('abort', abort)
      fail(`The process that reads ${config} ended (${killedBy ?? `exit code ${code ?? '?'}`}) without an answer.`)
    })
  })
}
