// How long a test app takes to start, to work one order off and to close: `node bench/testing/start.ts`. On the page
// docs/guide/testing.md are the medians of a run on a machine that did nothing else.
import { createParcels, orders } from '../../packages/testing/src/fixtures/parcels.ts'
import { startTestApp, type TestAppOptions } from '../../packages/testing/src/index.ts'
import { startTestPostgres } from '../../packages/testing/src/postgres/index.ts'

const rounds = 25

async function measure(name: string, app: Parameters<typeof startTestApp>[0], options: TestAppOptions): Promise<void> {
  const times = { start: [] as number[], work: [] as number[], close: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now()
    const running = await startTestApp(app, options)
    const started = performance.now()
    await running.client(orders).place({ orderId: 'o1', cents: 1 })
    await running.settled()
    const worked = performance.now()
    await running.close()
    times.start.push(started - began)
    times.work.push(worked - started)
    times.close.push(performance.now() - worked)
  }
  const [first = 0] = times.start
  const columns = [times.start, times.work, times.close].map((each) => median(each).toFixed(1).padStart(8))
  console.log(`${name.padEnd(44)} ${columns.join(' ')}   first start ${first.toFixed(0)}`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

console.log(`ms, medians of ${rounds}`.padEnd(44), '   start', ' a call,', '  close')
console.log(''.padEnd(44), '        ', ' settled')
await measure('three services, two sqlite stores', createParcels().app, {})
await measure('the same, sqlite in one connection', createParcels().app, { data: { sqlite: 'memory' } })
await measure('the same, each service an instance', createParcels().app, { placement: 'split' })
const begun = performance.now()
const server = await startTestPostgres()
console.log(`a PostgreSQL server for tests: ${(performance.now() - begun).toFixed(0)} ms`)
await measure('three services, two PostgreSQL stores', createParcels('postgres').app, { data: { postgres: server } })
await server.close()
