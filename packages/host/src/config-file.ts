import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { AppDefinition } from '@holon/app'
import { isRecord } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { LoadFailure, loadModule } from '@holon/runtime/load-module'

import { AppFailure, SettingFailure } from './setting-failure.ts'

const defaultName = 'holon.config.ts'

/** The configuration that was named, or the nearest one from `folder` upwards. */
export function findConfig(folder: string, named: string | undefined): string {
  if (named !== undefined) {
    const path = resolve(folder, named)
    if (existsSync(path)) return path
    throw new SettingFailure(`There is no configuration at ${path}. Name one that is there with --config.`)
  }
  for (let above = folder; ; above = dirname(above)) {
    const path = join(above, defaultName)
    if (existsSync(path)) return path
    if (above === dirname(above)) break
  }
  throw new SettingFailure(
    `There is no ${defaultName} in ${folder} or above it. Go to the app's folder, or name the file with --config.`,
  )
}

/** Whether `defineApp` has made it, as far as one can see: no other value has all of these. */
function isApp(value: unknown): value is AppDefinition {
  if (!isRecord(value) || typeof value['name'] !== 'string') return false
  return ['services', 'placement', 'replicas', 'processes'].every(
    (part) => isRecord(value[part]) || Array.isArray(value[part]),
  )
}

async function importConfig(path: string): Promise<unknown> {
  try {
    return await loadModule((): Promise<unknown> => import(pathToFileURL(path).href), systemPlatform())
  } catch (error) {
    if (!(error instanceof LoadFailure)) throw error
    throw new AppFailure(`${path} cannot be loaded: ${error.message}`)
  }
}

/** Loads a configuration: runs the user's module. Contracts are loaded with it, services are not. */
export async function loadConfig(path: string): Promise<AppDefinition> {
  const module = await importConfig(path)
  const app = isRecord(module) ? module['default'] : undefined
  if (isApp(app)) return app
  throw new AppFailure(
    `${path} has no app as its default export. Write: export default defineApp({ name: '…', services: { … } })`,
  )
}
