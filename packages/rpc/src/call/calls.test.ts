import { defineContract, query } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { OperationCodecs } from '../codec/operation-codecs.ts'
import { Router } from '../link/router.ts'
import { memoryNetwork } from '../network/memory-network.ts'
import { CallerRoles } from './caller-roles.ts'
import { Calls } from './calls.ts'
import { DeadlineWheel } from './deadline-wheel.ts'
import { Dispatcher } from './dispatcher.ts'
import { TraceIds } from './trace-ids.ts'

it.each(['here', 'elsewhere'])('a revoked proxy as an input is refused, and nothing is thrown: %s', async (place) => {
  const platform = new ManualPlatform()
  const observer = { observe: () => {} }
  const codecs = new OperationCodecs(true)
  const environment = { platform, wheel: new DeadlineWheel(platform), traceIds: new TraceIds(platform), codecs }
  const dispatcher = new Dispatcher(platform, observer)
  const store = defineContract('store', { operations: { get: query({ input: z.object({ id: z.string() }) }) } })
  const operation = store.operations.get
  if (place === 'here') dispatcher.add({ operation, handle: () => undefined })
  const identity = { instance: 'caller', secret: 'x', callers: [] }
  const router = new Router({ identity, codecs, network: memoryNetwork(), platform, observer })
  const parts = { dispatcher, router, observer, roles: new CallerRoles([]) }
  const invoker = new Calls(environment, parts).invoker('test', ['store'])
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const answer = invoker.call(operation, proxy)
  await expect(answer).rejects.toMatchObject({ code: 'invalid_argument' })
  router.close()
})
