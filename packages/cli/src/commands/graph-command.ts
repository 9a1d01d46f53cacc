import { type AppDefinition, gatewayName } from '@holon/app'
import { gatewayUses } from '@holon/gateway/definition'
import { findConfig, loadConfig, loadDefinitions } from '@holon/host'

import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'

interface GraphOptions {
  readonly config?: string
  readonly json?: boolean
  readonly mermaid?: boolean
}

/** A service (or the gateway), the services it calls, and its events: ids like `orders.placed`. */
interface Node {
  readonly name: string
  readonly uses: readonly string[]
  readonly publishes: readonly string[]
  readonly subscribes: readonly string[]
}

/** An event and who subscribes to it. The publisher is the first part of its id. */
interface EventLine {
  readonly event: string
  readonly publisher: string
  readonly subscribers: readonly string[]
}

export async function graphCommand(host: Host, { config, json, mermaid }: GraphOptions): Promise<ExitCode> {
  host.keepStdoutClean()
  const nodes = await readGraph(await loadConfig(findConfig(host.folder, config)))
  host.stdout.write(json === true ? `${JSON.stringify(nodes)}\n` : mermaid === true ? toMermaid(nodes) : toText(nodes))
  return exitCodes.ok
}

async function readGraph(app: AppDefinition): Promise<readonly Node[]> {
  const definitions = await loadDefinitions(app)
  const services = [...definitions].map(([name, { uses, contract, subscriptions }]) => ({
    name,
    uses: sorted(Object.values(uses).map((used) => used.name)),
    publishes: sorted(Object.values(contract.events).map(({ id }) => id)),
    subscribes: sorted(subscriptions.map(({ event }) => event.id)),
  }))
  if (app.gateway === undefined) return services
  return [{ name: gatewayName, uses: gatewayUses(app.gateway).toSorted(), publishes: [], subscribes: [] }, ...services]
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted()
}

function eventsOf(nodes: readonly Node[]): readonly EventLine[] {
  const ids = sorted(nodes.flatMap(({ publishes, subscribes }) => [...publishes, ...subscribes]))
  return ids.map((event) => ({
    event,
    publisher: event.slice(0, event.indexOf('.')),
    subscribers: nodes.filter(({ subscribes }) => subscribes.includes(event)).map(({ name }) => name),
  }))
}

function toText(nodes: readonly Node[]): string {
  const called = nodes.map(({ name, uses }) => [name, uses.length > 0 ? `→ ${uses.join(', ')}` : ''] as const)
  const heard = eventsOf(nodes).map(
    ({ event, subscribers }) =>
      [event, subscribers.length > 0 ? `⇢ ${subscribers.join(', ')}` : '  nobody subscribes'] as const,
  )
  return heard.length > 0 ? `${toColumns(called)}\n${toColumns(heard)}` : toColumns(called)
}

function toColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, rest]) => `${`${name.padEnd(width)}  ${rest}`.trimEnd()}\n`).join('')
}

function toMermaid(nodes: readonly Node[]): string {
  const id = (name: string): string => name.replaceAll('-', '_')
  const events = eventsOf(nodes)
  const known = new Set(nodes.map(({ name }) => name))
  // Whoever publishes on the same bus without being part of the app.
  const strangers = sorted(events.map(({ publisher }) => publisher).filter((name) => !known.has(name)))
  const lines = [
    ...nodes.map(({ name }) => (name === gatewayName ? `${id(name)}([${name}])` : `${id(name)}[${name}]`)),
    ...strangers.map((name) => `${id(name)}[/${name}/]`),
    ...nodes.flatMap(({ name, uses }) => uses.map((used) => `${id(name)} --> ${id(used)}`)),
    ...events.flatMap(({ event, publisher, subscribers }) =>
      subscribers.map((subscriber) => `${id(publisher)} -. "${event}" .-> ${id(subscriber)}`),
    ),
  ]
  return `flowchart LR\n${lines.map((line) => `  ${line}\n`).join('')}`
}
