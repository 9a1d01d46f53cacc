// Enough for any stack trace; a program that prints megabytes without a line feed must not fill our memory.
const longestLine = 256 * 1024

/** Cuts a stream of text into lines. A line that grows too long is handed over in pieces. */
export function createLineSplitter(onLine: (line: string) => void): { push(text: string): void; end(): void } {
  let rest = ''
  const end = (): void => {
    if (rest !== '') onLine(rest)
    rest = ''
  }
  const push = (text: string): void => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') onLine(line)
    if (rest.length > longestLine) end()
  }
  return { push, end }
}
