import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { detectPackageManager, packageManager } from './package-manager.ts'
import { exampleFolders } from './template-source.ts'
import { fillTemplate, templates } from './templates.ts'

const examples = exampleFolders(fileURLToPath(new URL('../../../examples', import.meta.url)))

async function filled(templateName: string, manager: 'npm' | 'pnpm' | 'yarn'): Promise<ReadonlyMap<string, string>> {
  const template = templates.find(({ name }) => name === templateName)!
  return fillTemplate(await examples.read(templateName), {
    template,
    name: 'corner-shop',
    version: '4.5.6',
    packageManager: packageManager(manager),
  })
}

test.each(templates.map(({ name, placeholder }) => [name, placeholder]))(
  '%s brings all that a project needs, and is nowhere called %s any more',
  async (name, placeholder) => {
    const files = await filled(name, 'npm')
    const needed = ['package.json', 'tsconfig.json', 'README.md', 'AGENTS.md', 'holon.config.ts', '.gitignore', '.env']
    expect([...files.keys()]).toEqual(expect.arrayContaining(needed))
    expect([...files.keys()]).toEqual(expect.arrayContaining(['.vscode/settings.json', '.github/workflows/ci.yml']))
    expect([...files.values()].join('\n')).not.toContain(placeholder)
    expect(files.get('holon.config.ts')).toContain("name: 'corner-shop'")
    expect(JSON.parse(files.get('package.json')!)).toMatchObject({
      name: 'corner-shop',
      dependencies: { holon: '^4.5.6' },
      scripts: { test: 'node --test', types: 'tsc' },
    })
    expect(files.get('.gitignore')).toMatch(/^\.env$/m)
  },
)

test.each(['pnpm', 'yarn'] as const)('with %s, no text speaks of npm commands', async (manager) => {
  for (const { name } of templates) {
    const files = await filled(name, manager)
    const texts = [...files].filter(([path]) => /\.(md|yml|json)$|\.env$/.test(path)).map(([, text]) => text)
    const commands = texts.join('\n').replaceAll(`npm install --global ${manager} &&`, '')
    expect(commands).not.toMatch(/\bnpm (run|test|install|ci)\b|\bnpx\b|"npm"/)
    expect(files.get('AGENTS.md')).toContain(`${manager} run types`)
    expect(files.get('.github/workflows/ci.yml')).toContain(`${manager} install --frozen-lockfile`)
    expect(files.has('.yarnrc.yml')).toBe(manager === 'yarn')
  }
})

test('pnpm is told of each install script that the embedded PostgreSQL could run', async () => {
  const path = fileURLToPath(new URL('../../postgres/package.json', import.meta.url))
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { readonly optionalDependencies: object }
  const written = (await filled('minimal', 'pnpm')).get('pnpm-workspace.yaml') ?? ''
  const told = [...written.matchAll(/^ {2}'(.*)': false$/gm)].map(([, name]) => name)
  expect(told).toEqual(Object.keys(manifest.optionalDependencies))
})

test('the package manager is the one that runs the program', () => {
  expect(detectPackageManager({ npm_config_user_agent: 'pnpm/10.2.0 npm/? node/v24.0.0 linux x64' })).toBe('pnpm')
  expect(detectPackageManager({ npm_config_user_agent: 'yarn/1.22.22 npm/? node/v24.0.0 linux x64' })).toBe('yarn')
  expect(detectPackageManager({ npm_config_user_agent: 'npm/11.0.0 node/v24.0.0' })).toBe('npm')
  expect(detectPackageManager({ npm_config_user_agent: 'bun/1.3.0' })).toBe('npm')
  expect(detectPackageManager({})).toBe('npm')
})
