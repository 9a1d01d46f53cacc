import { cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

import { isTestFile, type Manifest, readManifest, root } from '../workspaces.ts'
import { emitDeclarations } from './emit-declarations.ts'
import { emitJavaScript } from './emit-javascript.ts'
import { packTemplates } from './pack-templates.ts'
import { publishedManifest } from './published-manifest.ts'

export interface BuildOptions {
  readonly manifest: Manifest
  /** The folder that is made. */
  readonly out: string
  readonly repository?: string | undefined
}

/**
 * Makes the folder that is published of a package: `dist` with JavaScript, declarations and maps of both, `src` that the
 * maps lead to, what lies beside the sources and is no TypeScript, `bin`, licence, page and manifest.
 */
export async function buildPackage(folder: string, { manifest, out, repository }: BuildOptions): Promise<void> {
  copySources(folder, out)
  const beside = await addFilesBeside(folder, manifest, out)
  const published = publishedManifest(manifest, { beside, folder: `packages/${basename(folder)}`, repository })
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  emitDeclarations(out)
  await emitJavaScript(out, manifest)
}

function copySources(folder: string, out: string): void {
  const paths = globSync('src/**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !isTestFile(path))
  for (const path of paths) {
    copy(join(folder, path), join(out, path))
    if (!path.endsWith('.ts')) copy(join(folder, path), join(out, path.replace(/^src/, 'dist')))
  }
}

/** Writes what is neither source nor built from it, and tells what of it npm has to be told to take. */
async function addFilesBeside(folder: string, manifest: Manifest, out: string): Promise<readonly string[]> {
  copy(join(root, 'LICENSE'), join(out, 'LICENSE'))
  if (manifest.name === 'holon') copy(join(root, 'README.md'), join(out, 'README.md'))
  else writeFileSync(join(out, 'README.md'), pageOf(manifest))
  const { bin, inlinedDependencies } = manifest
  if (bin !== undefined) copy(join(folder, 'bin'), join(out, 'bin'))
  if (manifest.name === 'create-holon') await packTemplates(join(out, 'templates'))
  if (inlinedDependencies !== undefined) writeFileSync(join(out, 'THIRD-PARTY.md'), noticesOf(inlinedDependencies))
  return ['bin', 'templates', 'THIRD-PARTY.md'].filter((name) => existsSync(join(out, name)))
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to, { recursive: true })
}

function pageOf({ name, description = '' }: Manifest): string {
  return `# ${name}\n\n${description}\n\nA part of Holon, microservices for TypeScript: see the package \`holon\`.\n`
}

/** The licences of what is compiled in go with it. */
function noticesOf(names: readonly string[]): string {
  const notices = names.map((name) => {
    const folder = join(root, 'node_modules', name)
    const { version = '' } = readManifest(folder)
    return `## ${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n`
  })
  return `# Compiled into this package\n\n${notices.join('\n')}`
}
