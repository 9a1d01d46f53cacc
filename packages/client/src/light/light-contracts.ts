import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'

import type { Contract } from '@holon/contract'

import { lightContract } from './light-contract.ts'

/** Options of {@link lightContracts}. */
export interface LightContractsOptions {
  /** Which modules, by their path; default: all that call `defineContract`. */
  readonly include?: RegExp
}

/** A plugin, as Vite takes it. */
export interface LightContractsPlugin {
  readonly name: string
  readonly enforce: 'pre'
  transform(
    code: string,
    id: string,
    options?: { readonly ssr?: boolean | undefined },
  ): Promise<{ readonly code: string; readonly map: null } | undefined>
}

/**
 * A plugin for Vite that puts light contracts in place of contracts, in what is built for browsers: pages import the
 * services' own contracts, with their types, and their bundle has neither schemas nor their library. Of such a module
 * the contracts and plain constants are kept; whoever imports anything else of it as a value, a schema say, is told so
 * by the build.
 *
 * The modules run in Node while the page is built, as they do in the app.
 *
 * @example
 * // vite.config.ts
 * import { lightContracts } from 'holon/client/light'
 * import { defineConfig } from 'vite'
 *
 * export default defineConfig({ plugins: [lightContracts()] })
 */
export function lightContracts({ include }: LightContractsOptions = {}): LightContractsPlugin {
  return {
    name: 'holon:light-contracts',
    enforce: 'pre',
    async transform(code, id, options) {
      const [path = id] = id.split('?', 1)
      const isMeant = include === undefined ? /\bdefineContract\s*\(/.test(code) : include.test(path)
      if (!isMeant || options?.ssr === true || path.startsWith('\0')) return undefined
      const light = await lightModule(path)
      return light === undefined ? undefined : { code: light, map: null }
    },
  }
}

/** The source of a module's light form; undefined where it exports no contract. */
async function lightModule(path: string): Promise<string | undefined> {
  const { mtimeMs } = await stat(path)
  // By its time, so that a module that was changed is loaded anew.
  const module = (await import(`${pathToFileURL(path).href}#${mtimeMs}`)) as Readonly<Record<string, unknown>>
  const exported = Object.entries(module)
  if (!exported.some(([, value]) => isContract(value))) return undefined
  return exported.map(([name, value]) => exportOf(name, isContract(value) ? lightContract(value) : value)).join('')
}

function exportOf(name: string, value: unknown): string {
  const json = isPlain(value) ? JSON.stringify(value) : undefined
  if (json === undefined) return ''
  return name === 'default' ? `export default ${json}\n` : `export const ${name} = ${json}\n`
}

/** Constants, lists of them, and light contracts; schemas and functions are no data. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return ['string', 'number', 'boolean'].includes(typeof value) || value === null
  if (Array.isArray(value)) return value.every(isPlain)
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain)
}

function isContract(value: unknown): value is Contract {
  return (
    typeof value === 'object' && value !== null && 'fingerprint' in value && 'operations' in value && 'events' in value
  )
}
