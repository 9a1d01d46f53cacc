import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { problemOf } from './fixtures/problem-of.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'

let notes: NotesGateway
beforeAll(async () => {
  notes = await startNotes({ prefix: '/api' })
})
afterAll(() => notes[Symbol.asyncDispose]())

async function asked(query: string): Promise<unknown> {
  const response = await notes.fetch(`/api/notes${query}`)
  expect(response.status).toBe(200)
  return ((await response.json()) as { asked: unknown }).asked
}

async function refused(query: string): Promise<{ detail: string; fields: readonly string[] }> {
  const { status, code, detail, errors = [] } = await problemOf(await notes.fetch(`/api/notes${query}`))
  expect({ status, code }).toEqual({ status: 400, code: 'invalid_argument' })
  return { detail, fields: errors.map(({ pointer }) => pointer) }
}

describe('the query string of a GET', () => {
  it('becomes values of the types that the contract asks for', async () => {
    expect(await asked('')).toEqual({ limit: 20 })
    expect(await asked('?limit=5&archived=true&minScore=-1.5e1&text=12&color=red')).toEqual({
      limit: 5,
      archived: true,
      minScore: -15,
      text: '12',
      color: 'red',
    })
    expect(await asked('?tag=a&tag=b%20c&tag=d+e')).toEqual({ limit: 20, tag: ['a', 'b c', 'd e'] })
    expect(await asked('?tag=a&color=null&text=')).toEqual({ limit: 20, tag: ['a'], color: null, text: '' })
  })

  it('is read alike with and without percent-encoding, empty parts and names without values included', async () => {
    const tag = ['a', 'b=c', '', 'd']
    expect(await asked('?&tag=a&&tag=b=c&tag&tag=d&')).toEqual({ limit: 20, tag })
    expect(await asked('?&tag=a&&tag=b=c&tag&t%61g=%64&')).toEqual({ limit: 20, tag })
  })

  it('is refused where a value is not of its type, naming the field', async () => {
    expect(await refused('?limit=ten&archived=yes')).toMatchObject({ fields: ['#/limit', '#/archived'] })
    for (const limit of ['', '0', '101', '5.5', '0x10', '1e999', '%2B5', '5%20', '9'.repeat(400)])
      expect((await refused(`?limit=${limit}`)).fields).toEqual(['#/limit'])
    expect((await refused('?color=green')).fields).toEqual(['#/color'])
  })

  it('is refused where it names what the operation does not know', async () => {
    expect(await refused('?limti=5&limit=5')).toEqual({
      detail: "Unknown query parameter: 'limti'. Known are: limit, tag, archived, color, minScore, text.",
      fields: ['#/limti'],
    })
    expect((await refused('?__proto__=1')).detail).toContain("'__proto__'")
  })

  it('is refused where it gives a single value twice', async () => {
    expect(await refused('?limit=5&limit=6')).toMatchObject({ fields: ['#/limit'] })
  })

  it('is refused where it is no UTF-8, or has a NUL in it', async () => {
    expect((await refused('?text=%ff')).detail).toContain('percent-encoded UTF-8')
    expect((await refused('?text=%')).detail).toContain('percent-encoded UTF-8')
    expect((await refused('?text=a%00b')).detail).toContain('U+0000')
  })
})

describe('path and body', () => {
  it('make up the input together', async () => {
    const created = await notes.send('/api/notes', { title: 'Milk', tags: ['a'] })
    expect(created.status).toBe(401)
    const renamed = await notes.send('/api/notes/7', { title: 'Milk' }, { method: 'PUT' })
    expect({ status: renamed.status, body: await renamed.json() }).toEqual({
      status: 200,
      body: { id: 7, title: 'Milk', tags: [], archived: false },
    })
    expect(renamed.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  it('may agree on a field, but not differ', async () => {
    expect((await notes.send('/api/notes/7', { id: 7, title: 'Milk' }, { method: 'PUT' })).status).toBe(200)
    const problem = await problemOf(await notes.send('/api/notes/7', { id: 8, title: 'Milk' }, { method: 'PUT' }))
    expect(problem).toMatchObject({ status: 400, errors: [{ path: ['id'], pointer: '#/id' }] })
  })

  it('a path parameter of the wrong type is named', async () => {
    const problem = await problemOf(await notes.fetch('/api/notes/seven', { headers: {} }))
    expect(problem).toMatchObject({ status: 400, instance: '/api/notes/seven', errors: [{ pointer: '#/id' }] })
  })

  it('an operation whose input is all in the path needs no body, one without input takes none', async () => {
    expect((await notes.fetch('/api/notes/7/archive', { method: 'POST' })).status).toBe(200)
    const pong = await notes.fetch('/api/ping', { method: 'POST' })
    expect(await pong.json()).toBe('pong')
    expect((await notes.send('/api/ping', {})).status).toBe(200)
    expect((await problemOf(await notes.send('/api/ping', { a: 1 }))).detail).toContain('no input')
  })

  it('a command that answers nothing is answered with 204, and DELETE takes its fields from the query', async () => {
    const response = await notes.fetch('/api/notes/7?force=true', { method: 'DELETE' })
    expect({ status: response.status, body: await response.text() }).toEqual({ status: 204, body: '' })
    const problem = await problemOf(await notes.send('/api/notes/7', { force: true }, { method: 'DELETE' }))
    expect(problem.detail).toBe('A DELETE takes no body.')
  })

  it('a missing body is told from an empty one', async () => {
    const missing = await problemOf(await notes.fetch('/api/notes/7', { method: 'PUT' }))
    expect(missing).toMatchObject({ status: 400, detail: expect.stringContaining('body is missing') as string })
    const empty = await problemOf(await notes.send('/api/notes/7', {}, { method: 'PUT' }))
    expect(empty.errors?.map(({ pointer }) => pointer)).toEqual(['#/title'])
    expect((await problemOf(await notes.send('/api/notes/7', [], { method: 'PUT' }))).status).toBe(400)
  })
})

describe('methods and paths', () => {
  it('HEAD answers as GET does, without the body', async () => {
    const response = await notes.fetch('/api/notes', { method: 'HEAD' })
    expect({ status: response.status, body: await response.text() }).toEqual({ status: 200, body: '' })
  })

  it('a path that nobody knows is 404, a method that the path does not know 405 with Allow', async () => {
    expect(await problemOf(await notes.fetch('/api/nothing?secret=1'))).toMatchObject({
      status: 404,
      code: 'not_found',
      instance: '/api/nothing',
    })
    expect((await problemOf(await notes.fetch('/notes'))).status).toBe(404)
    expect((await problemOf(await notes.fetch('/api/notes/'))).status).toBe(404)
    for (const [method, path, allow] of [
      ['PATCH', '/api/notes/7', 'GET, HEAD, PUT, DELETE'],
      ['PUT', '/api/notes', 'POST, GET, HEAD'],
      ['OPTIONS', '/api/ping', 'POST'],
      ['POST', '/livez', 'GET, HEAD'],
      ['HEAD', '/api/notes/7/events', 'GET'],
    ] as const) {
      const response = await notes.fetch(path, { method })
      expect({ status: response.status, allow: response.headers.get('allow') }).toEqual({ status: 405, allow })
    }
  })

  it('what is not exposed is not there', async () => {
    expect((await problemOf(await notes.fetch('/api/vault'))).status).toBe(404)
  })

  it('larger answers are compressed where the client takes it', async () => {
    const response = await notes.fetch('/api/big', { headers: { 'accept-encoding': 'gzip' } })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(await response.json()).toHaveLength(1000)
    const plain = await notes.fetch('/api/big', { headers: { 'accept-encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBeNull()
    const small = await notes.fetch('/api/notes', { headers: { 'accept-encoding': 'gzip' } })
    expect(small.headers.get('content-encoding')).toBeNull()
  })
})
