/** Exit codes of the command. They are part of its interface and do not change. */
export const exitCodes: {
  readonly ok: 0
  readonly failed: 1
  readonly usage: 2
  readonly notRunning: 3
  readonly callFailed: 4
  readonly alreadyRunning: 5
} = { ok: 0, failed: 1, usage: 2, notRunning: 3, callFailed: 4, alreadyRunning: 5 }

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What each code means, for the help. */
export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [0, 'it worked, or was stopped by a signal'],
  [1, 'it failed; the message says why'],
  [2, 'wrong usage: unknown command or option, or a value that cannot be'],
  [3, 'no app runs here (ps, call)'],
  [4, 'the call was answered with an error (call)'],
  [5, 'an app runs here already (dev, start)'],
]

/** A failure that is told without a stack trace: the message says what is wrong and what to do. */
export class CommandFailure extends Error {
  override readonly name: string = 'CommandFailure'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
