import { once } from 'node:events'
import { connect } from 'node:net'

import { describe, expect, it } from 'vitest'

import { startNotes } from './fixtures/start-notes.ts'
import { takePort } from './fixtures/take-port.ts'
import type { Readiness } from './health-routes.ts'

describe('health', () => {
  it('/livez answers while the process runs; /readyz while requests should come', async () => {
    await using notes = await startNotes()
    const live = await notes.fetch('/livez')
    expect({ status: live.status, body: await live.json() }).toEqual({ status: 200, body: { status: 'alive' } })
    const ready = await notes.fetch('/readyz')
    expect({ status: ready.status, body: await ready.json() }).toEqual({ status: 200, body: { status: 'ready' } })
    const verbose = await notes.fetch('/readyz?verbose')
    expect(await verbose.json()).toMatchObject({ status: 'ready', problems: [], app: 'test' })
  })

  it('/readyz stays 200 while a service or the check fails, and says so; it is 503 while nothing can be called', async () => {
    const problems = ["No instance of 'stock' can be reached."]
    let answer = (): Promise<Readiness> => Promise.resolve({ callable: true, problems })
    await using notes = await startNotes({}, { check: () => answer() })
    const told = async (): Promise<unknown> => {
      const response = await notes.fetch('/readyz')
      return { code: response.status, ...((await response.json()) as object) }
    }
    expect(await told()).toEqual({ code: 200, status: 'ready', problems })
    answer = () => Promise.reject(new Error('secret'))
    await expect.poll(told).toEqual({ code: 200, status: 'ready', problems: ['The check failed.'] })
    answer = () => Promise.resolve({ callable: false, problems })
    await expect.poll(told).toEqual({ code: 503, status: 'not ready', problems })
    expect((await notes.fetch('/livez')).status).toBe(200)
  })

  it('asks once for many who ask at the same time', async () => {
    let asked = 0
    const check = async (): Promise<Readiness> => {
      asked += 1
      return Promise.resolve({ callable: true, problems: [] })
    }
    await using notes = await startNotes({}, { check })
    await Promise.all(Array.from({ length: 10 }, () => notes.fetch('/readyz')))
    expect(asked).toBe(1)
  })
})

describe('starting', () => {
  it('says that the port is taken, and what to do', async () => {
    const { port, server } = await takePort()
    await expect(startNotes({}, { port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken. Choose another with --port or the environment variable PORT.`,
    )
    server.close()
    await once(server, 'close')
  })

  it('shares its port with other gateways that agree to it, and with no others', async () => {
    await using first = await startNotes({}, { reusePort: true })
    const port = Number(new URL(first.url).port)
    await expect(startNotes({}, { port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken.`)
    await using second = await startNotes({}, { port, reusePort: true })
    expect(second.url).toBe(first.url)
    await first.gateway.close(1000)
    expect((await fetch(`${second.url}/livez`)).status).toBe(200)
  })

  it('gives the real port in its URL', async () => {
    await using notes = await startNotes()
    expect(notes.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/)
  })
})

describe('stopping', () => {
  it('drain turns /readyz to 503 and asks clients to close their connections; requests are answered', async () => {
    await using notes = await startNotes()
    expect((await notes.fetch('/notes')).headers.get('connection')).toBe('keep-alive')
    notes.gateway.drain()
    const ready = await notes.fetch('/readyz')
    expect({ status: ready.status, body: await ready.json() }).toEqual({
      status: 503,
      body: { status: 'draining', problems: ['The gateway is draining.'] },
    })
    const response = await notes.fetch('/notes')
    expect({ status: response.status, connection: response.headers.get('connection') }).toEqual({
      status: 200,
      connection: 'close',
    })
  })

  it('lets a running request finish and takes no new connection', async () => {
    await using notes = await startNotes({}, { check: () => answered })
    let answer = (_readiness: Readiness): void => {}
    const answered = new Promise<Readiness>((resolve) => {
      answer = resolve
    })
    const running = notes.fetch('/readyz')
    await expect.poll(() => notes.fetch('/livez').then(({ status }) => status)).toBe(200)
    const closed = notes.gateway.close(5000)
    await expect.poll(() => notes.fetch('/livez').catch(() => 'refused')).toBe('refused')
    answer({ callable: true, problems: [] })
    expect(await (await running).json()).toEqual({ status: 'draining' })
    await closed
    await notes.gateway.close(5000)
    const states = notes.observations.filter((seen) => seen.kind === 'lifecycle' && seen.subject === 'gateway')
    expect(states).toMatchObject([{ state: 'ready', detail: notes.url }, { state: 'draining' }, { state: 'stopped' }])
  })

  it('does not wait for idle connections', async () => {
    await using notes = await startNotes()
    const { hostname, port } = new URL(notes.url)
    const silent = connect(Number(port), hostname)
    const idle = connect(Number(port), hostname)
    idle.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')
    await Promise.all([once(idle, 'data'), once(silent, 'connect')])
    const startedAt = Date.now()
    await notes.gateway.close(30_000)
    expect(Date.now() - startedAt).toBeLessThan(10_000)
    silent.destroy()
    idle.destroy()
  })

  it('cuts off what is not finished in time, and cancels its call', async () => {
    await using notes = await startNotes()
    const waiting = once(notes.world.events, 'waiting')
    const running = notes.fetch('/wait').then(
      () => 'answered',
      () => 'cut off',
    )
    await waiting
    const aborted = once(notes.world.events, 'aborted')
    await notes.gateway.close(50)
    await aborted
    expect(await running).toBe('cut off')
  })
})
