// Builds the shop's storefront unless its build is newer than its source: before `npm start`, and (as Vitest's global
// set-up) before the end-to-end tests.
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './workspaces.ts'

const storefront = join(root, 'examples/shop/storefront')

/** Vitest calls this by its name. */
export function setup(): void {
  if (!existsSync(join(storefront, 'package.json')) || isFresh()) return
  execFileSync('npm', ['run', '--silent', 'build', '-w', '@shop/storefront'], { cwd: root, stdio: 'inherit' })
}

function isFresh(): boolean {
  const built = times('dist/index.html')
  return built.length > 0 && Math.max(...built) > Math.max(0, ...times('{src,public}/**/*', '*.{html,ts,json}'))
}

function times(...patterns: readonly string[]): readonly number[] {
  return globSync([...patterns], { cwd: storefront }).map((path) => statSync(join(storefront, path)).mtimeMs)
}

if (import.meta.main) setup()
