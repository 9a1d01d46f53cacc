import { delay, type Platform } from '@holon/contract'

import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'

/** The one way in which a running process is told to end. */
export interface StopSwitch {
  /** Resolves with the grace of the first request. */
  readonly requested: Promise<number>
  /** Asks the process to end. It is ended the hard way if it has not finished a little after `graceMs`. */
  request(graceMs: number): void
  /** Asks it to end because something is broken that a new start may mend: with exit code 1. */
  requestAsBroken(): void
  /** It ends, and not as it should: with exit code 1. */
  fail(): void
  readonly exitCode: ExitCode
  /** What starts; undefined when it is told to end before, and the start does not come to an end soon after. */
  started<T>(starting: Promise<T>): Promise<T | undefined>
}

// Closing stores and files comes after the calls' grace.
const closingMs = 5_000
const brokenGraceMs = 1_000
// Nobody is being served yet, and what a start has half done the next one can do again.
const startGraceMs = 1_000

export function createStopSwitch(host: Host, platform: Platform): StopSwitch {
  const first = Promise.withResolvers<number>()
  let isRequested = false
  let exitCode: ExitCode = exitCodes.ok
  const request = (graceMs: number): void => {
    if (isRequested) return
    isRequested = true
    const endMs = graceMs + closingMs
    const end = (): void => {
      host.stderr.write(`It did not end within ${endMs / 1_000} s and is broken off.\n`)
      host.exit(exitCodes.failed)
    }
    platform.setTimer(end, endMs).unref()
    first.resolve(graceMs)
  }
  return {
    requested: first.promise,
    request,
    requestAsBroken() {
      if (!isRequested) exitCode = exitCodes.failed
      request(brokenGraceMs)
    },
    fail() {
      exitCode = exitCodes.failed
    },
    async started(starting) {
      // It may still fail when nobody waits any more.
      starting.catch(() => undefined)
      const told = first.promise.then(() => delay(platform, startGraceMs)).then(() => undefined)
      const result = await Promise.race([starting, told])
      if (result === undefined)
        host.stderr.write('It was told to stop while it was starting; the start is broken off.\n')
      return result
    },
    get exitCode() {
      return exitCode
    },
  }
}
