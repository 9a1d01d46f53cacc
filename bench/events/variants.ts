// The variants by name, each loaded only in the processes that run it.
import type { BusKind } from './holon.ts'
import type { EventsPeer } from './order.ts'

const modules = [
  'pg-boss',
  'graphile-worker',
  'bullmq',
  'moleculer-channels',
  'client-nats',
  'client-rabbitmq',
  'client-kafka',
]

/** @throws TypeError when there is no such variant. */
export async function loadPeer(name: string): Promise<EventsPeer> {
  if (modules.includes(name)) {
    // By a computed name: what they import is installed here alone, and their types are checked here alone.
    const { peer } = (await import(`./peers/${name}.ts`)) as { readonly peer: EventsPeer }
    return peer
  }
  if (name === 'holon-embedded-bus') return (await import('./embedded-bus.ts')).embeddedBus
  const [, kind, plain] = /^holon-(embedded|nats|rabbitmq|kafka)(-plain)?$/.exec(name) ?? []
  if (kind === undefined) throw new TypeError(`There is no variant '${name}'.`)
  const { withoutStore, withStore } = await import('./holon.ts')
  return plain === undefined ? withStore(kind as BusKind) : withoutStore(kind as BusKind)
}
