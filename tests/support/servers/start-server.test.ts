import { existsSync } from 'node:fs'
import { connect } from 'node:net'

import { describe, test } from 'vitest'

import { describeWith } from '../describe-with.ts'
import { answers } from './probe.ts'
import { recipes, serverNames } from './recipes.ts'
import { startServer } from './start-server.ts'

// Most of the time they wait for servers to start.
describe.concurrent('a private server', () => {
  for (const name of serverNames) {
    describeWith(name, name, () => {
      test(
        'answers, can be killed, started again on the same port, and leaves nothing behind',
        { timeout: 120_000 },
        async ({ expect }) => {
          const server = await startServer(name)
          const { port, url } = server
          await server.kill()
          expect([server.running, await answers(port, recipes[name].probe)]).toEqual([false, false])
          await server.start()
          expect([server.running, server.url, await answers(port, recipes[name].probe)]).toEqual([true, url, true])
          await server[Symbol.asyncDispose]()
          expect(await refuses(port)).toBe(true)
          expect(existsSync(server.place.folder)).toBe(false)
        },
      )
    })
  }
})

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', () => resolve(true))
  })
}
