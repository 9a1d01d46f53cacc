/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** A process that was just started. `R` is what is known of it once it is ready. */
export interface Launch<R> {
  readonly pid: number
  /** Rejects when the process ends first, or says that it cannot start. */
  readonly ready: Promise<R>
  /** Never rejects. */
  readonly exited: Promise<Exit>
  /** Asks it to finish what it does within `graceMs` and to exit. */
  stop(graceMs: number): void
  /** Ends it at once. */
  kill(): void
  /** Undefined: nobody can ask it whether it lives. */
  readonly pulse?: Pulse
}

/** A process that can be asked whether it still does anything. */
export interface Pulse {
  /** Resolves when it answers, which one that hangs never does. Never rejects. */
  ask(): Promise<'alive' | 'being debugged'>
  /** What one that does not answer is doing, in words. Resolves within a few seconds, and never rejects. */
  whereabouts(): Promise<string>
}

/** A process said that it cannot start and that trying again would end the same way. */
export class PermanentFailure extends Error {
  override readonly name: string = 'PermanentFailure'
}

/** `exit code 1`, `killed by SIGKILL`. */
export function formatExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`
}
