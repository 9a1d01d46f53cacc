import { execFileSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const storefront = join(root, 'examples/shop/storefront')

/** Vitest's global set-up for the end-to-end tests: builds the shop's storefront unless its build is newer than its source. */
export function setup(): void {
  const manifest = globSync('package.json', { cwd: storefront })
  if (manifest.length === 0 || newest('dist/**/*') > newest('{src,public}/**/*', '*.{html,ts,json}')) return
  execFileSync('npm', ['run', 'build', '-w', '@shop/storefront'], { cwd: root, stdio: 'inherit' })
}

function newest(...patterns: readonly string[]): number {
  const times = globSync([...patterns], { cwd: storefront }).map((path) => statSync(join(storefront, path)).mtimeMs)
  return Math.max(0, ...times)
}
