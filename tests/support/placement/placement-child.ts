/** The other process of the placement test: runs parts of apps that it builds from descriptions. */
import type { Observation } from '@holon/contract'
import { nodeNetwork } from '@holon/rpc/node-network'
import type { Instance } from '@holon/runtime'

import { Journal } from './journal.ts'
import { createPlacementApp } from './placement-app.ts'
import { type FromChild, isTrouble, journalsOf, listing, startPart, type ToChild } from './placements.ts'

interface Running {
  readonly instance: Instance
  readonly journal: Journal
  readonly trouble: Observation[]
}

const running = new Map<number, Running>()

async function answer(message: ToChild): Promise<unknown> {
  if (message.kind === 'start') {
    const journal = new Journal()
    const trouble: Observation[] = []
    const { app } = createPlacementApp(message.operations, new Map(message.scripts), journal)
    const observe = (seen: Observation): void => void (isTrouble(seen) && trouble.push(seen))
    const instance = await startPart({
      app,
      services: ['front', 'back'],
      network: nodeNetwork(),
      listen: { host: '127.0.0.1', port: 0 },
      observe,
    })
    running.set(message.app, { instance, journal, trouble })
    return listing(instance)
  }
  const app = running.get(message.app)
  if (app === undefined) throw new Error(`no app ${message.app}`)
  if (message.kind === 'hanging') return journalsOf(app.journal).waitHanging(message.scenario)
  if (message.kind === 'finished') return journalsOf(app.journal).finished(message.scenario)
  running.delete(message.app)
  await app.instance.stop(1000)
  return app.trouble.map((observation) => ({
    ...observation,
    error: String('error' in observation ? observation.error : ''),
  }))
}

process.on('disconnect', () => process.exit())
process.on('message', (message: ToChild) => {
  const send = (reply: FromChild): void => void process.send?.(reply)
  answer(message).then(
    (answered) => send({ request: message.request, answer: answered }),
    (error: unknown) =>
      send({
        request: message.request,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  )
})
