/** One event of a Server-Sent Events response. */
export interface StreamEvent {
  readonly type: string
  readonly data: string
}

/** Characters of one event. */
const longestEvent = 16 * 1024 * 1024

/**
 * Reads the events of a Server-Sent Events response (https://html.spec.whatwg.org/multipage/server-sent-events.html)
 * from its text, wherever that is cut into pieces. What breaks off in the middle of an event is none. An event of more
 * than 16 MB is not kept: it throws what `tooLong` makes.
 */
export class EventReader {
  readonly #tooLong: () => Error
  #rest = ''
  #type = ''
  #data: string[] = []
  #length = 0

  constructor(tooLong: () => Error) {
    this.#tooLong = tooLong
  }

  /** The events that end in this piece. It is read as they are taken: those before one that is too long are given. */
  *read(piece: string): Generator<StreamEvent, void, void> {
    const text = this.#rest + piece
    // Not looked at again with each piece, in a long line.
    const lines = /[\r\n]/.test(piece) ? text.split(/\r\n|\n|\r(?!$)/) : [text]
    // The last one is not over, also where it ends with a CR: an LF may follow.
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') yield* this.#dispatch()
      else this.#keep(line)
    }
    this.#check(this.#length + this.#rest.length)
  }

  #keep(line: string): void {
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#type = value
    if (field !== 'data') return
    // Also lines without a value take room.
    this.#length += line.length + 1
    this.#check(this.#length)
    this.#data.push(value)
  }

  #check(length: number): void {
    if (length > longestEvent) throw this.#tooLong()
  }

  /** A block without data is none: a comment, as the gateway's heartbeats are. */
  #dispatch(): readonly StreamEvent[] {
    const events = this.#data.length === 0 ? [] : [{ type: this.#type || 'message', data: this.#data.join('\n') }]
    this.#type = ''
    this.#data = []
    this.#length = 0
    return events
  }
}
