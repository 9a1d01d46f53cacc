import { dirname, resolve } from 'node:path'

import { type AppDefinition, groupsOf, type Placement, placementProblems, splitPlacement } from '@holon/app'
import { DefinitionError, isInstance, stackOf } from '@holon/contract'
import { defaultGatewayPort } from '@holon/gateway/definition'
import { findConfig, loadConfig, AppFailure, SettingFailure } from '@holon/host'
import type { AppDescription } from '@holon/supervisor'

import { CommandFailure, type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'

export interface DescribeOptions {
  readonly config?: string
  readonly split?: boolean
  readonly placement?: unknown
}

/** What the describing process answers. */
export type Description = { readonly app: AppDescription } | { readonly error: string }

/** Loads the configuration and tells the parent process what it says. */
export async function describeCommand(host: Host, options: DescribeOptions): Promise<ExitCode> {
  const send = (description: Description): Promise<void> => host.parent?.send(description) ?? Promise.resolve()
  try {
    await send({ app: await describeApp(findConfig(host.folder, options.config), options) })
    return exitCodes.ok
  } catch (error) {
    await send({ error: explain(error) })
    return exitCodes.failed
  }
}

function explain(error: unknown): string {
  return isInstance(error, DefinitionError) ||
    isInstance(error, SettingFailure) ||
    isInstance(error, AppFailure) ||
    isInstance(error, CommandFailure)
    ? error.message
    : stackOf(error)
}

async function describeApp(path: string, options: DescribeOptions): Promise<AppDescription> {
  const app = await loadConfig(path)
  const placement = choosePlacement(app, options)
  const folder = dirname(path)
  return {
    name: app.name,
    folder,
    groups: groupsOf(app, placement).filter(({ services }) => services.length > 0),
    processes: app.processes,
    hangTimeoutMs: app.hangTimeoutMs,
    gatewayPort: app.gateway && (app.gateway.port ?? defaultGatewayPort),
    serviceFolders: serviceFolders(app, folder),
  }
}

/** @throws DefinitionError with everything that is wrong with a placement from the command line. */
export function choosePlacement(app: AppDefinition, { split, placement }: DescribeOptions): Placement {
  if (split === true) return splitPlacement(app)
  if (placement === undefined) return app.placement
  if (!isPlacement(placement)) {
    const problem = `it must be an object of groups, each '*' or a list of service names, and not ${JSON.stringify(placement)}`
    throw new DefinitionError('--placement', [problem])
  }
  const problems = placementProblems(app, placement)
  if (problems.length > 0) throw new DefinitionError('--placement', problems)
  return placement
}

function isPlacement(value: unknown): value is Placement {
  const isGroup = (group: unknown): boolean =>
    group === '*' || (Array.isArray(group) && group.every((name) => typeof name === 'string'))
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isGroup)
}

/**
 * The folders of services' modules, as far as their loaders show them: `() => import('../services/orders/service.ts')`.
 * A folder that two services share, or that holds the configuration, tells nothing about one of them.
 */
function serviceFolders(app: AppDefinition, folder: string): Readonly<Record<string, string>> {
  const found = Object.entries(app.services).flatMap(([name, load]) => {
    const path = /import\(\s*['"`](\.[^'"`]+)['"`]\s*\)/.exec(String(load))?.[1]
    return path === undefined ? [] : [[name, dirname(resolve(folder, path))] as const]
  })
  const isOwn = (own: string): boolean =>
    own.startsWith(`${folder}/`) && found.filter(([, other]) => other === own).length === 1
  return Object.fromEntries(found.filter(([, own]) => isOwn(own)))
}
