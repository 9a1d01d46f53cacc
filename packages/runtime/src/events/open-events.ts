import { keepsEvents } from './event-use.ts'
import { followingIn } from './follow.ts'
import type { EventsPart, InstanceEventsParts } from './instance-events.ts'

/** What an instance has of events. What moves them is loaded only where a service has some: it is much of what a small one takes. */
export async function openEvents(parts: InstanceEventsParts): Promise<EventsPart> {
  const load = async (): Promise<EventsPart> => {
    const { InstanceEvents } = await import('./instance-events.ts')
    return new InstanceEvents(parts)
  }
  return parts.loaded.some(({ definition }) => keepsEvents(definition)) ? load() : withoutEvents(load)
}

function withoutEvents(load: () => Promise<EventsPart>): EventsPart {
  const nothing = async (): Promise<void> => {}
  return {
    services: [],
    storeOptions: () => ({ events: false }),
    // It is refused, with the words of those that know what an event is.
    publishOf: (service, store) => async (event, data, options) =>
      (await load()).publishOf(service, store)(event, data, options),
    followOf: ({ definition }) => followingIn(definition, () => undefined),
    connect: nothing,
    prepare: () => [],
    start: nothing,
    finish: nothing,
    stop: nothing,
  }
}
