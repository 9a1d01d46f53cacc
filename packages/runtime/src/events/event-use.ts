import { busName, type ServiceDefinition } from '@holon/app'
import { busCallerName } from '@holon/events/definition'

/** Whether a service has to do with events at all. */
export function usesBus({ contract, subscriptions }: ServiceDefinition): boolean {
  return Object.keys(contract.events).length > 0 || subscriptions.length > 0
}

/** Whether its store needs the tables of events. */
export function keepsEvents(definition: ServiceDefinition): boolean {
  return usesBus(definition) || definition.schedules.length > 0
}

/** The caller under whose name an instance talks to the embedded bus. */
export const eventsCaller: { readonly name: string; readonly uses: readonly string[] } = {
  name: busCallerName,
  uses: [busName],
}
