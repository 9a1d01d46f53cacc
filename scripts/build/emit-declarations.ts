import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseSync } from 'oxc-parser'

import { root } from '../workspaces.ts'

/** Writes a `.d.ts` and its map into `dist` for every module in `src`. */
export function emitDeclarations(folder: string): void {
  const config = join(folder, 'tsconfig.json')
  const options = {
    extends: join(root, 'tsconfig.package.json'),
    files: [],
    include: ['src'],
    compilerOptions: {
      rootDir: 'src',
      outDir: 'dist',
      noEmit: false,
      emitDeclarationOnly: true,
      declarationMap: true,
      // Each module says its types itself (isolatedDeclarations), so none has to look at another; whether they are
      // right is another check's business.
      noResolve: true,
      noCheck: true,
      types: [],
    },
  }
  writeFileSync(config, JSON.stringify(options))
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { stdio: 'inherit' })
  } finally {
    rmSync(config)
  }
  for (const path of globSync('dist/**/*.d.ts', { cwd: folder })) nameJavaScript(join(folder, path))
}

/**
 * tsc writes the specifiers of declarations as they were: `./call.ts`. Nobody but TypeScript reads them, and not every
 * version of it finds `call.d.ts` that way. The new ones are as long as the old, so that maps stay true.
 */
function nameJavaScript(path: string): void {
  const source = readFileSync(path, 'utf8')
  const renamed = source.replaceAll(/(['"])(\.\.?\/[^'"\n]+)\.ts\1/g, '$1$2.js$1')
  const { errors } = parseSync(path, renamed)
  const [first] = errors
  if (first !== undefined) throw new SyntaxError(`${path}: ${first.message}`)
  writeFileSync(path, renamed)
}
