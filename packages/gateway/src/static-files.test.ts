import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { problemOf } from './fixtures/problem-of.ts'
import { rawRequest } from './fixtures/raw-request.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'
import { cacheControlOf } from './static-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'holon-site-'))
const files = {
  'site/index.html': '<!doctype html><title>App</title>',
  'site/assets/index-DkFa_xQz.js': 'export const answer = 42\n'.repeat(500),
  'site/robots.txt': 'User-agent: *',
  'site/.env': 'outside secret',
  'site/.git/config': 'outside secret',
  'site/api/shadow': 'outside secret',
  'site/docs/shadow': 'outside secret',
  'outside.txt': 'outside secret',
  'manual/page.html': '<title>Manual</title>',
}
const navigation = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }

let notes: NotesGateway
beforeAll(async () => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  const links = {
    'site/linked.txt': '../outside.txt',
    'site/linked': '..',
    'site/folder/index.html': '../../outside.txt',
    'site/inside.txt': 'robots.txt',
    'site/alias.txt': 'api/shadow',
    'site/plain.txt': '.env',
    'linked-site': 'site',
  }
  mkdirSync(join(folder, 'site/folder'))
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(folder, path))
  const directory = (name: string): URL => pathToFileURL(`${join(folder, name)}/`)
  notes = await startNotes({
    prefix: '/api',
    static: [
      { at: '/', directory: directory('site'), spa: true },
      { at: '/manual', directory: directory('manual'), maxAgeS: 60 },
      { at: '/linked-site', directory: directory('linked-site') },
    ],
  })
})
afterAll(async () => {
  await notes[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

describe('files', () => {
  it('are served with their type, and kept by browsers as long as they cannot change', async () => {
    const page = await notes.fetch('/')
    expect(await page.text()).toContain('<title>App</title>')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const script = await notes.fetch('/assets/index-DkFa_xQz.js')
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(script.headers.get('content-type')).toContain('javascript')
    expect((await notes.fetch('/robots.txt')).headers.get('cache-control')).toBe('public, max-age=300')
    expect((await notes.fetch('/manual/page.html')).status).toBe(200)
  })

  it('are compressed where that helps', async () => {
    const response = await notes.fetch('/assets/index-DkFa_xQz.js', { headers: { 'accept-encoding': 'br' } })
    expect(response.headers.get('content-encoding')).toBe('br')
    expect(await response.text()).toContain('answer = 42')
  })

  it('need not be sent again when they are unchanged', async () => {
    const etag = (await notes.fetch('/')).headers.get('etag') ?? ''
    // fetch would add `Cache-Control: no-cache`, which asks for the whole file.
    const head = `GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: ${etag}\r\nConnection: close\r\n\r\n`
    expect((await rawRequest(notes.url, head)).status).toBe(304)
  })

  it('outside of the directory, and dotfiles, are out of reach', async () => {
    const paths = [
      '/../outside.txt',
      '/%2e%2e/outside.txt',
      '/..%2foutside.txt',
      '/%2e%2e%2foutside.txt',
      '/assets/../../outside.txt',
      '/..%5coutside.txt',
      '/....//outside.txt',
      '//etc/passwd',
      '/%252e%252e/outside.txt',
      '/manual/../../outside.txt',
      '/manual/..%2f..%2foutside.txt',
      '/.env',
      '/%2eenv',
      '/.git/config',
      '/assets/../.env',
    ]
    for (const path of paths) {
      for (const accept of ['*/*', 'text/html']) {
        const head = `GET ${path} HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`
        const response = await rawRequest(notes.url, head)
        expect(response.body).not.toMatch(/outside secret|root:/)
        const isHidden = path.includes('env') || path.includes('.git')
        expect([404, isHidden ? 404 : 200]).toContain(response.status)
      }
    }
  })

  it.each([
    '/%61pi/shadow',
    '/%61%70%69/shadow',
    '/api%2fshadow',
    '/api%2Fshadow',
    '/./api/shadow',
    '/x/../api/shadow',
    '/x%2f..%2fapi/shadow',
    '//api/shadow',
    '/%2fapi/shadow',
    '/api%5cshadow',
    '/api%252fshadow',
    '/%2561pi/shadow',
    '/%64ocs/shadow',
    '/docs%2fshadow',
    '/%64ocs%2f%73hadow',
    '/linked-site/%61pi/../../api/shadow',
    '/%2e%67it/config',
    '/.git%2fconfig',
    '/assets%2f..%2f.env',
    '/.env.',
    '/.env%20',
    '/.env/',
    '/robots.txt/',
    '/robots.txt.',
    '/robots.txt%00',
    '/%00',
    '/%ff',
  ])('%s is judged as what it is once it is decoded', async (path) => {
    for (const accept of ['*/*', 'text/html']) {
      const { status, body } = await rawRequest(
        notes.url,
        `GET ${path} HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`,
      )
      expect(body).not.toMatch(/outside secret|User-agent/)
      // What is below no reserved path may be a page of the app.
      expect(accept === '*/*' ? [400, 404] : [400, 404, 200]).toContain(status)
      expect(body).not.toContain('caller')
    }
  })

  it('behind a link that leads out of the directory, or to what is not served, are out of reach', async () => {
    for (const path of [
      '/linked.txt',
      '/linked/outside.txt',
      '/linked/manual/page.html',
      '/folder/',
      '/alias.txt',
      '/plain.txt',
    ])
      expect((await problemOf(await notes.fetch(path))).status).toBe(404)
  })

  it('behind a link within the directory, or in a directory that is itself linked to, are served', async () => {
    for (const path of ['/inside.txt', '/linked-site/robots.txt', '/linked-site/inside.txt'])
      expect((await notes.fetch(path)).status).toBe(200)
  })

  it('without the range or the state that is asked for say so', async () => {
    const past = await notes.fetch('/robots.txt', { headers: { range: 'bytes=100-' } })
    expect(past.headers.get('content-range')).toBe('bytes */13')
    expect(await problemOf(past)).toMatchObject({ status: 416, code: 'out_of_range', instance: '/robots.txt' })
    const changed = await problemOf(await notes.fetch('/robots.txt', { headers: { 'if-match': '"x"' } }))
    expect(changed).toMatchObject({ status: 412, code: 'failed_precondition' })
    expect((await notes.fetch('/robots.txt', { headers: { range: 'bytes=0-3' } })).status).toBe(206)
  })
})

describe('the page of a single-page app', () => {
  it('answers navigations to paths that only the app knows', async () => {
    for (const path of ['/products/7', '/manuals', '/a.b/c']) {
      const response = await notes.fetch(path, navigation)
      expect({ status: response.status, text: await response.text() }).toEqual({
        status: 200,
        text: files['site/index.html'],
      })
      expect(response.headers.get('cache-control')).toBe('no-cache')
    }
  })

  it('never answers for the API, the docs, missing files, or anything but reading', async () => {
    for (const path of ['/api', '/api/nothing', '/api/shadow', '/docs/shadow', '/openapi.json/x', '/livez/x'])
      expect((await problemOf(await notes.fetch(path, navigation))).status).toBe(404)
    expect((await problemOf(await notes.fetch('/assets/gone.js'))).status).toBe(404)
    expect((await problemOf(await notes.fetch(`/api/notes/${'7'.repeat(2000)}`, navigation))).status).toBe(414)
    expect((await problemOf(await notes.fetch('/products/7', { method: 'POST', ...navigation }))).status).toBe(404)
    expect((await problemOf(await notes.fetch('/api/ping', navigation))).status).toBe(405)
    expect((await notes.fetch('/api/notes', navigation)).headers.get('content-type')).toContain('json')
  })
})

describe('a directory that is not there', () => {
  it('is told in the log; what belongs into it is 404 and everything else works', async () => {
    await using bare = await startNotes({
      static: [{ at: '/', directory: pathToFileURL('/nowhere/dist/'), spa: true }],
    })
    expect((await problemOf(await bare.fetch('/products', navigation))).status).toBe(404)
    expect((await problemOf(await bare.fetch('/'))).status).toBe(404)
    expect((await bare.fetch('/notes')).status).toBe(200)
    const warnings = bare.observations.filter((seen) => seen.kind === 'log' && seen.level === 'warn')
    expect(warnings).toMatchObject([
      { service: 'gateway', message: expect.stringContaining('/nowhere/dist') as string },
    ])
  })
})

describe('how long a file may be kept', () => {
  it.each([
    ['/s/assets/index-DkFa_xQz.js', 'public, max-age=31536000, immutable'],
    ['/s/assets/index-DkFa_xQz.js.map', 'public, max-age=31536000, immutable'],
    ['/s/logo.3f2a9b1c.png', 'public, max-age=31536000, immutable'],
    ['/s/product-keyboard.png', 'public, max-age=9'],
    ['/s/assets/photo.png', 'public, max-age=9'],
    ['/s/deadbeef.css', 'public, max-age=9'],
    ['/s/assets/page-DkFa_xQz.html', 'no-cache'],
  ])('%s: %s', (path, expected) => {
    expect(cacheControlOf(path, 9)).toBe(expected)
  })
})
