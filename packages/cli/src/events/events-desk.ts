import type { AppDefinition, ServiceDefinition } from '@holon/app'
import { type ContractEvent, headlineOf, isServiceError } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Bus, EventsReport } from '@holon/events'
import { busName } from '@holon/events/definition'
import { loadDefinitions } from '@holon/host'
import type { Instance } from '@holon/runtime'

import { showError } from '../commands/call-command.ts'
import { nearest } from '../commands/nearest.ts'
import { CommandFailure, type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { openAtRest } from '../reach/app-at-rest.ts'
import { type AppConnection, cliCaller, connectToApp } from '../reach/app-connection.ts'
import { type Ask, patientAsk } from './patient-ask.ts'

/** Options that all commands about events share. */
export interface EventsOptions {
  readonly config?: string
  readonly data?: string
  readonly json?: boolean
}

/** The events of an app, as the command line looks after them. */
export interface EventsDesk {
  readonly app: AppDefinition
  /** It does not run: no handler can be called. */
  readonly atRest: boolean
  /** Services that publish or subscribe, by name. */
  readonly services: ReadonlyMap<string, ServiceDefinition>
  readonly ask: Ask
  report(service: string): Promise<EventsReport>
  /** The service that has a subscription, which begins with its name. */
  serviceOf(subscription: string): string
  findEvent(id: string): ContractEvent
  /** The bus itself, for looking on and reading. Closed with the desk. */
  bus(): Promise<Bus>
}

/** Opens the desk, of an app that runs or one that is down, lets `work` use it, and turns what services answer into what people read. */
export async function atEventsDesk(
  host: Host,
  options: EventsOptions,
  work: (desk: EventsDesk) => Promise<void>,
): Promise<ExitCode> {
  host.keepStdoutClean()
  const connection = await connect(host, options)
  const definitions = await loadDefinitions(connection.app)
  const services = new Map([...definitions].filter(([, definition]) => hasEvents(definition)))
  const instance = await connection.open([...services.keys(), busName])
  let bus: Promise<Bus> | undefined
  const openBus = (): Promise<Bus> => (bus ??= connectBus(host, connection, instance))
  try {
    await work(createDesk(host, { connection, services, instance, openBus }))
    return exitCodes.ok
  } catch (error) {
    if (!isServiceError(error)) throw error
    host.stderr.write(options.json === true ? `${JSON.stringify(error)}\n` : showError(error))
    return exitCodes.callFailed
  } finally {
    await bus?.then((opened) => opened.close()).catch(() => undefined)
    await instance.stop(0)
  }
}

interface DeskParts {
  readonly connection: AppConnection
  readonly services: ReadonlyMap<string, ServiceDefinition>
  readonly instance: Instance
  readonly openBus: () => Promise<Bus>
}

async function connect(host: Host, options: EventsOptions): Promise<AppConnection> {
  try {
    return await connectToApp(host, options)
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode === exitCodes.notRunning) return openAtRest(host, options)
    throw error
  }
}

function createDesk(host: Host, { connection, services, instance, openBus }: DeskParts): EventsDesk {
  const ask = patientAsk(host, connection, instance)
  const owners = new Map<string, string>(
    [...services].flatMap(([service, { subscriptions }]) =>
      subscriptions.map(({ event, options }) => [`${service}.${options.name ?? event.id}`, service] as const),
    ),
  )
  const events: readonly ContractEvent[] = [...services.values()].flatMap(({ contract }) =>
    Object.values(contract.events),
  )
  return {
    app: connection.app,
    atRest: connection.atRest,
    services,
    ask,
    // What the operation answers has been checked against its contract.
    report: async (service) => (await ask(service, 'report')) as EventsReport,
    serviceOf: (subscription) => {
      const owner = owners.get(subscription)
      if (owner !== undefined) return owner
      const known = nearest(subscription, [...owners.keys()])
      throw new CommandFailure(exitCodes.usage, `There is no subscription '${subscription}'.${known}`)
    },
    findEvent: (id) => {
      const found = events.find((event) => event.id === id)
      if (found) return found
      const names = events.map((event) => event.id)
      throw new CommandFailure(exitCodes.usage, `There is no event '${id}'.${nearest(id, names)}`)
    },
    bus: openBus,
  }
}

function hasEvents({ contract, subscriptions, schedules }: ServiceDefinition): boolean {
  return Object.keys(contract.events).length + subscriptions.length + schedules.length > 0
}

async function connectBus(host: Host, { app }: AppConnection, instance: Instance): Promise<Bus> {
  return app.bus.open({
    app: app.name,
    instance: instance.instance,
    platform: systemPlatform(),
    environment: host.environment,
    onError: (error) => host.stderr.write(`${headlineOf(error, 2_000)}\n`),
    invoker: instance.invoker(cliCaller),
  })
}
