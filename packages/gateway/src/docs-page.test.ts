import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'

import { startNotes } from './fixtures/start-notes.ts'

describe('/openapi.json', () => {
  it('is valid and describes what is exposed, and nothing else', async () => {
    await using notes = await startNotes({ prefix: '/api', info: { title: 'Notes', version: '2.0.0' } })
    const response = await notes.fetch('/openapi.json')
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const text = await response.text()
    const document = JSON.parse(text) as { info: object; paths: Record<string, object> }
    expect(await new Validator().validate(structuredClone(document))).toMatchObject({ valid: true })
    expect(document.info).toEqual({ title: 'Notes', version: '2.0.0' })
    expect(Object.keys(document.paths)).toContain('/api/notes/{id}')
    expect(text).not.toMatch(/vault|hidden|securitySchemes/)
  })
})

describe('/docs', () => {
  it('is a page whose parts all come from this server', async () => {
    await using notes = await startNotes()
    const page = await notes.fetch('/docs')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';")
    const html = await page.text()
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part = '']) => new URL(part, page.url).href)
    expect(parts.length).toBeGreaterThan(2)
    for (const part of parts) expect({ part, status: (await fetch(part)).status }).toEqual({ part, status: 200 })
  })
})
