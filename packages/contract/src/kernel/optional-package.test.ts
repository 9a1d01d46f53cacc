import { expect, test } from 'vitest'

import { installCommand, loadOptional } from './optional-package.ts'

/** Finds what is named, as `import.meta.resolve` would. */
const finding =
  (...names: readonly string[]) =>
  (name: string): string => {
    if (names.includes(name)) return `file:///node_modules/${name}`
    throw Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' })
  }
const gone = Object.assign(new Error("Cannot find package 'some'"), { code: 'ERR_MODULE_NOT_FOUND' })
const failing = (): Promise<never> => Promise.reject(gone)

test('what is there is loaded', async () => {
  const optional = { part: 'The bus', packages: ['a'], resolve: finding() }
  expect(await loadOptional(() => Promise.resolve('loaded'), optional)).toBe('loaded')
})

test('packages that are not there are named, with the command that installs them', async () => {
  const optional = { part: "The bus 'b'", packages: ['b-core', '@b/more', 'b-there'], resolve: finding('b-there') }
  await expect(loadOptional(failing, optional)).rejects.toMatchObject({
    code: 'failed_precondition',
    message:
      "The bus 'b' needs the npm packages 'b-core' and '@b/more', which are not installed: npm install b-core @b/more",
    cause: gone,
  })
  await expect(loadOptional(failing, { ...optional, packages: ['b-core'] })).rejects.toThrow(
    "needs the npm package 'b-core', which is not installed: npm install b-core",
  )
})

test('whatever else goes wrong while loading is thrown as it is', async () => {
  const optional = { part: 'The bus', packages: ['b'], resolve: finding('b') }
  await expect(loadOptional(failing, optional)).rejects.toBe(gone)
  const unexported = (): never => {
    throw Object.assign(new Error('No "exports" main defined'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
  }
  await expect(loadOptional(failing, { ...optional, resolve: unexported })).rejects.toBe(gone)
})

test.each([
  ['npm/11.0.0 node/v24.0.0 linux x64 workspaces/false', 'npm install a @b/c'],
  ['pnpm/12.0.0 npm/? node/v24.0.0 linux x64', 'pnpm add a @b/c'],
  ['yarn/4.9.0 npm/? node/v24.0.0 linux x64', 'yarn add a @b/c'],
  ['', 'npm install a @b/c'],
])('where %j has started the process, packages are installed by %j', (userAgent, command) => {
  expect(installCommand(['a', '@b/c'], userAgent)).toBe(command)
})
