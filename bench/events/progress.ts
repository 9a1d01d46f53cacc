// How the producer learns how much has been applied, so that its backlog stays bounded: a number every 5 ms.
import { connect, createServer } from 'node:net'

const everyMs = 5

/** Tells whoever connects. `count` is asked while anybody listens. */
export async function tellProgress(path: string, count: () => number): Promise<void> {
  const server = createServer((socket) => {
    let told = -1
    const timer = setInterval(() => {
      const now = count()
      if (now !== told) socket.write(`${(told = now)}\n`)
    }, everyMs)
    socket.on('error', () => {})
    socket.on('close', () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
}

/** Calls `heard` with each number. */
export async function hearProgress(path: string, heard: (count: number) => void): Promise<void> {
  const socket = connect(path)
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let rest = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    const last = lines.at(-1)
    if (last !== undefined) heard(Number(last))
  })
  socket.on('error', () => {})
}
