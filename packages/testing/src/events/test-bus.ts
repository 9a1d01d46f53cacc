import type { AppDefinition } from '@holon/app'
import type { Platform } from '@holon/contract'
import { type Bus, type BusMessage, eventLimitOf, memoryBus } from '@holon/events'
import type { BusDefinition } from '@holon/events/definition'

/** The bus of a test app: carries events, and remembers which services have published. */
export interface TestBus {
  /** What services connect to. */
  readonly definition: BusDefinition
  /** What services have published, in order; a message that was published again is in it once. */
  readonly published: readonly BusMessage[]
  /** Grows whenever a service begins or ends to publish. */
  readonly activity: number
  /** How many services are publishing just now. */
  readonly publishing: number
  /** A connection of the test's own. What goes over it is not among what services have published. */
  connect(): Bus
  close(): Promise<void>
}

/** In memory, or (`own`) the one that the app names. */
export function createTestBus(app: AppDefinition, kind: 'memory' | 'own', platform: Platform): TestBus {
  const published: BusMessage[] = []
  const ids = new Set<string>()
  const connections: Bus[] = []
  let activity = 0
  let publishing = 0
  const watched = (bus: Bus): Bus => ({
    ...bus,
    publish: async (messages) => {
      activity += 1
      publishing += 1
      try {
        await bus.publish(messages)
        for (const message of messages) {
          if (ids.has(message.id)) continue
          ids.add(message.id)
          published.push(message)
        }
      } finally {
        activity += 1
        publishing -= 1
      }
    },
  })
  const memory = kind === 'memory' ? memoryBus(platform) : undefined
  const open: BusDefinition['open'] = async (options) => {
    const bus = memory ? memory.connect() : await app.bus.open(options)
    connections.push(bus)
    return watched(bus)
  }
  return {
    definition: memory ? { kind: 'memory', maxEventBytes: eventLimitOf(app.bus), open } : { ...app.bus, open },
    published,
    get activity() {
      return activity
    },
    get publishing() {
      return publishing
    },
    connect: () => {
      const bus = memory?.connect() ?? connections.at(-1)
      if (bus) return bus
      throw new Error('The bus is not open: no service that runs here publishes or subscribes to anything.')
    },
    close: async () => memory?.close(),
  }
}
