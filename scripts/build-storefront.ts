// Builds the shop's storefront unless its build is newer than its source: before `npm start`, and (as Vitest's global
// set-up) before the end-to-end tests.
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './workspaces.ts'

const storefront = join(root, 'examples/shop/storefront')
/** What is in the build besides the storefront itself. */
const imported = ['examples/shop/{services,shared}/**/*.ts', 'packages/{client,contract}/src/**/*.ts']

/** Vitest calls this by its name. */
export function setup(): void {
  if (!existsSync(join(storefront, 'package.json')) || isFresh()) return
  // Vitest's own NODE_ENV would make a build for development, which is not the one that is used.
  const env = { ...process.env, NODE_ENV: 'production' }
  execFileSync('npm', ['run', '--silent', 'build', '-w', '@shop/storefront'], { cwd: root, env, stdio: 'inherit' })
}

function isFresh(): boolean {
  const built = times(storefront, ['dist/index.html'])
  const sources = [...times(storefront, ['{src,public}/**/*', '*.{html,ts,json}']), ...times(root, imported)]
  return built.length > 0 && Math.max(...built) > Math.max(0, ...sources)
}

function times(folder: string, patterns: readonly string[]): readonly number[] {
  return globSync([...patterns], { cwd: folder }).map((path) => statSync(join(folder, path)).mtimeMs)
}

if (import.meta.main) setup()
