import type { Platform, Timer } from '@holon/contract'

/** A program that dies writes its last words in several pieces, and all within a few milliseconds. */
const quietMs = 50
/** As much as the longest line may have. */
const longestBurst = 256 * 1024

/**
 * Takes the lines of a program's error stream. Those that come together and contain a stack (an indented line) are handed
 * over as one text of several lines, so that a log has one entry for what happened once; all others one by one.
 */
export function createStackLines(
  platform: Platform,
  onText: (text: string) => void,
): { line(line: string): void; end(): void } {
  let burst: string[] = []
  let size = 0
  let timer: Timer | undefined
  const end = (): void => {
    timer?.cancel()
    const lines = burst
    burst = []
    size = 0
    if (lines.some((line) => /^\s/.test(line))) onText(lines.join('\n'))
    else for (const line of lines) onText(line)
  }
  const line = (text: string): void => {
    timer?.cancel()
    burst.push(text)
    size += text.length
    if (size > longestBurst) end()
    else timer = platform.setTimer(end, quietMs).unref()
  }
  return { line, end }
}
