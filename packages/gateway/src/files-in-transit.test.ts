import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { fieldOf } from '@holon/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { openFiles } from './fixtures/open-files.ts'
import { openSocket } from './fixtures/open-socket.ts'
import { problemOf } from './fixtures/problem-of.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'

const folder = mkdtempSync(join(tmpdir(), 'holon-transit-'))
const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`

let notes: NotesGateway
beforeAll(async () => {
  // Larger than what sockets and streams keep, and no smaller when it is compressed.
  writeFileSync(join(folder, 'noise.js'), randomBytes(16_000_000))
  notes = await startNotes({
    static: [
      { at: '/s', directory: pathToFileURL(`${folder}/`) },
      { at: '/process', directory: pathToFileURL('/proc/self/') },
    ],
  })
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

describe('a file that becomes shorter while it is sent', () => {
  it.each(['identity', 'gzip'])(
    'ends the connection: nothing else is taken for the rest of it (%s)',
    async (encoding) => {
      const file = join(folder, 'long.js')
      writeFileSync(file, randomBytes(64_000_000))
      const socket = await openSocket(notes.url)
      socket.write(request('/s/long.js', `Accept-Encoding: ${encoding}\r\n`) + request('/notes'))
      await once(socket, 'readable') // the rest waits for its reader
      truncateSync(file, 1000)
      let text = ''
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
      await once(socket, 'close')
      expect(text).toMatch(/^HTTP\/1\.1 200/)
      expect(text.length).toBeLessThan(64_000_000)
      expect(text).not.toContain('"asked"')
      expect(text.endsWith('\r\n0\r\n\r\n')).toBe(false)
    },
  )
})

describe('a file that cannot be read', () => {
  const faults = (): readonly unknown[] =>
    notes.observations.flatMap((seen) => (seen.kind === 'fault' ? [fieldOf(seen.error, 'code')] : []))

  it('is 500 where it cannot be opened, and observed', async () => {
    const before = faults().length
    const server = createServer().listen(join(folder, 'unopened.js'))
    await once(server, 'listening')
    for (const encoding of ['identity', 'gzip']) {
      const response = await notes.fetch('/s/unopened.js', { headers: { 'accept-encoding': encoding } })
      expect(await problemOf(response)).toMatchObject({ status: 500, code: 'internal' })
    }
    expect(faults().slice(before)).toEqual(['ENXIO', 'ENXIO'])
    server.close()
  })

  it.runIf(process.platform === 'linux')('ends the connection where that shows later, and is observed', async () => {
    const before = faults().length
    await expect(notes.fetch('/process/mem')).rejects.toThrow('fetch failed')
    expect(faults().slice(before)).toEqual(['EIO'])
  })

  it('is none where links lead in a circle', async () => {
    symlinkSync('circle', join(folder, 'circle'))
    expect((await problemOf(await notes.fetch('/s/circle'))).status).toBe(404)
    expect(faults()).not.toContain('ELOOP')
  })
})
