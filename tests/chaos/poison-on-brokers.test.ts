import { expect, test } from 'vitest'

import { brokerNames } from '../support/broker-names.ts'
import { describeWith } from '../support/describe-with.ts'
import { eventually } from '../support/holon-process.ts'
import { openPoisonApp } from '../support/poison-app.ts'
import { startServer } from '../support/servers/start-server.ts'

for (const broker of brokerNames) {
  describeWith(broker, `events on ${broker} that end the process of their handler`, () => {
    for (const store of ['none', 'sqlite'] as const) {
      test(
        `are given up after their tries, with ${store === 'none' ? 'no' : 'a'} store`,
        { timeout: 400_000 },
        async () => {
          await using server = await startServer(broker)
          await using app = openPoisonApp(['--split'], {
            POISON_STORE: store,
            POISON_BUS: broker,
            POISON_BUS_URL: server.url,
          })
          const holon = await app.start()
          await app.send([
            { id: 'a', death: 'no' },
            { id: 'bad', death: 'kill' },
            { id: 'b', death: 'no' },
          ])
          await holon.until(/became a dead letter/, { timeoutMs: 240_000 })
          expect(await app.letters()).toMatchObject([{ key: 'bad', reason: 'crashed', attempts: 2 }])
          expect(app.count('begun', 'bad')).toBeLessThanOrEqual(3)
          await app.send([{ id: 'later', death: 'no' }])
          await eventually(async () => (app.count('done', 'later') > 0 ? true : undefined))
          for (const id of ['a', 'b']) expect(app.count('done', id)).toBeGreaterThan(0)
        },
      )
    }
  })
}
