import { type AppDefinition, gatewayName, gatewayUses } from '@holon/runtime'

import { findConfig, loadConfig } from './config-file.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import type { Host } from './host.ts'
import { loadDefinitions } from './load-definitions.ts'

interface GraphOptions {
  readonly config?: string
  readonly json?: boolean
  readonly mermaid?: boolean
}

/** A service (or the gateway) and the services it calls. */
interface Node {
  readonly name: string
  readonly uses: readonly string[]
}

export async function graphCommand(host: Host, options: object): Promise<ExitCode> {
  host.keepStdoutClean()
  const { config, json, mermaid } = options as GraphOptions
  const nodes = await readGraph(await loadConfig(findConfig(host.folder, config)))
  host.stdout.write(json === true ? `${JSON.stringify(nodes)}\n` : mermaid === true ? toMermaid(nodes) : toText(nodes))
  return exitCodes.ok
}

async function readGraph(app: AppDefinition): Promise<readonly Node[]> {
  const definitions = await loadDefinitions(app)
  const services = [...definitions].map(([name, { uses }]) => ({
    name,
    uses: [...new Set(Object.values(uses).map((contract) => contract.name))].toSorted(),
  }))
  return app.gateway === undefined ? services : [{ name: gatewayName, uses: gatewayUses(app).toSorted() }, ...services]
}

function toText(nodes: readonly Node[]): string {
  const width = Math.max(...nodes.map(({ name }) => name.length))
  const lines = nodes.map(({ name, uses }) => {
    const called = uses.length > 0 ? `→ ${uses.join(', ')}` : ''
    return `${name.padEnd(width)}  ${called}`.trimEnd()
  })
  return `${lines.join('\n')}\n`
}

function toMermaid(nodes: readonly Node[]): string {
  const id = (name: string): string => name.replaceAll('-', '_')
  const boxes = nodes.map(({ name }) => (name === gatewayName ? `  ${id(name)}([${name}])` : `  ${id(name)}[${name}]`))
  const arrows = nodes.flatMap(({ name, uses }) => uses.map((used) => `  ${id(name)} --> ${id(used)}`))
  return `flowchart LR\n${[...boxes, ...arrows].join('\n')}\n`
}
