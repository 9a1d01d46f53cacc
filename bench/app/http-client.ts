// HTTP/1.1 as thin as it gets. The client of Node takes more time for a request than some of the servers that are measured,
// and that time would count as theirs.
import { connect, type Socket } from 'node:net'

export interface HttpAnswer {
  readonly status: number
  readonly text: string
}

interface Connection {
  readonly socket: Socket
  answered: (answer: HttpAnswer) => void
  failed: (error: Error) => void
  pieces: Buffer[]
  /** Undefined until the head of the answer is there. */
  head: { readonly status: number; readonly bodyAt: number; readonly endAt: number } | undefined
}

/** Asks one server, over as many connections as requests are in flight; they are kept alive. */
export class HttpClient {
  readonly #port: number
  readonly #free: Connection[] = []

  constructor(port: number) {
    this.#port = port
  }

  /** Resolves as soon as the last byte is there. Rejects for answers without `content-length`, which no variant gives. */
  async ask(method: string, path: string, body?: object): Promise<HttpAnswer> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const about = text && `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`
    const connection = this.#free.pop() ?? (await this.#connect())
    return new Promise((resolve, reject) => {
      connection.answered = resolve
      connection.failed = reject
      connection.socket.write(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${this.#port}\r\n${about}\r\n${text}`)
    })
  }

  #connect(): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true }, () => resolve(connection))
      const connection: Connection = { socket, answered: () => {}, failed: reject, pieces: [], head: undefined }
      socket.on('error', (error) => connection.failed(error))
      socket.on('close', () => {
        const index = this.#free.indexOf(connection)
        if (index !== -1) this.#free.splice(index, 1)
        connection.failed(new Error('the server closed the connection'))
      })
      socket.on('data', (piece: Buffer) => {
        try {
          this.#onData(connection, piece)
        } catch (error) {
          connection.failed(error instanceof Error ? error : new Error(String(error)))
          socket.destroy()
        }
      })
    })
  }

  #onData(connection: Connection, piece: Buffer): void {
    connection.pieces.push(piece)
    const bytes = connection.pieces.length === 1 ? piece : Buffer.concat(connection.pieces)
    connection.pieces = [bytes]
    connection.head ??= headOf(bytes)
    if (connection.head === undefined || bytes.length < connection.head.endAt) return
    const { status, bodyAt, endAt } = connection.head
    if (bytes.length > endAt) throw new Error('more came than was asked for')
    connection.pieces = []
    connection.head = undefined
    this.#free.push(connection)
    connection.answered({ status, text: bytes.toString('utf8', bodyAt, endAt) })
  }
}

function headOf(bytes: Buffer): Connection['head'] {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`an answer without content-length: ${head}`)
  return { status: Number(head.slice(9, 12)), bodyAt: end + 4, endAt: end + 4 + Number(length) }
}
