import type { Platform } from '@holon/contract'

import { type ExitCode, exitCodes } from './exit-code.ts'
import type { Host } from './host.ts'

/** The one way in which a running process is told to end. */
export interface StopSwitch {
  /** Resolves with the grace of the first request. */
  readonly requested: Promise<number>
  /** Asks the process to end. It is ended the hard way if it has not finished a little after `graceMs`. */
  request(graceMs: number): void
  /** Asks it to end because something is broken that a new start may mend: with exit code 1. */
  requestAsBroken(): void
  readonly exitCode: ExitCode
}

// Closing stores and files comes after the calls' grace.
const closingMs = 5_000
const brokenGraceMs = 1_000

export function createStopSwitch(host: Host, platform: Platform): StopSwitch {
  const first = Promise.withResolvers<number>()
  let isRequested = false
  let exitCode: ExitCode = exitCodes.ok
  const request = (graceMs: number): void => {
    if (isRequested) return
    isRequested = true
    platform.setTimer(() => host.exit(exitCodes.failed), graceMs + closingMs).unref()
    first.resolve(graceMs)
  }
  return {
    requested: first.promise,
    request,
    requestAsBroken() {
      if (!isRequested) exitCode = exitCodes.failed
      request(brokenGraceMs)
    },
    get exitCode() {
      return exitCode
    },
  }
}
