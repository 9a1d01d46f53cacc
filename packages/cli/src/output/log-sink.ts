import { formatLogLine } from '@holon/telemetry'

/** Where everything goes that a running app has to say: its processes' lines, and the command's own. */
export interface LogSink {
  /** A line of a process: one of Holon's JSON lines, or whatever the program printed; several lines are a stack. */
  line(source: string, line: string): void
  /** Something that happens to the app as a whole; `text` makes what people read. */
  event(name: string, fields: object, text: () => string): void
}

export interface LogSinkOptions {
  /** Everything as JSON, one object a line. */
  readonly json: boolean
  readonly colors: boolean
  readonly now: () => number
  readonly write: (text: string) => void
}

export function createLogSink({ json, colors, now, write }: LogSinkOptions): LogSink {
  if (!json) {
    return {
      line: (source, text) => {
        for (const line of text.split('\n')) write(`${formatLogLine(line, { colors, source, width: 12 })}\n`)
      },
      event: (_name, _fields, text) => write(text()),
    }
  }
  return {
    line: (source, line) =>
      write(
        `${isJsonObject(line) ? line : JSON.stringify({ level: levelOf(line), time: now(), source, msg: line })}\n`,
      ),
    event: (event, fields) => write(`${JSON.stringify({ level: 'info', time: now(), event, ...fields })}\n`),
  }
}

function levelOf(text: string): 'error' | 'info' {
  return text.includes('\n') ? 'error' : 'info'
}

function isJsonObject(line: string): boolean {
  if (!line.startsWith('{')) return false
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
