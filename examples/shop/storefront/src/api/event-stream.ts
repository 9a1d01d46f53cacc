/** One event of a Server-Sent Events response. */
export interface StreamEvent {
  type: string
  data: string
}

export interface ReadOptions {
  /** Called for every sign of life, also where it is no event. */
  onActivity?: () => void
}

/**
 * Reads the events of a response (https://html.spec.whatwg.org/multipage/server-sent-events.html). The browser's own
 * `EventSource` cannot send the visitor's token.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { onActivity }: ReadOptions = {},
): AsyncGenerator<StreamEvent, void, void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onActivity?.()
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/)
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = parseBlock(block)
        if (event !== undefined) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Undefined for a comment, such as a heartbeat. */
function parseBlock(block: string): StreamEvent | undefined {
  let type = 'message'
  const data: string[] = []
  for (const line of block.split(/\r?\n/)) {
    const [field, value] = splitLine(line)
    if (field === 'event') type = value
    if (field === 'data') data.push(value)
  }
  return data.length === 0 ? undefined : { type, data: data.join('\n') }
}

function splitLine(line: string): [field: string, value: string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}
