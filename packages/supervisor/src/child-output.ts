import type { Readable } from 'node:stream'

import { createLineSplitter } from './line-splitter.ts'

/** Hands over what a child writes to both its streams, line by line. */
export function readLines(streams: readonly (Readable | null | undefined)[], onLine: (line: string) => void): void {
  for (const stream of streams) {
    // A program that could not be started has none.
    if (stream === null || stream === undefined) continue
    const lines = createLineSplitter(onLine)
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => lines.push(text))
    stream.on('end', () => lines.end())
    // A pipe that breaks means that the child is gone, which its exit tells.
    stream.on('error', () => lines.end())
  }
}
