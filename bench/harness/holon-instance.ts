import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { AppDefinition } from '@holon/app'
import type { Identity, Observer } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Address, PeerListing } from '@holon/rpc'
import { nodeNetwork } from '@holon/rpc/node-network'
import { type Instance, startInstance } from '@holon/runtime'
import { createLogObserver } from '@holon/telemetry'

/** Who acts, in every call: what the gateway makes of a token. */
export const identity: Identity = {
  subject: 'acc_3f2a9c1e7b5d',
  issuer: 'shop',
  claims: { aud: 'shop', scope: 'customer', sid: 's-182736455463' },
}

/** The observer that `holon start` installs: log lines from `info` on. */
export function logObserver(instance: string): Observer {
  return createLogObserver({ instance, now: () => Date.now(), write: (line) => void process.stdout.write(line) })
}

/** A free Unix socket, or a free TCP port. */
export function freeAddress(transport: 'unix' | 'tcp'): Address {
  if (transport === 'tcp') return { host: '127.0.0.1', port: 0 }
  return { path: join(mkdtempSync(join(tmpdir(), 'holon-bench-')), 'link.sock') }
}

export interface BenchInstance {
  readonly app: AppDefinition
  readonly services: readonly string[]
  readonly listen?: Address
  readonly callers?: readonly { readonly name: string; readonly uses: readonly string[] }[]
}

/** An instance on the real platform and network, as `holon run` starts them. */
export function startBenchInstance({ listen, callers = [], ...options }: BenchInstance): Promise<Instance> {
  const instance = `${options.services.join('-') || 'outside'}-${process.pid}`
  return startInstance({
    ...options,
    instance,
    platform: systemPlatform(),
    network: nodeNetwork(),
    observer: logObserver(instance),
    environment: {},
    provision: () => Promise.reject(new Error('Nothing is stored here.')),
    listen,
    callers,
    linkSecret: 'bench',
  })
}

/** What peers must know of an instance that listens. */
export function listingOf({ instance, address, services }: Instance): PeerListing {
  if (address === undefined) throw new Error(`${instance} does not listen.`)
  return { instance, address, services }
}
