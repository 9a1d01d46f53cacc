import type { Readable, Writable } from 'node:stream'

/** A stream that may be a terminal. */
export type Terminal<S> = S & { readonly isTTY?: boolean | undefined }

/** What the program may do with the process it runs in. Made by the program itself, or by a test. */
export interface Host {
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The working directory. */
  readonly folder: string
  readonly stdin: Terminal<Readable>
  readonly stdout: Terminal<Writable>
  readonly stderr: Terminal<Writable>
  /** Where the templates are. */
  readonly templates: TemplateSource
  /** Runs a program to its end with this process's own streams. Resolves to its exit code; rejects where there is none such. */
  run(program: string, args: readonly string[], folder: string): Promise<number>
}

/** Where templates come from. */
export interface TemplateSource {
  /** The files of a template, by path with forward slashes. */
  read(template: string): Promise<ReadonlyMap<string, string>>
}

/** Exit codes of the program. They are part of its interface. */
export const exitCodes: {
  readonly ok: 0
  readonly failed: 1
  readonly usage: 2
  /** As of a program that Ctrl-C ends. */
  readonly cancelled: 130
} = { ok: 0, failed: 1, usage: 2, cancelled: 130 }

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** A failure that is told as it is: the message says what is wrong and what to do. */
export class CreateFailure extends Error {
  override readonly name: string = 'CreateFailure'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
