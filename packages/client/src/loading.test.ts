import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, it } from 'vitest'

/** The addresses of all modules that an import loads, in a process of its own. */
async function loadedBy(specifier: string): Promise<readonly string[]> {
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    await import(${JSON.stringify(specifier)})
    console.log(JSON.stringify(loaded))`
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
  })
  return JSON.parse(stdout) as readonly string[]
}

it('the client loads few modules, no schema library, and nothing of Node', async () => {
  const loaded = await loadedBy('@holon/client')
  const foreign = loaded.filter((url) => url.startsWith('node:') || url.includes('/node_modules/'))
  expect(foreign).toEqual([])
  expect(loaded.length).toBeLessThanOrEqual(45)
})
