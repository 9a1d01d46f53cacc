import type { AppDefinition } from '@holon/app'
import type { Operation } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { nodeNetwork } from '@holon/rpc/node-network'
import { startInstance } from '@holon/runtime'
import { readAdminAccess } from '@holon/supervisor'

import type { Playground } from './holon-process.ts'

/** Calls services of an app that runs elsewhere, as `holon call` does, without a new process for each call. */
export interface AppCaller extends AsyncDisposable {
  call(operation: Operation, input?: unknown): Promise<unknown>
}

/** Of the run that is under way in a playground. */
export async function connectToApp(app: AppDefinition, { data }: Playground): Promise<AppCaller> {
  const registry = async (): Promise<Registry> => {
    const access = readAdminAccess(data)
    if (access === undefined) throw new Error(`No app runs with the data in ${data}.`)
    const response = await fetch(`${access.url}/api/registry`, { headers: { authorization: `Bearer ${access.token}` } })
    return (await response.json()) as Registry
  }
  const { linkSecret } = await registry()
  const instance = await startInstance({
    app,
    services: [],
    callers: [{ name: 'cli', uses: Object.keys(app.services), role: 'operator' }],
    instance: 'cli-test',
    platform: systemPlatform(),
    network: nodeNetwork(),
    observer: { observe: () => undefined },
    environment: {},
    provision: () => Promise.reject(new Error('A caller has no store.')),
    listen: undefined,
    linkSecret,
  })
  return {
    async call(operation, input) {
      // Processes that were killed come back at other addresses.
      instance.setPeers((await registry()).peers)
      return instance.invoker('cli').call(operation, input)
    },
    [Symbol.asyncDispose]: () => instance.stop(0),
  }
}

interface Registry {
  readonly linkSecret: string
  readonly peers: Parameters<Awaited<ReturnType<typeof startInstance>>['setPeers']>[0]
}
