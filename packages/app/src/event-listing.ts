import type { ServiceDefinition } from './service/service.ts'

/** The events that a service publishes and subscribes to, by their ids. */
export interface EventListing {
  readonly service: string
  readonly publishes: readonly string[]
  readonly subscribes: readonly string[]
}

/** Undefined: the service has nothing to do with events. */
export function eventListing(service: string, definition: ServiceDefinition): EventListing | undefined {
  const publishes = Object.values(definition.contract.events).map(({ id }) => id)
  const subscribes = definition.subscriptions.map(({ event }) => event.id)
  return publishes.length + subscribes.length > 0 ? { service, publishes, subscribes } : undefined
}

/**
 * What is wrong with subscriptions to services whose contract has no such event: a copy of a contract that is too old or
 * too new. `here`: the services that are known; about others nothing can be said.
 */
export function unknownEvents(listings: readonly EventListing[], here: ReadonlySet<string>): readonly string[] {
  const published = new Set(listings.flatMap(({ publishes }) => publishes))
  return listings.flatMap(({ service, subscribes }) =>
    subscribes
      .filter((event) => here.has(publisherOf(event)) && !published.has(event))
      .map((event) => {
        const known = [...published].filter((other) => publisherOf(other) === publisherOf(event))
        const has = known.length > 0 ? `it has ${known.join(', ')}` : 'it has none'
        return `service '${service}' subscribes to '${event}', but the contract of '${publisherOf(event)}' has no such event (${has})`
      }),
  )
}

function publisherOf(event: string): string {
  return event.slice(0, event.indexOf('.'))
}
