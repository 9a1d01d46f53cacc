import { request } from 'node:http'
import { connect, createServer } from 'node:net'

import { delay, type Platform } from '@holon/contract/platform'

export interface PortProbe {
  readonly port: number
  /** Path that must answer 2xx; undefined: accepting a connection is enough. */
  readonly path: string | undefined
  readonly platform: Platform
  readonly everyMs: number
  /** Gives up, with its reason. */
  readonly signal: AbortSignal
}

/** Resolves as soon as a process on this machine answers on its port. */
export async function untilPortAnswers(probe: PortProbe): Promise<void> {
  const { port, path, platform, everyMs, signal } = probe
  for (;;) {
    signal.throwIfAborted()
    if (await (path === undefined ? accepts(port) : isReady(port, path))) return
    await delay(platform, everyMs, signal)
  }
}

// Nobody answers a probe slower than this without being unusable.
const probeTimeoutMs = 2_000

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: probeTimeoutMs })
    const settle = (open: boolean): void => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => settle(true))
    socket.once('timeout', () => settle(false))
    socket.once('error', () => settle(false))
  })
}

async function isReady(port: number, path: string): Promise<boolean> {
  const status = await statusOf(port, path)
  return status !== undefined && status >= 200 && status < 300
}

/** The status with which a process on this machine answers GET; undefined: it does not answer. */
export function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = request({ host: '127.0.0.1', port, path, timeout: probeTimeoutMs, agent: false }, (response) => {
      response.destroy()
      resolve(response.statusCode)
    })
    probe.once('timeout', () => probe.destroy())
    probe.once('error', () => resolve(undefined))
    probe.once('close', () => resolve(undefined))
    probe.end()
  })
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return tryPort(0)
}

/** Whether some process listens on the port. */
export function isPortTaken(port: number): Promise<boolean> {
  return tryPort(port).then(
    () => false,
    () => true,
  )
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const actual = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(actual))
    })
  })
}
