import { defineApp } from '@holon/app'
import { systemPlatform } from '@holon/contract/system-platform'
import { nodeNetwork } from '@holon/rpc/node-network'
import { type Instance, startInstance } from '@holon/runtime'

/** What links to such a bus are made with. */
export const busSecret = 'secret'

/** Serves the embedded bus at a Unix socket, as `holon start` does in a process of its own. */
export function startBusInstance(socket: string, file: string): Promise<Instance> {
  return startInstance({
    app: defineApp({ name: 'bus', services: {} }),
    services: ['holon-bus'],
    instance: 'bus-1',
    platform: systemPlatform(),
    network: nodeNetwork(),
    observer: {
      observe: (observation) => {
        if (observation.kind === 'fault') console.error(observation.subject, observation.error)
      },
    },
    environment: {},
    provision: () => Promise.resolve(file),
    listen: { path: socket },
    linkSecret: busSecret,
  })
}

/** An instance that only uses the bus there, through its invoker for `holon-events`. */
export async function startBusClient(socket: string): Promise<Instance> {
  const instance = await startInstance({
    app: defineApp({ name: 'bus-client', services: {} }),
    services: [],
    instance: `client-${process.pid}`,
    platform: systemPlatform(),
    network: nodeNetwork(),
    observer: { observe: () => undefined },
    environment: {},
    provision: () => Promise.reject(new Error('A client has no store.')),
    callers: [{ name: 'holon-events', uses: ['holon-bus'] }],
    listen: undefined,
    linkSecret: busSecret,
  })
  const services = [{ name: 'holon-bus', fingerprint: '', uses: [] }]
  instance.setPeers([{ instance: 'bus-1', address: { path: socket }, services }])
  return instance
}
