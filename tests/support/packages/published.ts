import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type LocalRegistry, startLocalRegistry } from './local-registry.ts'

export const root: string = fileURLToPath(new URL('../../..', import.meta.url))

/** Kept between runs, and ignored by git: what others have published. */
export const cache: string = join(root, 'node_modules/.cache/holon-packages')

/** Runs `npm run build` into a folder. */
export function build(out: string): void {
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--out', out], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Every package as it is now, built and published to a registry of its own. */
export async function publishAll(): Promise<LocalRegistry> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holon-registry-')))
  const built = join(folder, 'built')
  build(built)
  const registry = await startLocalRegistry({ folder, cache: join(cache, 'registry') })
  registry.publish(built)
  return {
    ...registry,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
