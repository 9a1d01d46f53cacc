// The public surface of each package is reviewed text: api.md lists what its entry points export. `--write` updates it.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { surfaceOf } from './api-surface.ts'
import { report } from './report.ts'
import { type Workspace, listWorkspaces, root } from './workspaces.ts'

const folder = join(root, 'node_modules/.cache/holon-api')

/** Emits the declarations of all packages below `folder`, in the layout of the repository. */
function emitDeclarations(): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const config = {
    extends: join(root, 'tsconfig.package.json'),
    compilerOptions: { noEmit: false, emitDeclarationOnly: true, rootDir: root, outDir: folder, types: ['node'] },
    include: [join(root, 'packages/*/src/**/*.ts')],
    exclude: [
      join(root, 'packages/**/*.test.ts'),
      join(root, 'packages/**/*.test-d.ts'),
      join(root, 'packages/**/fixtures'),
      join(root, 'packages/dashboard'),
    ],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  // Type errors are another check's business; what cannot be emitted shows up as a missing file below.
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--noCheck'], {
    cwd: root,
  })
}

/** `./postgres` → `packages/data/src/postgres.ts`; entry points that are no TypeScript are left out. */
function entryPoints({ manifest }: Workspace): readonly (readonly [string, string])[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) =>
    typeof target === 'string' && target.endsWith('.ts') ? [[subpath, target] as const] : [],
  )
}

function apiOf(workspace: Workspace): string {
  const sections = entryPoints(workspace).map(([subpath, target]) => {
    const path = join(folder, workspace.folder, target.replace(/\.ts$/, '.d.ts'))
    if (!existsSync(path))
      throw new Error(`${workspace.folder}: exports '${subpath}' from ${target}, which is not there`)
    const declarations = [...surfaceOf(path)].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
    const name = join(workspace.manifest.name, subpath).replaceAll('\\', '/')
    return `## ${name}\n\n\`\`\`ts\n${declarations.join('\n\n')}\n\`\`\`\n`
  })
  const note = 'Generated from the types by `npm run api`; a change here is a change of the public surface.'
  return `# ${workspace.manifest.name}\n\n${note}\n\n${sections.join('\n')}`
}

emitDeclarations()
const write = process.argv.includes('--write')
const packages = listWorkspaces().filter(
  (workspace) => workspace.folder.startsWith('packages/') && workspace.manifest.private !== true,
)
const problems = packages.flatMap((workspace) => {
  const missing = entryPoints(workspace).filter(([, target]) => !existsSync(join(root, workspace.folder, target)))
  if (missing.length > 0) {
    return missing.map(
      ([subpath, target]) => `${workspace.folder} exports '${subpath}' from ${target}, which is not there`,
    )
  }
  const path = join(root, workspace.folder, 'api.md')
  const api = apiOf(workspace)
  if (write) writeFileSync(path, api)
  if (existsSync(path) && readFileSync(path, 'utf8') === api) return []
  return [`${workspace.folder}/api.md is not what the package exports: run npm run api and review the difference`]
})

report(problems, `the public surface of ${packages.length} packages`)
