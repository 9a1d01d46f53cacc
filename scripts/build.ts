// `npm run build`: a folder for each package below dist/, ready for `npm publish`. Two builds of the same files are the
// same bytes. `--out <folder>` builds elsewhere; `--repository <url>` is what the manifests name as theirs (provenance
// compares it with where the release was made; without it they name none).
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { buildPackage } from './build/build-package.ts'
import { publishedPackages, root } from './workspaces.ts'

const { values } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'dist') }, repository: { type: 'string' } },
})
const out = resolve(values.out)
rmSync(out, { recursive: true, force: true })
const packages = publishedPackages()
const started = performance.now()
for (const { folder, manifest } of packages) {
  await buildPackage(join(root, folder), {
    manifest,
    out: join(out, folder.slice('packages/'.length)),
    repository: values.repository,
  })
}
console.log(`✓ ${packages.length} packages in ${out}, ${((performance.now() - started) / 1000).toFixed(1)} s`)
