import type { Platform, Timer } from '@holon/contract'

import type { Pulse } from './launch.ts'

export interface PulseWatchOptions {
  readonly platform: Platform
  readonly pulse: Pick<Pulse, 'ask'>
  /** So long a process may be silent. */
  readonly silenceMs: number
  /** It has been silent for too long, and no debugger holds it. Called once. */
  readonly onSilent: () => void
}

/** Asks a process again and again whether it lives. */
export interface PulseWatch {
  /** Whether it owes more than one answer. */
  readonly isSilent: boolean
  cancel(): void
}

const questionsInSilence = 5
// The question that has just been asked is no sign of anything.
const silentFrom = 2

/**
 * Five questions without an answer are silence. What is counted are questions, and not what a clock says has passed:
 * this process may itself have been stopped, or the whole machine suspended, and then has asked nothing meanwhile.
 */
export function watchPulse({ platform, pulse, silenceMs, onSilent }: PulseWatchOptions): PulseWatch {
  let owed = 0
  let debugged = false
  let timer: Timer
  const ask = (): void => {
    if (owed >= questionsInSilence && !debugged) return onSilent()
    owed += 1
    void pulse.ask().then((answer) => {
      owed = 0
      debugged = answer === 'being debugged'
    })
    timer = platform.setTimer(ask, silenceMs / questionsInSilence)
  }
  ask()
  return {
    get isSilent() {
      return owed >= silentFrom
    },
    cancel: () => timer.cancel(),
  }
}
