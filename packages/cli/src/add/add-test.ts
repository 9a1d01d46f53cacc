import { join } from 'node:path'

import { addDefaultImport, addImport, importPath, moduleOf } from './code/imports.ts'
import { insert, type Source } from './code/source.ts'
import type { Project } from './project.ts'
import type { ServiceFiles } from './service-files.ts'
import { testText, type TestText } from './texts/test-texts.ts'

export interface NewTest {
  readonly service: ServiceFiles
  /** Names the file, where the service's own test file is written otherwise. */
  readonly about: string
  readonly text: TestText
  /** What else the text names, and the modules that export it. */
  readonly uses?: readonly Used[]
}

export interface Used {
  readonly name: string
  /** Absolute. */
  readonly path: string
}

const kit = 'holon/testing'

/** Adds a test to those of a service, for Node's own runner, with all that it imports. */
export function addTest(project: Project, config: string, { service, about, text, uses = [] }: NewTest): void {
  const path = testFile(project, service, about)
  if (!project.exists(path)) project.create(path, '')
  project.edit(path, (source) => {
    const own = uses.map(({ name, path: used }) => ({ name, from: importPath(path, used) }))
    const named = [{ name: 'test', from: 'node:test' }, { name: 'startTestApp', from: kit }, ...own]
    const defaults = [
      { name: 'assert', from: 'node:assert/strict' },
      { name: 'config', from: importPath(path, config) },
    ]
    const withDefaults = defaults.reduce((edited, wanted) => addDefaultImport(edited, wanted).source, source)
    const imported = named.reduce((edited, wanted) => addImport(edited, wanted).source, withDefaults)
    return appendText(imported, testText(text))
  })
}

/** The usual file, unless what it calls `test`, `startTestApp`, `assert` or `config` is something else. */
function testFile(project: Project, { folder, name }: ServiceFiles, about: string): string {
  const usual = join(folder, `${name}.test.ts`)
  if (!project.exists(usual)) return usual
  const source = project.read(usual)
  const isOurs =
    moduleOf(source, 'test')?.from === 'node:test' && [kit, undefined].includes(moduleOf(source, 'startTestApp')?.from)
  return isOurs ? usual : join(folder, `${name}-${about}.test.ts`)
}

function appendText(source: Source, text: string): Source {
  const { length } = source.text
  const gap = source.text.endsWith('\n\n') ? '' : source.text.endsWith('\n') ? '\n' : '\n\n'
  return insert(source, [{ at: length, text: `${gap}${text}` }])
}
