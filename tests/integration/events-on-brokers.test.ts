import { expect, test } from 'vitest'

import app from '../fixtures/parcels/holon.config.ts'
import { depot } from '../fixtures/parcels/services/depot/contract.ts'
import { tracking } from '../fixtures/parcels/services/tracking/contract.ts'
import { connectToApp } from '../support/app-caller.ts'
import { brokerNames } from '../support/broker-names.ts'
import { describeWith } from '../support/describe-with.ts'
import { createPlayground, eventually } from '../support/holon-process.ts'
import { headerPrefix, openPlainClient } from '../support/plain-client.ts'
import { startServer } from '../support/servers/start-server.ts'

const topic = 'depot.sent'

for (const broker of brokerNames) {
  describeWith(broker, `an app whose bus is ${broker}, every service in a process of its own`, () => {
    test(
      'events go from service to service, from foreign programs to services and back',
      {
        timeout: 300_000,
      },
      async () => {
        await using server = await startServer(broker)
        await using playground = createPlayground('parcels')
        const holon = playground.start(['start', '--split'], { PARCELS_BUS: broker, PARCELS_BUS_URL: server.url })
        await holon.until(/parcels is ready in [\d.]+ s/, { timeoutMs: 60_000 })
        await using caller = await connectToApp(app, playground)
        const json = async (...args: readonly string[]): Promise<unknown> => {
          const { code, stdout, stderr } = await playground.run(args)
          if (code !== 0) throw new Error(`holon ${args.join(' ')}: ${stderr}`)
          return stdout.trim() === '' ? undefined : JSON.parse(stdout)
        }
        const untilTracked = (ids: readonly string[]): Promise<true> =>
          eventually(async () => {
            const tracked = (await caller.call(tracking.operations.parcels)) as readonly { id: string }[]
            return JSON.stringify(tracked.map(({ id }) => id)) === JSON.stringify(ids) ? true : undefined
          }, 30_000)
        await using plain = await openPlainClient(broker, { url: server.url, prefix: 'parcels', topic })

        await caller.call(depot.operations.send, { parcelId: 'p1', weight: 1 })
        await untilTracked(['p1'])
        const { groups } = (await json('ps', '--json')) as { groups: readonly { name: string }[] }
        expect(groups.map(({ name }) => name)).not.toContain('holon-bus')

        const attributes = { specversion: '1.0', id: 'legacy-1', source: '/legacy', type: topic, subject: 'p2' }
        await plain.publish({ attributes, key: 'p2', body: '{"parcelId":"p2","weight":2,"unknown":true}' })
        await untilTracked(['p1', 'p2'])

        const { headers, body, contentType } = await plain.received('p1')
        expect(JSON.parse(body)).toEqual({ parcelId: 'p1', weight: 1 })
        expect(contentType).toBe('application/json')
        const said = (name: string): string | undefined => headers[headerPrefix[broker] + name]
        expect(said('specversion')).toBe('1.0')
        expect(said('type')).toBe(topic)
        expect(said('source')).toBe('/parcels/depot')
        expect(said('subject')).toBe('p1')
        expect(said('id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
        expect(said('dataschema')).toMatch(/^urn:holon:depot\.sent:[0-9a-f]{16}$/)
        expect(said('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)

        holon.signal('SIGINT')
        expect(await holon.ended(20_000)).toBe(0)
        expect(playground.survivors()).toEqual([])
      },
    )
  })
}
