import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createClient } from '../create-client.ts'
import { failureOf } from '../fixtures/failure-of.ts'
import { exposed, lab } from '../fixtures/lab.ts'
import type * as pageModule from '../fixtures/page.ts'
import { type RunningLab, startLab } from '../fixtures/start-lab.ts'
import type { LightContract } from '../light-contract.ts'
import { lightContract, lightContracts } from './index.ts'

let running: RunningLab
beforeAll(async () => {
  running = await startLab()
})
afterAll(() => running[Symbol.asyncDispose]())

describe('a light contract', () => {
  it('makes a client that asks, answers and fails as one of the contract', async () => {
    // As a JSON file would hold it.
    const light = JSON.parse(JSON.stringify(lightContract(lab))) as LightContract
    const options = { baseUrl: `${running.url}/api`, token: await running.token('ann') }
    const [client, full] = [createClient<typeof lab>(light, options), createClient(lab, options)]
    const input = { limit: 5, tag: ['a'], color: ['red' as const], archived: true, score: null, text: '7' }
    expect(await client.find(input)).toEqual(await full.find(input))
    expect(await client.find({ tag: [] })).toEqual({ limit: 20, tag: [] })
    expect(await client.replace({ id: 1, title: 'a' })).toEqual(await full.replace({ id: 1, title: 'a' }))
    expect(await client.remove({ id: 1 })).toBeUndefined()
    expect(await client.sum([1, 2])).toBe(3)
    expect(await client.whoami()).toMatchObject({ subject: 'ann' })
    const [error, same] = [await failureOf(client.find({ note: null })), await failureOf(full.find({ note: null }))]
    expect(error.message).toBe(same.message)
    const words: string[] = []
    for await (const word of client.scan({ words: ['a', 'b'] })) words.push(word)
    expect(words).toEqual(['a', 'b'])
  })

  it('says nothing of what HTTP does not carry, or of what is not named', () => {
    const carried = Object.keys(lab.operations).filter((name) => !['hidden', 'keys', 'upload'].includes(name))
    expect(Object.keys(lightContract(lab).operations)).toEqual(carried)
    expect(Object.keys(lightContract(lab, ['get', 'create']).operations)).toEqual(['get', 'create'])
    // Cast: from a program without types.
    expect(() => lightContract(lab, ['nothing' as 'get'])).toThrow("Contract 'lab' has no operation 'nothing'.")
  })
})

/** The code of a page that has a client, bundled and minified. */
async function bundle(...args: readonly string[]): Promise<string> {
  const script = fileURLToPath(new URL('../fixtures/build-page.ts', import.meta.url))
  return (await promisify(execFile)(process.execPath, [script, ...args], { maxBuffer: 2 ** 25 })).stdout
}

describe('the plugin', () => {
  it('gives a page light contracts in the place of contracts, and constants as they are', async () => {
    const code = (await bundle()).replace('http://to-be-replaced', running.url)
    // What page.ts exports.
    const page = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as typeof pageModule
    expect(page.count).toBe(exposed.length)
    expect(await page.client.get({ id: 7 })).toMatchObject({ id: 7 })
    expect(page.isTaken(await failureOf(page.client.create({ title: 'taken' })))).toBe(true)
    expect(page.isTaken(await failureOf(page.client.create({ title: '' })))).toBe(false)
  })

  it('keeps the bundle small: the client, and a line for each operation', async () => {
    const [light, whole] = await Promise.all([bundle(), bundle('--whole')])
    expect(light).not.toMatch(/node:|zod/i)
    expect(gzipSync(light).length).toBeLessThan(8_200)
    expect(gzipSync(whole).length).toBeGreaterThan(40_000)
  })

  it('leaves alone what defines no contract, what is not meant, and what runs on a server', async () => {
    const { transform } = lightContracts()
    expect(await transform('export const a = 1', '/a.ts')).toBeUndefined()
    expect(await transform('defineContract(', '/a.ts', { ssr: true })).toBeUndefined()
    expect(await lightContracts({ include: /contract\.ts$/ }).transform('defineContract(', '/a.ts?v=1')).toBeUndefined()
  })
})
