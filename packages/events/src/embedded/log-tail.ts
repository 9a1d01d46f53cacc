import type { LoggedMessage } from './message-log.ts'

/** Which part of a log is asked for: after one number, up to and with another. */
export interface LogRange {
  readonly topics: readonly string[]
  readonly after: number
  readonly until: number
  readonly limit: number
}

const capacity = 4_096

/** The newest messages of a log, in memory: what subscribers that keep up are given without asking the file. */
export class LogTail {
  #messages: LoggedMessage[] = []
  /** Everything after this number is here. */
  #from: number

  constructor(head: number) {
    this.#from = head
  }

  covers(after: number): boolean {
    return after >= this.#from
  }

  push(messages: readonly LoggedMessage[]): void {
    for (const message of messages) this.#messages.push(message)
    if (this.#messages.length < capacity * 2) return
    this.#messages = this.#messages.slice(-capacity)
    this.#from = (this.#messages[0]?.sequence ?? 1) - 1
  }

  read({ topics, after, until, limit }: LogRange): readonly LoggedMessage[] {
    const found: LoggedMessage[] = []
    // Numbers in the tail follow on each other without gaps.
    const first = this.#messages[0]?.sequence ?? after + 1
    for (let index = Math.max(0, after + 1 - first); index < this.#messages.length; index += 1) {
      const logged = this.#messages[index]
      if (logged === undefined || logged.sequence > until || found.length === limit) break
      if (topics.includes(logged.message.topic)) found.push(logged)
    }
    return found
  }
}
