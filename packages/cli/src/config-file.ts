import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { AppDefinition } from '@holon/runtime'

import { CommandFailure, exitCodes } from './exit-code.ts'

const defaultName = 'holon.config.ts'

/** The configuration that was named, or the nearest one from `folder` upwards. */
export function findConfig(folder: string, named: string | undefined): string {
  if (named !== undefined) {
    const path = resolve(folder, named)
    if (existsSync(path)) return path
    throw new CommandFailure(exitCodes.usage, `There is no configuration at ${path}.`)
  }
  for (let above = folder; ; above = dirname(above)) {
    const path = join(above, defaultName)
    if (existsSync(path)) return path
    if (above === dirname(above)) break
  }
  throw new CommandFailure(
    exitCodes.usage,
    `There is no ${defaultName} in ${folder} or above it. Go to the app's folder, or name the file with --config.`,
  )
}

/** Loads a configuration: runs the user's module. Contracts are loaded with it, services are not. */
export async function loadConfig(path: string): Promise<AppDefinition> {
  const module = (await import(pathToFileURL(path).href)) as { readonly default?: Partial<AppDefinition> }
  const app = module.default
  if (typeof app?.name === 'string' && app.services && app.placement && app.replicas && app.processes)
    return app as AppDefinition
  throw new CommandFailure(
    exitCodes.failed,
    `${path} has no app as its default export. Write: export default defineApp({ name: '…', services: { … } })`,
  )
}
