import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { rolldown } from 'rolldown'

import { packageNameOf } from '../imports.ts'
import { type Manifest, root } from '../workspaces.ts'
import { entryPoints } from './published-manifest.ts'

/**
 * Writes the modules of `src` into `dist` as JavaScript, those that are always loaded together as one file, so that who
 * imports a package loads a few files and not a hundred. Each entry point keeps its name; what `import()` loads stays
 * apart. Other packages are left where they are, unless the manifest says that they are compiled in.
 */
export async function emitJavaScript(folder: string, manifest: Manifest): Promise<void> {
  const inlined = new Set(manifest.inlinedDependencies)
  const input = Object.fromEntries(
    entryPoints(manifest).map(({ source }) => [source.slice('./src/'.length, -'.ts'.length), join(folder, source)]),
  )
  const bundle = await rolldown({
    cwd: folder,
    input,
    external: (id) => !/^[./]/.test(id) && !inlined.has(packageNameOf(id) ?? id),
    // What is compiled in comes without what it would load for Node alone: msgpackr its native helper.
    platform: 'neutral',
    resolve: { extensions: ['.ts', '.js'], modules: [join(root, 'node_modules')] },
    logLevel: 'warn',
    // Its comments would name paths of this machine.
    experimental: { attachDebugInfo: 'none' },
  })
  await bundle.write({
    dir: join(folder, 'dist'),
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name]-[hash].js',
    minify: false,
  })
  await bundle.close()
  for (const path of globSync('dist/**/*.js.map', { cwd: folder })) slimMap(join(folder, path))
}

interface SourceMap {
  sources: string[]
  sourcesContent: (string | null)[]
}

/** Our sources are shipped beside the map; only of what was compiled in it holds the text itself. */
function slimMap(path: string): void {
  // Rolldown has just written it.
  const map = JSON.parse(readFileSync(path, 'utf8')) as SourceMap
  for (const [index, source] of map.sources.entries()) {
    const [, inlined] = source.split('/node_modules/')
    if (inlined === undefined) map.sourcesContent[index] = null
    else map.sources[index] = `node_modules/${inlined}`
  }
  writeFileSync(path, JSON.stringify(map))
}
