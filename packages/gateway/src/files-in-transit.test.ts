import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { openFiles } from './fixtures/open-files.ts'
import { openSocket } from './fixtures/open-socket.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'

const folder = mkdtempSync(join(tmpdir(), 'holon-transit-'))
const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`

let notes: NotesGateway
beforeAll(async () => {
  // Larger than what sockets and streams keep, and no smaller when it is compressed.
  writeFileSync(join(folder, 'noise.js'), randomBytes(16_000_000))
  notes = await startNotes({ static: [{ at: '/s', directory: pathToFileURL(`${folder}/`) }] })
})
afterAll(async () => {
  await notes[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

describe.runIf(process.platform === 'linux')('the file for a client that leaves is closed', () => {
  it.each(['identity', 'gzip'])('whenever it leaves (%s)', async (encoding) => {
    for (let client = 0; client < 200; client += 1) {
      const socket = await openSocket(notes.url)
      socket.write(request('/s/noise.js', `Accept-Encoding: ${encoding}\r\n`))
      for (let turn = 0; turn < client % 8; turn += 1) await new Promise(setImmediate)
      socket.resetAndDestroy()
    }
    await notes.fetch('/notes')
    await expect.poll(() => openFiles(folder)).toBe(0)
    expect(notes.observations.filter(({ kind }) => kind === 'fault')).toEqual([])
  })

  it('also where its turn on the connection has not come', async () => {
    const waiting = once(notes.world.events, 'waiting')
    const socket = await openSocket(notes.url)
    socket.write(request('/wait') + request('/s/noise.js').repeat(8))
    await waiting
    await expect.poll(() => openFiles(folder)).toBe(8)
    socket.destroy()
    await expect.poll(() => openFiles(folder)).toBe(0)
  })
})
