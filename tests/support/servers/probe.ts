import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { loopback, type Recipe } from './recipe.ts'

/** Whether a server of this kind answers on the port, within a second. */
export async function answers(port: number, { send, answer }: Recipe['probe']): Promise<boolean> {
  const socket = connect({ host: loopback, port })
  const wanted = Buffer.from(answer)
  let received: Buffer = Buffer.alloc(0)
  try {
    return await new Promise<boolean>((resolve) => {
      socket.setTimeout(1000, () => resolve(false))
      socket.on('error', () => resolve(false))
      socket.on('close', () => resolve(false))
      socket.on('connect', () => send !== undefined && socket.write(send))
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk])
        if (received.includes(wanted)) resolve(true)
      })
    })
  } finally {
    socket.destroy()
  }
}

/** Resolves once the server answers; rejects after `timeoutMs`, or as soon as `ended` says that it never will. */
export async function untilReady(
  port: number,
  probe: Recipe['probe'],
  { timeoutMs, ended }: { readonly timeoutMs: number; readonly ended: () => string | undefined },
): Promise<void> {
  const endMs = Date.now() + timeoutMs
  while (!(await answers(port, probe))) {
    const reason = ended()
    if (reason !== undefined) throw new Error(reason)
    if (Date.now() > endMs) throw new Error(`It did not answer on port ${port} within ${timeoutMs} ms.`)
    await sleep(50)
  }
}

/** Ports that nothing uses now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, loopback))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
