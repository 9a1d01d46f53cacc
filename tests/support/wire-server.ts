import { defineApp, defineService } from '@holon/app'
import { command, defineContract, failure, type Observation, query, ServiceError, stream } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Invoker } from '@holon/rpc'
import { nodeNetwork } from '@holon/rpc/node-network'
import { type Instance, startInstance } from '@holon/runtime'
import { z } from 'zod'

export const echo = defineContract('echo', {
  operations: {
    say: query({
      input: z.object({ text: z.string() }),
      output: z.object({ text: z.string(), caller: z.string() }),
      errors: { rude: failure('failed_precondition', z.object({ word: z.string() })) },
    }),
    hang: command({}),
    count: stream({ input: z.object({ to: z.int() }), serverStream: z.int() }),
    sum: stream({ clientStream: z.int(), output: z.int() }),
    large: query({ input: z.object({ bytes: z.int() }), output: z.unknown() }),
  },
})

/** A service behind TCP, for clients that speak the protocol themselves, and a caller on another link to see that it lives. */
export interface WireServer {
  readonly port: number
  readonly secret: string
  readonly observations: readonly Observation[]
  readonly canary: Invoker
  close(): Promise<void>
}

const service = defineService(echo, {
  operations: {
    say: ({ text }, ctx) => {
      if (text === 'damn')
        throw new ServiceError('failed_precondition', 'Be polite.', {
          failure: { name: 'rude', data: { word: text }, origin: 'echo.say' },
        })
      return { text, caller: ctx.caller }
    },
    hang: (_input, ctx) =>
      new Promise((_resolve, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))),
    count: async function* ({ to }) {
      for (let n = 1; n <= to; n++) yield n
    },
    sum: async (_input, _ctx, items) => {
      let total = 0
      for await (const item of items) total += item
      return total
    },
    large: ({ bytes }) => ({ text: 'x'.repeat(bytes) }),
  },
})

export async function startWireServer(): Promise<WireServer> {
  const secret = 'wire-test-secret'
  const observations: Observation[] = []
  const app = defineApp({ name: 'wire', services: { echo: () => Promise.resolve({ default: service }) } })
  const start = (services: readonly string[], listen: boolean): Promise<Instance> =>
    startInstance({
      app,
      services,
      instance: services[0] ?? 'canary',
      platform: systemPlatform(),
      network: nodeNetwork(),
      observer: {
        observe: (seen) => void (seen.kind === 'link' || seen.kind === 'fault' ? observations.push(seen) : undefined),
      },
      environment: {},
      provision: () => Promise.reject(new Error('no store here')),
      listen: listen ? { host: '127.0.0.1', port: 0 } : undefined,
      callers: [{ name: 'canary', uses: ['echo'] }],
      linkSecret: secret,
    })
  const server = await start(['echo'], true)
  const caller = await start([], false)
  const { address } = server
  if (address === undefined || !('port' in address)) throw new Error('it does not listen')
  caller.setPeers([{ instance: server.instance, address, services: server.services }])
  const close = async (): Promise<void> => {
    await caller.stop(500)
    await server.stop(500)
  }
  return { port: address.port, secret, observations, canary: caller.invoker('canary'), close }
}
