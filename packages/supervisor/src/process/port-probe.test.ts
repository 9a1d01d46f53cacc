import { createServer } from 'node:http'

import { systemPlatform } from '@holon/contract/system-platform'
import { expect, test } from 'vitest'

import { freePort, untilPortAnswers } from './port-probe.ts'

const probe = { platform: systemPlatform(), everyMs: 10 }

test('a process is ready when its path answers 2xx, not before', async () => {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    response.writeHead(request.url === '/health' && requests > 3 ? 204 : 503).end()
  })
  const port = await freePort()
  const ready = untilPortAnswers({ ...probe, port, path: '/health', signal: AbortSignal.timeout(5_000) })
  server.listen(port, '127.0.0.1')
  await ready
  expect(requests).toBe(4)
  await untilPortAnswers({ ...probe, port, path: undefined, signal: AbortSignal.timeout(5_000) })
  server.close()
})

test('waiting ends with the reason why it is given up', async () => {
  const giveUp = new AbortController()
  const ready = untilPortAnswers({ ...probe, port: await freePort(), path: undefined, signal: giveUp.signal })
  giveUp.abort(new Error('it has died'))
  await expect(ready).rejects.toThrow('it has died')
})
