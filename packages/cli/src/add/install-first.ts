import { createRequire } from 'node:module'
import { join } from 'node:path'

import { installCommand } from '@holon/contract/optional-package'

import type { StoreKind } from './texts/store-texts.ts'

/** What a store runs on that Holon does not bring: the driver, and the server that tests and an app without a database use. */
const needed: { readonly [K in StoreKind]: readonly string[] } = {
  sqlite: [],
  postgres: ['pg', 'pg-cursor', '@holon/postgres'],
}

/** The command that installs what a store needs and the project does not have yet, as a line; empty: it has all of it. */
export function installFirst(folder: string, kind: StoreKind): string {
  const { resolve } = createRequire(join(folder, 'package.json'))
  const missing = needed[kind].filter((name) => !isThere(name, resolve))
  return missing.length === 0 ? '' : `First: ${installCommand(missing)}\n`
}

function isThere(name: string, resolve: (name: string) => string): boolean {
  try {
    resolve(name)
    return true
  } catch (error) {
    // A package that is there and cannot be required, since it has ES modules only, is no missing one.
    return !(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
  }
}
