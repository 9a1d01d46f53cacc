/** One event of a Server-Sent Events response. */
export interface StreamEvent {
  readonly type: string
  readonly data: string
}

/**
 * Reads the events of a Server-Sent Events response (https://html.spec.whatwg.org/multipage/server-sent-events.html)
 * from its text, wherever that is cut into pieces. What breaks off in the middle of an event is none.
 */
export class EventReader {
  #rest = ''
  #type = ''
  #data: string[] = []

  /** The events that end in this piece. */
  read(piece: string): readonly StreamEvent[] {
    const text = this.#rest + piece
    // Not looked at again with each piece, in a long line.
    const lines = /[\r\n]/.test(piece) ? text.split(/\r\n|\n|\r(?!$)/) : [text]
    // The last one is not over, also where it ends with a CR: an LF may follow.
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line) => (line === '' ? this.#dispatch() : this.#keep(line)))
  }

  #keep(line: string): readonly StreamEvent[] {
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#type = value
    if (field === 'data') this.#data.push(value)
    return []
  }

  /** A block without data is none: a comment, as the gateway's heartbeats are. */
  #dispatch(): readonly StreamEvent[] {
    const events = this.#data.length === 0 ? [] : [{ type: this.#type || 'message', data: this.#data.join('\n') }]
    this.#type = ''
    this.#data = []
    return events
  }
}
