import { dirname, join } from 'node:path'

import { addImport, importPath, moduleOf } from './code/imports.ts'
import { insert, type Source } from './code/source.ts'
import type { Project } from './project.ts'
import type { ServiceFiles } from './service-files.ts'
import { startTestAppText } from './texts/test-texts.ts'

export interface NewTest {
  readonly service: ServiceFiles
  /** Names the file, where the service's own test file is written for another runner. */
  readonly about: string
  readonly text: string
  /** Whether the text names the contract. */
  readonly contract: boolean
}

/** Adds a test to those of a service, for Node's own runner, with all that it imports. */
export function addTest(project: Project, config: string, { service, about, text, contract }: NewTest): void {
  const helper = join(dirname(config), 'testing/start-test-app.ts')
  if (!project.exists(helper)) project.create(helper, startTestAppText(importPath(helper, config)))
  const path = testFile(project, service, about)
  if (!project.exists(path)) project.create(path, '')
  project.edit(path, (source) => {
    const imports = [
      { name: 'test', from: 'node:test' },
      { name: 'startTestApp', from: importPath(path, helper) },
      ...(contract ? [{ name: service.contractName, from: importPath(path, service.contractPath) }] : []),
    ]
    const imported = imports.reduce((edited, wanted) => addImport(edited, wanted).source, withAssert(source))
    return appendText(imported, text)
  })
}

function testFile(project: Project, { folder, name }: ServiceFiles, about: string): string {
  const usual = join(folder, `${name}.test.ts`)
  if (!project.exists(usual) || moduleOf(project.read(usual), 'test')?.from === 'node:test') return usual
  return join(folder, `${name}-${about}.test.ts`)
}

function withAssert(source: Source): Source {
  if (moduleOf(source, 'assert') !== undefined) return source
  return insert(source, [{ at: 0, text: "import assert from 'node:assert/strict'\n" }])
}

function appendText(source: Source, text: string): Source {
  const { length } = source.text
  const gap = source.text.endsWith('\n') ? '\n' : '\n\n'
  return insert(source, [{ at: length, text: `${gap}${text}` }])
}
