import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { rawRequest } from './fixtures/raw-request.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'

const folder = mkdtempSync(join(tmpdir(), 'holon-encodings-'))

let notes: NotesGateway
beforeAll(async () => {
  writeFileSync(join(folder, 'script.js'), 'export const answer = 42\n'.repeat(500))
  writeFileSync(join(folder, 'small.js'), 'export {}')
  writeFileSync(join(folder, 'picture.png'), Buffer.alloc(5000))
  notes = await startNotes({ static: [{ at: '/s', directory: pathToFileURL(`${folder}/`) }] })
})
afterAll(async () => {
  await notes[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** The status and the headers of an answer; nothing is added to what is asked. */
async function headOf(path: string, ...lines: readonly string[]): Promise<{ status: number; headers: Headers }> {
  const asked = [`GET ${path} HTTP/1.1`, 'Host: a', 'Connection: close', ...lines, '', '']
  const { status, head } = await rawRequest(notes.url, asked.join('\r\n'))
  const pairs = head.split('\r\n').slice(1)
  const parted = pairs.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  return { status, headers: new Headers(parted) }
}

describe('an answer is compressed as the client takes it', () => {
  it.each([
    ['*', 'zstd'],
    ['zstd;q=0, *', 'br'],
    ['*, zstd;q=0', 'br'],
    ['zstd;q=0.0, br; q=0, *', 'gzip'],
    ['zstd;q=0, br;q=0, X-GZIP;q=0, *;q=0.5', 'deflate'],
    ['x-gzip', 'gzip'],
    ['gzip;q=0.01', 'gzip'],
    ['gzip;q=0', null],
    ['*;q=0', null],
    ['identity', null],
    ['', null],
  ])('%j: %s', async (accepted, expected) => {
    for (const path of ['/s/script.js', '/big']) {
      const { status, headers } = await headOf(path, `Accept-Encoding: ${accepted}`)
      expect(status).toBe(200)
      expect(headers.get('content-encoding')).toBe(expected)
    }
  })
})

describe('what is kept of a file depends on the encodings that were accepted', () => {
  it('also of a part of it, and where it is unchanged', async () => {
    expect((await headOf('/s/script.js')).headers.get('vary')).toBe('accept-encoding')
    for (const [line, expected] of [
      ['Range: bytes=0-9', 206],
      ['If-None-Match: *', 304],
    ] as const) {
      const { status, headers } = await headOf('/s/script.js', line)
      expect({ status, vary: headers.get('vary') }).toEqual({ status: expected, vary: 'accept-encoding' })
      for (const path of ['/s/small.js', '/s/picture.png']) {
        const never = await headOf(path, line.replace('0-9', '0-3'))
        expect({ status: never.status, vary: never.headers.get('vary') }).toEqual({ status: expected, vary: null })
      }
    }
  })
})

describe('a part of a file on a condition', () => {
  it('is the whole one where only its tag tells, which proves nothing of its bytes', async () => {
    const { headers } = await headOf('/s/script.js')
    const tag = headers.get('etag') ?? ''
    expect(tag).toMatch(/^W\//)
    for (const condition of [tag, tag.slice(2), '"other"'])
      expect((await headOf('/s/script.js', 'Range: bytes=0-9', `If-Range: ${condition}`)).status).toBe(200)
    const modified = headers.get('last-modified') ?? ''
    expect((await headOf('/s/script.js', 'Range: bytes=0-9', `If-Range: ${modified}`)).status).toBe(206)
  })
})
