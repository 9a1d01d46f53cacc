import type { ProcessMemory } from './run/release-when-idle.ts'

/** Where text goes. */
export interface Output {
  write(text: string): void
  readonly isTerminal: boolean
}

/** The process that started this one, over an IPC channel. */
export interface ParentChannel {
  /** Resolves when the message is on its way, or the parent is gone. */
  send(message: unknown): Promise<void>
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
}

/** What the command may do with the process it runs in. Made by the `holon` program, or by a test. */
export interface Host {
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /**
   * `HOLON_LINK_SECRET`, taken out of the environment before any of the user's code runs: neither a library nor a child
   * process finds it there.
   */
  readonly linkSecret: string | undefined
  /** The working directory. */
  readonly folder: string
  /** Path of the program that runs this command, for the processes that run parts of it. */
  readonly entry: string
  readonly pid: number
  readonly stdout: Output
  readonly stderr: Output
  /** From now on, what the user's modules print goes to standard error: standard output is a result that others read. */
  keepStdoutClean(): void
  /** Where compiled code is kept between starts; undefined: nowhere. */
  readonly compileCache: string | undefined
  /** SIGINT, SIGTERM and SIGHUP, which then do not end the process by themselves. */
  onSignal(listener: (signal: string) => void): void
  /** Undefined: no other process of Holon has started this one. */
  readonly parent: ParentChannel | undefined
  /** Ends the process at once. */
  exit(code: number): void
  readonly memory: ProcessMemory
  /** Whether a debugger may hold this process. */
  isDebugged(): boolean
  /** Lets the supervisor see, by way of the inspector, which calls run here when this process does not answer any more. */
  showRunningCalls(calls: () => readonly string[]): void
  /** Stores compiled code for the next start now, because this process may be killed. */
  saveCompileCache(): void
}
