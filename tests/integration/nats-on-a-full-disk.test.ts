import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { systemPlatform } from '@holon/contract/system-platform'
import type { BusMessage } from '@holon/events'
import { natsBus } from '@holon/events/nats-bus'
import { expect, test } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'

/** What only root may do. */
function asRoot(...command: readonly string[]): void {
  const [name = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command]
  execFileSync(name, args)
}

/** A server whose streams are on a small disk of their own. */
async function startOnSmallDisk(): Promise<{ readonly server: PrivateServer; readonly disk: string }> {
  const server = await startServer('nats')
  const disk = join(server.place.folder, 'data')
  await server.stop()
  asRoot('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk)
  await server.start()
  return { server, disk }
}

/** Until the disk takes nothing any more. */
function fill(file: string): void {
  const filler = openSync(file, 'w')
  try {
    for (;;) writeSync(filler, Buffer.alloc(4_096))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(filler)
  }
}

let number = 0
function messageOf(text: string): BusMessage {
  const id = `m${(number += 1)}`
  const attributes = { specversion: '1.0', id, source: '/test', type: 'disk.full', time: new Date().toISOString() }
  return { id, topic: 'disk.full', key: 'k', attributes, body: JSON.stringify(text), timeMs: Date.now() }
}

describeWith('nats', 'NATS on a full disk', () => {
  test(
    'the failure says what to do, which helps, and nothing that was acknowledged is lost',
    { timeout: 120_000 },
    async () => {
      const { server, disk } = await startOnSmallDisk()
      const bus = natsBus({ platform: systemPlatform(), url: server.url, partitions: 1, timeoutMs: 1_000 })
      try {
        const acknowledged: string[] = []
        const publish = async (message: BusMessage): Promise<void> => {
          await bus.publish([message])
          acknowledged.push(message.id)
        }
        await publish(messageOf('first'))
        const filler = join(disk, 'filler')
        fill(filler)
        const untilRefused = async (): Promise<unknown> => {
          for (;;) await publish(messageOf('x'.repeat(100_000)))
        }
        await expect(untilRefused()).rejects.toMatchObject({
          code: 'unavailable',
          message: expect.stringMatching(/JetStream does not answer.*disk.*full.*restart the server/) as unknown,
        })
        rmSync(filler)
        await server.kill()
        await server.start()
        await expect.poll(() => publish(messageOf('last')).then(() => 'stored'), { timeout: 30_000 }).toBe('stored')
        const seen = new Set<string>()
        await bus.subscribe({ subscription: 's', topics: ['disk.full'], start: 'all', window: 1_000 }, (delivery) => {
          seen.add(delivery.message.id)
          delivery.ack()
        })
        await expect.poll(() => acknowledged.filter((id) => !seen.has(id)), { timeout: 30_000 }).toEqual([])
      } finally {
        await bus.close()
        await server.kill()
        asRoot('umount', '--lazy', disk)
        await server[Symbol.asyncDispose]()
      }
    },
  )
})
