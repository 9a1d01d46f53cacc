import type { Readable } from 'node:stream'

import type { Platform } from '@holon/contract'

import { createLineSplitter } from './line-splitter.ts'
import { createStackLines } from './stack-lines.ts'

/** The streams that a child writes to. */
export interface ChildStreams {
  /** A program that could not be started has none. */
  readonly stdout: Readable | null | undefined
  readonly stderr: Readable | null | undefined
}

/**
 * Hands over what a child writes to both its streams, line by line; a stack on its error stream is one text of several
 * lines.
 */
export function readLines({ stdout, stderr }: ChildStreams, platform: Platform, onText: (text: string) => void): void {
  if (stdout) read(stdout, onText, () => undefined)
  if (!stderr) return
  const stacks = createStackLines(platform, onText)
  read(
    stderr,
    (line) => stacks.line(line),
    () => stacks.end(),
  )
}

function read(stream: Readable, onLine: (line: string) => void, onEnd: () => void): void {
  const lines = createLineSplitter(onLine)
  const end = (): void => {
    lines.end()
    onEnd()
  }
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => lines.push(text))
  stream.on('end', end)
  // A pipe that breaks means that the child is gone, which its exit tells.
  stream.on('error', end)
}
